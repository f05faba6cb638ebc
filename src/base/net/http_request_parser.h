// An incremental parser of HTTP/1.1 requests, the server's half of http_parser.h and pulled like
// it: whatever the caller does with an item (also destroying the parser) is safe.
//
// Strict where two readers could understand a request differently: both framings, differing
// lengths, several Host headers, folded lines, blanks before a colon, unknown transfer codings are
// refused. An error carries the status with which to answer, and a text for the client that ends
// with the cure. Bare LF is taken for CRLF; up to four bytes of line ends before a request are
// skipped. Nothing throws.
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

/// Request line and headers. Views live until the parser's next Reset and as long as it does.
struct HttpRequestHead {
  std::string_view method;
  std::string_view target;  // "/v1/models?x=y"; of "http://host/path" the path; "*".
  int minor_version = 1;    // HTTP/1.x
  std::span<const HeaderView> headers;

  /// The target without its query.
  std::string_view Path() const { return target.substr(0, target.find('?')); }
  /// The first header of that name in any case; nothing if there is none.
  std::optional<std::string_view> Find(std::string_view name) const;
};

struct HttpRequestLimits {
  HttpLimits head;
  std::uint64_t body_bytes = std::uint64_t{64} << 20;  // After the chunks are taken apart.
};

class HttpRequestParser {
 public:
  enum class Item {
    kNeedMore,  // The input is used up.
    kHead,      // head() is ready.
    kBody,      // body() is ready, never empty.
    kEnd,       // The request is complete; what is left of the input is not part of it.
    kError,     // Answer with error_status() and error(), then close; only Reset() helps.
  };

  explicit HttpRequestParser(HttpRequestLimits limits = {})
      : limits_(limits), chunks_(limits.head, "request") {}

  /// Ready for the next request.
  void Reset();

  /// The next item of the request, taken from the front of `input`.
  Item Next(std::string_view* input);

  /// REQUIRES: kHead was returned since Reset().
  const HttpRequestHead& head() const { return head_; }
  /// REQUIRES: the last item was kBody. Lives as long as the input does.
  std::string_view body() const { return body_; }

  /// REQUIRES: the last item was kError.
  int error_status() const { return error_status_; }
  const std::string& error() const { return error_; }

  /// True once any byte of the request was seen, line ends before it aside.
  bool started() const { return started_; }
  /// kHead was returned: what is missing belongs to the body.
  bool head_done() const { return head_done_; }
  /// After kHead: whether the client lets the connection carry another request.
  bool keep_alive() const { return keep_alive_; }
  /// After kHead: the client waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return expects_continue_; }
  /// After kHead: the announced length; nothing for a chunked body.
  std::optional<std::uint64_t> announced_body_bytes() const { return length_; }

 private:
  enum class State : std::uint8_t { kStart, kHead, kFixed, kChunked, kDone, kFailed };

  Item Fail(int status, std::string message);
  bool Refuse(int status, std::string message);
  bool SkipLineEnds(std::string_view* input);
  Item TakeHead(std::string_view* input);
  bool LooksLikeRequest(std::string_view text);
  Item ParseHead(std::string_view head);
  bool ParseRequestLine(std::string_view line);
  bool ParseTarget(std::string_view target);
  bool AddHeader(std::string_view line);
  bool ReadHeaders();
  bool ChooseFraming(int hosts, bool chunked);
  Item TakeFixed(std::string_view* input);
  Item TakeChunked(std::string_view* input);
  std::string TooLong() const;

  HttpRequestLimits limits_;
  State state_ = State::kStart;
  bool started_ = false;
  bool head_done_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  std::uint8_t skipped_ = 0;  // Bytes of line ends before the request.
  int error_status_ = 0;
  std::uint64_t remaining_ = 0;   // Of the fixed body.
  std::uint64_t body_bytes_ = 0;  // Handed out so far.
  std::optional<std::uint64_t> length_;
  HttpRequestHead head_;
  std::vector<HeaderView> headers_;
  HeadGatherer gatherer_;
  std::string kept_head_;  // A head whose body did not come in the same read.
  HttpChunks chunks_;
  std::string_view body_;
  std::string error_;
};

}  // namespace roofscape::net
