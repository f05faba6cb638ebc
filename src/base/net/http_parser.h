// An incremental parser of HTTP/1.1 responses. It is pulled, not pushed: the caller asks for the
// next item, so whatever the caller does with one (also destroying the parser) is safe.
//
// The body comes out as views of the input; nothing is copied but a head that is cut by the end of
// a read. Interim responses (1xx) are skipped. Framing: content-length, chunked with extensions
// and trailers, until close; no body for 204, 304 and after HEAD. Bare LF is taken for CRLF.
// Malformed or oversized input is an error that says what was seen; nothing throws.
//
// Thread safety: one parser, one thread.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/http_chunks.h"
#include "base/net/http_headers.h"

namespace roofscape::net {

/// Status line and headers. Views live until the parser's next call.
struct HttpHead {
  int status = 0;
  int minor_version = 1;  // HTTP/1.x
  std::string_view reason;
  std::span<const HeaderView> headers;

  /// The first header of that name in any case; nothing if there is none.
  std::optional<std::string_view> Find(std::string_view name) const;
};

class HttpResponseParser {
 public:
  enum class Item {
    kNeedMore,  // The input is used up.
    kHead,      // head() is ready.
    kBody,      // body() is ready, never empty.
    kEnd,       // The response is complete; what is left of the input is not part of it.
    kError,     // error() says why; only Reset() helps.
  };

  explicit HttpResponseParser(HttpLimits limits = {})
      : limits_(limits), chunks_(limits, "answer") {}

  /// Ready for the next response. `to_head_request`: it will have no body whatever it announces.
  void Reset(bool to_head_request = false);

  /// The next item of the response, taken from the front of `input`.
  Item Next(std::string_view* input);

  /// The server closed the connection: kEnd if that is how the body ends, else kError that says
  /// what is missing.
  Item AtEof();

  /// REQUIRES: the last item was kHead.
  const HttpHead& head() const { return head_; }
  /// REQUIRES: the last item was kBody. Lives as long as the input does.
  std::string_view body() const { return body_; }
  /// REQUIRES: the last item was kError.
  const std::string& error() const { return error_; }
  /// True if the error was that the connection closed too early.
  bool truncated() const { return truncated_; }

  /// True once any byte of the response was seen.
  bool started() const { return started_; }
  /// After kHead: whether the connection may carry another request after this response.
  bool keep_alive() const { return keep_alive_; }

 private:
  enum class State : std::uint8_t {
    kHead,
    kNoBody,
    kFixed,
    kUntilClose,
    kChunked,
    kDone,
    kFailed,
  };

  Item Fail(std::string message);
  Item Truncated(std::string message);
  Item TakeHead(std::string_view* input);
  Item ParseHead(std::string_view head);
  bool ParseStatusLine(std::string_view line);
  bool AddHeader(std::string_view line);
  bool ChooseFraming();
  Item TakeData(std::string_view* input, State then);
  Item TakeChunked(std::string_view* input);

  HttpLimits limits_;
  State state_ = State::kHead;
  bool to_head_request_ = false;
  bool started_ = false;
  bool keep_alive_ = false;
  bool truncated_ = false;
  std::uint8_t interim_ = 0;      // 1xx responses skipped.
  std::uint64_t remaining_ = 0;   // Of the fixed body.
  std::uint64_t body_bytes_ = 0;  // Handed out so far.
  HttpHead head_;
  std::vector<HeaderView> headers_;
  HeadGatherer gatherer_;
  HttpChunks chunks_;
  std::string_view body_;
  std::string error_;
};

}  // namespace roofscape::net
