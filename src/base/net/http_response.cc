#include "base/net/http_response.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/core/check.h"

namespace roofscape::net {
namespace {

constexpr std::array<std::pair<int, std::string_view>, 21> kPhrases = {{
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
}};

void AppendNumber(std::string& out, std::uint64_t number, int base) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  out.append(digits.data(), end);
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  for (const auto& [known, phrase] : kPhrases) {
    if (known == status) return phrase;
  }
  return "Unknown";
}

void AppendResponseHead(std::string& out, int status, std::span<const HeaderView> headers,
                        std::optional<std::uint64_t> body_bytes, bool keep_alive) {
  out += "HTTP/1.1 ";
  AppendNumber(out, static_cast<std::uint64_t>(status), 10);
  out += ' ';
  out += ReasonPhrase(status);
  out += "\r\n";
  for (const HeaderView& header : headers) {
    out += header.name;
    out += ": ";
    out += header.value;
    out += "\r\n";
  }
  if (body_bytes) {
    out += "Content-Length: ";
    AppendNumber(out, *body_bytes, 10);
    out += "\r\n";
  } else {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
}

void AppendChunk(std::string& out, std::string_view bytes) {
  RS_CHECK(!bytes.empty());
  AppendNumber(out, bytes.size(), 16);
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

void AppendLastChunk(std::string& out) { out += "0\r\n\r\n"; }

}  // namespace roofscape::net
