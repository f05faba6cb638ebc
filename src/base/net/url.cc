#include "base/net/url.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::net {
namespace {

constexpr std::size_t kMaxUrlBytes = 8192;
constexpr std::size_t kMaxHostBytes = 253;

Error BadUrl(std::string_view text, std::string_view why) {
  // What stands before an '@' may be a password, and messages end up in logs.
  const std::size_t at = text.rfind('@');
  const std::string shown =
      at == std::string_view::npos ? Printable(text, 200) : "..." + Printable(text.substr(at), 200);
  return {ErrorCode::kInvalidArgument, fmt::format("URL '{}': {}", shown, why)};
}

bool IsHostChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
}

bool IsIpv6Char(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
}

std::uint16_t DefaultPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

/// Takes "scheme://" off the front of `rest`; "http" if there is none.
Result<std::string> TakeScheme(std::string_view text, std::string_view* rest) {
  const std::size_t mark = rest->find("://");
  if (mark == std::string_view::npos || rest->substr(0, mark).find_first_of("/?") != rest->npos) {
    return std::string("http");
  }
  std::string scheme(rest->substr(0, mark));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  rest->remove_prefix(mark + 3);
  if (scheme != "http" && scheme != "https") {
    return BadUrl(
        text, fmt::format("unknown scheme '{}'. Use http://host:port or https://host.", scheme));
  }
  return scheme;
}

Result<std::uint16_t> ParsePort(std::string_view text, std::string_view digits) {
  unsigned port = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end || port == 0 || port > 65535) {
    return BadUrl(text, fmt::format("bad port '{}'. Give a number from 1 to 65535, as in "
                                    "http://127.0.0.1:8000.",
                                    digits));
  }
  return static_cast<std::uint16_t>(port);
}

/// Splits "host", "host:port", "[v6]" or "[v6]:port".
Result<> ParseAuthority(std::string_view text, std::string_view authority, Url* url) {
  if (authority.find('@') != std::string_view::npos) {
    return BadUrl(text,
                  "user and password in a URL are not sent. Remove 'user:password@' and give "
                  "an API key or an Authorization header instead.");
  }
  std::string_view host;
  std::string_view after;
  bool host_ok = false;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return BadUrl(text, "'[' without ']'. Write an IPv6 address as http://[::1]:8000.");
    }
    host = authority.substr(1, close - 1);
    after = authority.substr(close + 1);
    host_ok = host.find(':') != host.npos && std::all_of(host.begin(), host.end(), IsIpv6Char);
  } else {
    const std::size_t colon = authority.find(':');
    host = authority.substr(0, colon);
    after = colon == std::string_view::npos ? "" : authority.substr(colon);
    host_ok = std::all_of(host.begin(), host.end(), IsHostChar);
    if (after.size() > 1 && after.find(':', 1) != after.npos) {
      return BadUrl(text, "more than one ':'. Put an IPv6 address in brackets: http://[::1]:8000.");
    }
  }
  if (host.empty()) return BadUrl(text, "no host. Give one, as in http://127.0.0.1:8000.");
  if (!host_ok || host.size() > kMaxHostBytes) {
    return BadUrl(text, fmt::format("bad host '{}'. Give a name or an address, as in "
                                    "http://127.0.0.1:8000.",
                                    Printable(host, 80)));
  }
  if (!after.empty()) {
    if (after[0] != ':') return BadUrl(text, "expected ':' and a port after ']'.");
    RS_ASSIGN_OR_RETURN(url->port, ParsePort(text, after.substr(1)));
  }
  url->host = host;
  return {};
}

}  // namespace

Result<Url> ParseUrl(std::string_view text) {
  if (text.empty()) {
    return BadUrl(text, "it is empty. Give the server's address, as in http://127.0.0.1:8000.");
  }
  if (text.size() > kMaxUrlBytes) {
    return BadUrl(text, fmt::format("longer than {} bytes. Shorten it.", kMaxUrlBytes));
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f) {
      return BadUrl(text,
                    "it holds a blank, a control or a non-ASCII character. Remove it or write "
                    "it as %XX.");
    }
  }
  std::string_view rest = text;
  Url url;
  RS_ASSIGN_OR_RETURN(url.scheme, TakeScheme(text, &rest));
  url.port = DefaultPort(url.scheme);
  if (rest.find('#') != std::string_view::npos) {
    return BadUrl(text, "a '#fragment' is never sent to a server. Remove it.");
  }
  const std::size_t path_at = std::min(rest.find_first_of("/?"), rest.size());
  RS_RETURN_IF_ERROR(ParseAuthority(text, rest.substr(0, path_at), &url));
  const std::string_view path = rest.substr(path_at);
  url.path = path.starts_with('/') ? std::string(path) : "/" + std::string(path);
  return url;
}

std::string Url::HostHeader() const {
  const bool v6 = host.find(':') != std::string::npos;
  const std::string name = v6 ? "[" + host + "]" : host;
  return port == DefaultPort(scheme) ? name : fmt::format("{}:{}", name, port);
}

std::string Url::Origin() const {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
}

}  // namespace roofscape::net
