// The input is what a user typed. What is accepted must be safe to send and mean the same when it
// is written out and read again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/core/check.h"
#include "base/net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = roofscape::net::ParseUrl(text);
  if (!url) {
    RS_CHECK(url.error().message.ends_with('.'));
    return 0;
  }
  RS_CHECK(url->scheme == "http" || url->scheme == "https");
  RS_CHECK(!url->host.empty() && url->port != 0);
  RS_CHECK(url->path.starts_with('/'));
  for (const char c : url->host + url->path) RS_CHECK(c > ' ' && c < 0x7f);
  const auto again = roofscape::net::ParseUrl(url->Origin() + url->path);
  RS_CHECK(again);
  RS_CHECK(again->scheme == url->scheme && again->host == url->host && again->port == url->port &&
           again->path == url->path);
  return 0;
}
