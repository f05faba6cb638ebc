// An incremental parser of server-sent events (the event-stream format of the WHATWG HTML
// standard): LF, CRLF and CR cut anywhere, comments, multi-line data, event, id and retry fields, a
// byte order mark. What the standard does not dispatch, this does not dispatch.
//
// Cost: an event that lies whole in one piece of input is neither copied nor allocated for; one
// that is cut is copied once into a buffer that is kept.
//
// Thread safety: one parser, one thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/net/line_scan.h"

namespace roofscape::net {

/// Views live until the sink returns.
struct SseEvent {
  std::string_view type;  // "message" unless the stream says otherwise.
  std::string_view data;  // The data lines, joined by LF. May be empty.
  std::string_view id;    // The last id seen in the stream, "" if none.
};

/// How a stream ended.
struct SseEnd {
  /// The end cut an event: data, an event type or an unfinished line stood without the blank line
  /// that dispatches it. The standard drops such an event.
  bool truncated = false;
  std::string_view pending;  // What was cut, for messages. Lives until the parser's next call.
};

class SseParser {
 public:
  static constexpr std::size_t kDefaultMaxEventBytes = std::size_t{16} << 20;

  /// `max_event_bytes` bounds each line and the joined data of an event.
  explicit SseParser(std::size_t max_event_bytes = kDefaultMaxEventBytes)
      : max_bytes_(max_event_bytes) {}

  /// Parses the next piece of the stream. Sink: `void OnEvent(const SseEvent&)` and
  /// `void OnComment(std::string_view text)`; they must not call or destroy the parser. Returns
  /// false when the bound is passed; then and until Reset() nothing more is dispatched.
  template <class Sink>
  [[nodiscard]] bool Feed(std::string_view bytes, Sink& sink);

  /// The stream is over. Dispatches nothing.
  SseEnd Finish() const;

  /// Ready for another stream. Keeps its buffers.
  void Reset();

  /// The last `retry:` of the stream in milliseconds.
  std::optional<std::uint64_t> retry_ms() const { return retry_ms_; }

  /// Inside a sink's callback: just behind the last byte of the event or comment, in the input.
  const char* event_end() const { return event_end_; }

  /// Bytes of an event that is not whole yet have come.
  bool pending() const { return carrying_ || has_data_ || has_type_; }

 private:
  enum class Line { kField, kComment, kEvent, kTooLong };

  /// Skips a byte order mark and the LF of a CRLF that the last piece cut.
  const char* SkipPrefix(const char* p, const char* end);
  /// Takes one whole line into the pending event.
  Line TakeLine(std::string_view line);
  bool AddData(std::string_view value);
  /// Copies what the pending event still only points to, before the input goes away.
  void Park();
  void ClearEvent();
  std::string_view PendingData() const;
  std::string_view PendingType() const;

  std::size_t max_bytes_;
  std::uint8_t bom_seen_ = 0;  // Bytes of the mark matched so far; kBomDone afterwards.
  bool skip_lf_ = false;       // The last piece ended in CR.
  bool carrying_ = false;      // carry_ holds the begin of a line.
  bool has_data_ = false;      // The pending event has data...
  bool data_joined_ = false;   // ...which stands in joined_ and not only in data_view_.
  bool has_type_ = false;      // The pending event has a type other than "message"...
  bool type_parked_ = false;   // ...which stands in type_ and not only in type_view_.
  bool failed_ = false;
  const char* event_end_ = nullptr;
  std::string_view data_view_;
  std::string_view type_view_;
  std::string carry_;
  std::string joined_;
  std::string type_;
  std::string id_;
  std::optional<std::uint64_t> retry_ms_;

  static constexpr std::uint8_t kBomDone = 3;
};

template <class Sink>
bool SseParser::Feed(std::string_view bytes, Sink& sink) {
  if (failed_) return false;
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  if (bom_seen_ != kBomDone || skip_lf_) p = SkipPrefix(p, end);

  while (p != end) {
    const char* const line_end = FindLineEnd(p, end);
    // The usual event: one data line and a blank one, whole, ended by LF.
    if (end - line_end >= 2 && line_end[0] == '\n' && line_end[1] == '\n' && line_end - p >= 5 &&
        std::memcmp(p, "data:", 5) == 0 && !carrying_ && !has_data_ && !has_type_ &&
        static_cast<std::size_t>(line_end - p) <= max_bytes_) {
      const char* const value = p + (p[5] == ' ' ? 6 : 5);
      event_end_ = line_end + 2;
      sink.OnEvent(SseEvent{"message", {value, static_cast<std::size_t>(line_end - value)}, id_});
      p = line_end + 2;
      continue;
    }

    std::string_view line(p, static_cast<std::size_t>(line_end - p));
    if (carrying_) {
      if (carry_.size() + line.size() > max_bytes_) {
        failed_ = true;
        return false;
      }
      carry_.append(line);
      line = carry_;
    }
    if (line.size() > max_bytes_) {
      failed_ = true;
      return false;
    }
    if (line_end == end) {
      if (!carrying_) {
        Park();  // The pending event may still point into carry_.
        carry_.assign(line);
        carrying_ = true;
      }
      return true;
    }
    carrying_ = false;
    p = line_end + 1;
    if (*line_end == '\r') {
      if (p == end) {
        skip_lf_ = true;
      } else if (*p == '\n') {
        ++p;
      }
    }
    event_end_ = p;
    switch (TakeLine(line)) {
      case Line::kField: break;
      case Line::kComment: sink.OnComment(line.substr(1)); break;
      case Line::kEvent:
        sink.OnEvent(SseEvent{PendingType(), PendingData(), id_});
        ClearEvent();
        break;
      case Line::kTooLong: return false;
    }
  }
  Park();
  return true;
}

}  // namespace roofscape::net
