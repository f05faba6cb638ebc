#include "results/store/bundle_file.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "base/core/text.h"
#include "results/store/digest.h"

namespace roofscape::store {
namespace {

constexpr int kLevel = 6;
constexpr std::size_t kBlock = 512;
constexpr std::size_t kMostPath = 250;
constexpr std::size_t kMostManifest = std::size_t{256} << 20;

// The fields of a ustar header.
struct Field {
  std::size_t at, size;
};
constexpr Field kName = {0, 100};
constexpr Field kMode = {100, 8};
constexpr Field kOwner = {108, 8};
constexpr Field kGroup = {116, 8};
constexpr Field kSize = {124, 12};
constexpr Field kTime = {136, 12};
constexpr Field kSum = {148, 8};
constexpr std::size_t kType = 156;
constexpr Field kMagic = {257, 8};
constexpr Field kPrefix = {345, 155};
constexpr std::string_view kUstar("ustar\00000", 8);

std::uint64_t SumOf(std::string_view header) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const bool own = i >= kSum.at && i < kSum.at + kSum.size;
    sum += static_cast<unsigned char>(own ? ' ' : header[i]);
  }
  return sum;
}

void Put(std::string& header, Field field, std::string_view text) {
  header.replace(field.at, text.size(), text);
}

void PutNumber(std::string& header, Field field, std::uint64_t value) {
  Put(header, field, fmt::format("{:0{}o}", value, field.size - 1));
}

/// Where a path too long for the name's field is cut; 0: it fits. REQUIRES: IsBundlePath.
std::optional<std::size_t> CutOf(std::string_view path) {
  if (path.size() <= kName.size) return 0;
  const std::size_t from = path.size() - kName.size - 1;
  const std::size_t slash = path.find('/', from);
  if (slash > kPrefix.size) return std::nullopt;  // npos, too.
  return slash;
}

void AddFile(std::string& tar, std::string_view path, std::string_view bytes) {
  std::string header(kBlock, '\0');
  const auto cut = CutOf(path);
  RS_CHECK(cut.has_value());
  if (*cut > 0) Put(header, kPrefix, path.substr(0, *cut));
  Put(header, kName, *cut > 0 ? path.substr(*cut + 1) : path);
  constexpr std::uint64_t kReadable = 0644;
  PutNumber(header, kMode, kReadable);
  PutNumber(header, kOwner, 0);
  PutNumber(header, kGroup, 0);
  PutNumber(header, kSize, bytes.size());
  PutNumber(header, kTime, 0);  // The same files make the same bytes.
  header[kType] = '0';
  Put(header, kMagic, kUstar);
  Put(header, kSum, fmt::format("{:06o}", SumOf(header)));
  header[kSum.at + 7] = ' ';
  tar += header;
  tar += bytes;
  tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock, '\0');
}

std::string_view TextOf(std::string_view header, Field field) {
  const std::string_view whole = header.substr(field.at, field.size);
  return whole.substr(0, whole.find('\0'));
}

std::optional<std::uint64_t> NumberOf(std::string_view header, Field field) {
  std::string_view text = TextOf(header, field);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

class TarReader {
 public:
  TarReader(std::string_view tar, const std::string& source) : tar_(tar), source_(source) {}

  Error Wrong(std::string_view what) const {
    return {ErrorCode::kProtocol,
            fmt::format("bundle '{}': {}: it is damaged or was tampered with; get it again from "
                        "who made it",
                        source_, what)};
  }

  struct File {
    std::string path;
    std::string_view bytes;
  };

  /// None at the end of the archive.
  Result<std::optional<File>> Next() {
    if (at_ + kBlock > tar_.size()) return Wrong("breaks off");
    const std::string_view header = tar_.substr(at_, kBlock);
    if (header.find_first_not_of('\0') == std::string_view::npos) {
      const bool end = tar_.size() == at_ + 2 * kBlock &&
                       tar_.find_first_not_of('\0', at_) == std::string_view::npos;
      if (!end) return Wrong("its end is not that of an archive");
      return std::optional<File>();
    }
    if (header.substr(kMagic.at, kMagic.size) != kUstar) return Wrong("is no ustar archive");
    if (NumberOf(header, kSum) != SumOf(header)) return Wrong("a header's sum is wrong");
    File file;
    const std::string_view prefix = TextOf(header, kPrefix);
    file.path =
        std::string(prefix) + (prefix.empty() ? "" : "/") + std::string(TextOf(header, kName));
    const std::string shown = Printable(file.path, 100);
    if (header[kType] != '0') return Wrong(fmt::format("'{}' is no plain file", shown));
    if (!IsBundlePath(file.path)) return Wrong(fmt::format("'{}' is no path for it", shown));
    const auto size = NumberOf(header, kSize);
    const std::size_t left = tar_.size() - at_ - kBlock;
    if (!size || *size > left) return Wrong(fmt::format("'{}' breaks off", shown));
    const std::size_t padded = (*size + kBlock - 1) / kBlock * kBlock;
    if (padded > left) return Wrong(fmt::format("'{}' breaks off", shown));
    file.bytes = tar_.substr(at_ + kBlock, *size);
    at_ += kBlock + padded;
    return std::optional(std::move(file));
  }

 private:
  std::string_view tar_;
  const std::string& source_;
  std::size_t at_ = 0;
};

/// Canonical: what nlohmann's sorted objects give without blanks.
std::string Canonical(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return nlohmann::json::parse(text).dump();
}

/// Holds the files against the manifest.
Result<> CheckFiles(const Bundle& bundle, const TarReader& reader, const std::string& source) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(bundle.manifest, source));
  const Json& manifest = document.value();
  if (!manifest.is_object()) return reader.Wrong("its manifest is no object");
  if (Canonical(manifest) + "\n" != bundle.manifest) {
    return reader.Wrong("its manifest is not in canonical form");
  }
  const auto schema = manifest.find("schema");
  if (schema == manifest.end() || *schema != kBundleSchema) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("bundle '{}': its schema is not {}: it was made by another Roofscape; "
                             "update this one",
                             source, kBundleSchema)};
  }
  const auto files = manifest.find("files");
  if (files == manifest.end() || !files->is_array() || files->size() != bundle.files.size()) {
    return reader.Wrong("its files are not those of its manifest");
  }
  for (const Json& file : *files) {
    if (!file.is_object()) return reader.Wrong("its manifest lists what is no file");
    const std::string path = file.contains("path") && file["path"].is_string()
                                 ? file["path"].get<std::string>()
                                 : std::string();
    const auto found = bundle.files.find(path);
    const std::string shown = Printable(path, 100);
    if (found == bundle.files.end()) return reader.Wrong(fmt::format("'{}' is missing", shown));
    const bool same_size = file.contains("bytes") && file["bytes"] == found->second.size();
    if (!same_size || !file.contains("sha256") || file["sha256"] != Sha256Hex(found->second)) {
      return reader.Wrong(fmt::format("'{}' is not what its manifest says", shown));
    }
  }
  return {};
}

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Result<std::string> Unpack(std::string_view zstd, const std::string& source, std::size_t most) {
  const auto wrong = [&source](std::string_view why) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("bundle '{}': {}: it is damaged, or no bundle; get it again from who "
                             "made it",
                             source, why)};
  };
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  RS_CHECK(context != nullptr);
  std::string plain;
  std::vector<char> piece(ZSTD_DStreamOutSize());
  ZSTD_inBuffer in{zstd.data(), zstd.size(), 0};
  while (true) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) return wrong(ZSTD_getErrorName(left));
    if (out.pos > most - plain.size()) {
      return Error{ErrorCode::kProtocol,
                   fmt::format("bundle '{}': unpacks to more than {} bytes and was left alone: if "
                               "you trust it, raise --most-bytes",
                               source, most)};
    }
    plain.append(piece.data(), out.pos);
    if (left == 0) break;
    if (in.pos == in.size && out.pos < out.size) return wrong("breaks off");
  }
  if (in.pos != in.size) return wrong("bytes stand behind its end");
  return plain;
}

}  // namespace

bool IsBundlePath(std::string_view path) {
  if (path.empty() || path.size() > kMostPath || !CutOf(path)) return false;
  for (const std::string& part : Split(path, '/')) {
    const bool plain = std::all_of(part.begin(), part.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '+';
    });
    if (!plain || part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

std::string_view Bundle::Find(std::string_view path) const {
  const auto found = files.find(path);
  return found == files.end() ? std::string_view() : found->second;
}

std::string BundleManifest(const Json& facts, const std::map<std::string, std::string>& files) {
  Json manifest = facts;
  manifest["schema"] = kBundleSchema;
  Json list = Json::array();
  for (const auto& [path, bytes] : files) {
    list.push_back({{"path", path}, {"bytes", bytes.size()}, {"sha256", Sha256Hex(bytes)}});
  }
  manifest["files"] = std::move(list);
  return Canonical(manifest) + "\n";
}

std::string WriteTar(const std::string& manifest, const std::map<std::string, std::string>& files) {
  std::string tar;
  AddFile(tar, kBundleManifest, manifest);
  for (const auto& [path, bytes] : files) {
    RS_CHECK(IsBundlePath(path));
    AddFile(tar, path, bytes);
  }
  return tar + std::string(2 * kBlock, '\0');
}

std::string WriteBundle(const std::string& manifest,
                        const std::map<std::string, std::string>& files) {
  const std::string tar = WriteTar(manifest, files);
  std::string packed(ZSTD_compressBound(tar.size()), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  RS_CHECK(context != nullptr);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  const std::size_t size =
      ZSTD_compress2(context, packed.data(), packed.size(), tar.data(), tar.size());
  ZSTD_freeCCtx(context);
  RS_CHECK(ZSTD_isError(size) == 0);
  packed.resize(size);
  return packed;
}

Result<Bundle> ReadTar(std::string plain, const std::string& source, const BundleLimits& limits) {
  Bundle bundle;
  bundle.bytes = std::make_shared<const std::string>(std::move(plain));
  TarReader reader(*bundle.bytes, source);
  RS_ASSIGN_OR_RETURN(const std::optional<TarReader::File> first, reader.Next());
  if (!first || first->path != kBundleManifest || first->bytes.size() > kMostManifest) {
    return reader.Wrong("does not begin with a manifest");
  }
  bundle.manifest = first->bytes;
  bundle.digest = Sha256Hex(first->bytes);
  while (true) {
    RS_ASSIGN_OR_RETURN(std::optional<TarReader::File> file, reader.Next());
    if (!file) break;
    if (bundle.files.size() >= limits.files) return reader.Wrong("holds too many files");
    if (file->path == kBundleManifest ||
        !bundle.files.emplace(std::move(file->path), file->bytes).second) {
      return reader.Wrong("holds a file twice");
    }
  }
  RS_RETURN_IF_ERROR(CheckFiles(bundle, reader, source));
  return bundle;
}

Result<Bundle> ReadBundle(std::string_view zstd, const std::string& source,
                          const BundleLimits& limits) {
  RS_ASSIGN_OR_RETURN(std::string plain, Unpack(zstd, source, limits.plain_bytes));
  return ReadTar(std::move(plain), source, limits);
}

}  // namespace roofscape::store
