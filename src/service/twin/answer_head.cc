#include "service/twin/answer_head.h"

#include <array>

#include "base/net/http_response.h"

namespace roofscape::twin {

void AppendAnswerHead(std::string& out, std::optional<std::uint64_t> bytes, bool keep_alive) {
  const std::array<net::HeaderView, 2> headers = {
      net::HeaderView{"Content-Type", bytes ? "application/json" : "text/event-stream"},
      net::HeaderView{"Cache-Control", "no-store"}};
  net::AppendResponseHead(out, 200, headers, bytes, keep_alive);
}

}  // namespace roofscape::twin
