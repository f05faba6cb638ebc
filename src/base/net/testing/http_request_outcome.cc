#include "base/net/testing/http_request_outcome.h"

#include <algorithm>

namespace roofscape::net::testing {

bool HttpRequestOutcome::SameAs(const HttpRequestOutcome& other) const {
  return complete == other.complete && keep_alive == other.keep_alive &&
         expects_continue == other.expects_continue && error_status == other.error_status &&
         method == other.method && target == other.target && headers == other.headers &&
         body == other.body;
}

bool SameRequests(const std::vector<HttpRequestOutcome>& a,
                  const std::vector<HttpRequestOutcome>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const HttpRequestOutcome& x, const HttpRequestOutcome& y) { return x.SameAs(y); });
}

std::vector<HttpRequestOutcome> ParseRequestPieces(const std::vector<std::string_view>& pieces,
                                                   const HttpRequestLimits& limits) {
  using Item = HttpRequestParser::Item;
  HttpRequestParser parser(limits);
  std::vector<HttpRequestOutcome> all(1);
  std::string body;
  for (const std::string_view piece : pieces) {
    // A copy of its own, so that reading beyond a piece or after its end is found by ASan.
    const std::vector<char> bytes(piece.begin(), piece.end());
    std::string_view input(bytes.data(), bytes.size());
    for (Item item = parser.Next(&input); item != Item::kNeedMore; item = parser.Next(&input)) {
      HttpRequestOutcome& now = all.back();
      if (item == Item::kHead) {
        now.method = parser.head().method;
        now.target = parser.head().target;
        now.headers = parser.head().headers.size();
        now.keep_alive = parser.keep_alive();
        now.expects_continue = parser.expects_continue();
      } else if (item == Item::kBody) {
        body.append(parser.body());
      } else if (item == Item::kEnd) {
        now.complete = true;
        now.body = std::move(body);
        body.clear();
        all.emplace_back();
        parser.Reset();
      } else {
        now.keep_alive = parser.keep_alive();
        now.error_status = parser.error_status();
        now.error = parser.error();
        return all;
      }
    }
  }
  return all;
}

}  // namespace roofscape::net::testing
