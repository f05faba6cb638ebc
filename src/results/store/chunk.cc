#include "results/store/chunk.h"

#include <zstd.h>

#include <fmt/format.h>

namespace roofscape::store {
namespace {

// Beyond this a size field is taken for damage, before memory is asked for.
constexpr std::int64_t kMostPlainBytes = std::int64_t{4} << 30;

Error Damaged(std::string_view how) {
  return {ErrorCode::kProtocol,
          fmt::format("the stored text is damaged ({}): restore the database from a copy", how)};
}

}  // namespace

Packed PackText(std::string_view plain, Effort effort) {
  Packed packed;
  packed.plain_bytes = static_cast<std::int64_t>(plain.size());
  packed.zstd.resize(ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compress(packed.zstd.data(), packed.zstd.size(), plain.data(),
                                         plain.size(), static_cast<int>(effort));
  RS_CHECK(ZSTD_isError(size) == 0);
  packed.zstd.resize(size);
  return packed;
}

Packed PackLog(const spec::RequestLog& log) { return PackText(spec::EncodeRequestLog(log)); }

Result<std::string> UnpackText(std::int64_t plain_bytes, std::string_view zstd) {
  if (plain_bytes < 0 || plain_bytes > kMostPlainBytes) return Damaged("its size is impossible");
  std::string plain(static_cast<std::size_t>(plain_bytes), '\0');
  const std::size_t size = ZSTD_decompress(plain.data(), plain.size(), zstd.data(), zstd.size());
  if (ZSTD_isError(size) != 0) return Damaged(ZSTD_getErrorName(size));
  if (size != plain.size()) return Damaged("it is shorter than it was");
  return plain;
}

Result<spec::RequestLog> UnpackLog(std::int64_t plain_bytes, std::string_view zstd) {
  RS_ASSIGN_OR_RETURN(const std::string plain, UnpackText(plain_bytes, zstd));
  return spec::DecodeRequestLog(plain);
}

}  // namespace roofscape::store
