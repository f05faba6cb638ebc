#include "service/api/gzip.h"

#include <algorithm>
#include <array>

#include <zlib.h>

#include "base/core/check.h"
#include "base/core/text.h"
#include "base/net/http_headers.h"

namespace roofscape::api {
namespace {

constexpr int kGzipFrame = 15 + 16;  // The largest window, and gzip's header around it.

Bytef* Input(std::string_view bytes) {
  // zlib does not write to it, but its interface is older than const.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

std::string Gzip(std::string_view bytes, int level) {
  z_stream stream{};
  RS_CHECK(deflateInit2(&stream, level, Z_DEFLATED, kGzipFrame, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = Input(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  RS_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::optional<std::string> Gunzip(std::string_view bytes, std::size_t max_bytes) {
  z_stream stream{};
  RS_CHECK(inflateInit2(&stream, kGzipFrame) == Z_OK);
  stream.next_in = Input(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 65'536> part;
  int result = Z_OK;
  while (result == Z_OK && out.size() <= max_bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(part.data(), part.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END || out.size() > max_bytes) return std::nullopt;
  return out;
}

bool AcceptsGzip(std::string_view accept_encoding) {
  for (const std::string& item : Split(accept_encoding, ',')) {
    const std::string_view whole = Trim(item);
    const std::string_view coding = Trim(whole.substr(0, whole.find(';')));
    if (!net::EqualsIgnoreCase(coding, "gzip") && coding != "*") continue;
    const std::size_t q = whole.find("q=");
    if (q == std::string_view::npos) return true;
    const std::string_view weight = Trim(whole.substr(q + 2));
    return weight.find_first_not_of("0.") != std::string_view::npos;
  }
  return false;
}

}  // namespace roofscape::api
