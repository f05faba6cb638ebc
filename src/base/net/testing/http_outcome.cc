#include "base/net/testing/http_outcome.h"

#include "base/net/http_parser.h"

namespace roofscape::net::testing {

bool HttpOutcome::SameAs(const HttpOutcome& other) const {
  return end == other.end && ended_at_eof == other.ended_at_eof && keep_alive == other.keep_alive &&
         status == other.status && headers == other.headers && rest == other.rest &&
         body == other.body;
}

HttpOutcome ParseHttpPieces(const std::vector<std::string_view>& pieces, bool to_head_request) {
  using Item = HttpResponseParser::Item;
  HttpResponseParser parser;
  parser.Reset(to_head_request);
  HttpOutcome outcome;
  Item item = Item::kNeedMore;
  for (const std::string_view piece : pieces) {
    if (item == Item::kEnd) {
      outcome.rest += piece.size();
      continue;
    }
    // A copy of its own, so that reading beyond a piece or after its end is found by ASan.
    const std::vector<char> bytes(piece.begin(), piece.end());
    std::string_view input(bytes.data(), bytes.size());
    do {
      item = parser.Next(&input);
      if (item == Item::kHead) {
        outcome.status = parser.head().status;
        outcome.headers = parser.head().headers.size();
        for (const HeaderView& header : parser.head().headers) {
          if (header.name.empty()) outcome.error = "a header without a name";
        }
      }
      if (item == Item::kBody) outcome.body.append(parser.body());
    } while (item == Item::kHead || item == Item::kBody);
    if (item == Item::kError) break;
    if (item == Item::kEnd) outcome.rest = input.size();
  }
  if (item == Item::kNeedMore) {
    item = parser.AtEof();
    outcome.ended_at_eof = item == Item::kEnd;
  }
  outcome.keep_alive = parser.keep_alive();
  if (item == Item::kEnd) {
    outcome.end = HttpOutcome::End::kComplete;
  } else {
    outcome.end = parser.truncated() ? HttpOutcome::End::kTruncated : HttpOutcome::End::kError;
    outcome.error = parser.error();
  }
  return outcome;
}

}  // namespace roofscape::net::testing
