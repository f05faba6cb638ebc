// The chunked transfer coding of HTTP/1.1, decoded as it comes: the data of each chunk as views of
// the input, extensions and trailers skipped. Bare LF is taken for CRLF.
//
// Thread safety: one decoder, one thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/http_headers.h"

namespace roofscape::net {

class HttpChunks {
 public:
  enum class Item {
    kNeedMore,  // The input is used up.
    kData,      // data() is ready, never empty.
    kEnd,       // The last chunk and the trailers are through.
    kError,     // error() says why.
  };

  /// `subject` is what messages call the message that is chunked: "answer". A literal.
  HttpChunks(const HttpLimits& limits, std::string_view subject)
      : limits_(limits), subject_(subject) {}

  void Reset();

  /// The next item, taken from the front of `input`.
  Item Next(std::string_view* input);

  std::string_view data() const { return data_; }
  const std::string& error() const { return error_; }

  /// The bytes missing of the chunk whose data is being read; 0 outside of any.
  std::uint64_t missing() const { return state_ == State::kData ? remaining_ : 0; }

 private:
  enum class State : std::uint8_t {
    kSizeStart,
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataEnd,
    kDataLf,
    kTrailerLineStart,
    kTrailerLine,
    kTrailerLastLf,
    kDone,
    kFailed,
  };

  bool Fail(std::string message);
  Item TakeData(std::string_view* input);
  bool TakeUsualLine(std::string_view* input);
  /// One byte of framing; false after a failure.
  bool Step(char c);
  bool StepSize(char c);
  bool StepTrailer(char c);
  bool EndSizeLine();
  void BeginSizeLine();

  HttpLimits limits_;
  std::string_view subject_;
  State state_ = State::kSizeStart;
  std::size_t line_bytes_ = 0;   // Of the current size line, or of all trailers.
  std::uint64_t remaining_ = 0;  // Of the current chunk.
  std::string_view data_;
  std::string error_;
};

}  // namespace roofscape::net
