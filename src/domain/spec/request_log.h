// The request log: every request of one operating point and every event of its response. It is the
// primary record; each metric of a run can be computed from it again. A measured run (load/) and a
// simulated run (sim/) write the same log. Definitions of the stamps: docs/reference/metrics.md.
//
// Times are integer nanoseconds since the log's epoch (the start of the point on the monotonic
// clock; its calendar time is stored with the point). A stamp that was not taken is kNoStamp, a
// count that is not known is kUnknown: missing is never 0.
//
// Ownership: a RequestLog owns its rows. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace roofscape::spec {

inline constexpr std::int64_t kNoStamp = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kUnknown = -1;

/// How a request ended. The numbers are stored: never reuse one.
enum class Outcome : std::uint8_t {
  kOk = 0,
  kHttpError = 1,    // A status other than 2xx; `http_status` says which.
  kServerError = 2,  // An `error` event or object inside a 2xx stream.
  kTruncated = 3,    // The stream ended before `finish`.
  kTimeout = 4,      // A time limit of the plan passed; the message says which.
  kConnect = 5,      // No connection: refused, unreachable, name unknown.
  kReset = 6,        // The connection broke.
  kProtocol = 7,     // Not HTTP, not SSE or not JSON where it had to be.
  kCancelled = 8,    // We stopped it: Ctrl-C, or the end of the run.
  kClient = 9,       // This machine refused: descriptors, memory.
};

/// The kind of one event of a response. The numbers are stored: never reuse one.
enum class EventKind : std::uint8_t {
  kRole = 0,       // An opening chunk without a generated token.
  kAnswer = 1,     // Visible generated token(s), even when their text is still empty.
  kReasoning = 2,  // Generated token(s) of a reasoning part.
  kToolCall = 3,   // Generated token(s) of a tool call.
  kUsage = 4,      // Token counts only.
  kFinish = 5,     // A finish reason without a token.
  kDone = 6,       // [DONE], or the end of a body that needs none.
  kError = 7,      // An error reported inside the stream.
  kComment = 8,    // A keep-alive comment.
};

/// Where the number of output tokens came from, best first.
enum class TokenSource : std::uint8_t {
  kNone = 0,
  kTokenIds = 1,
  kChunkUsage = 2,
  kFinalUsage = 3,
  kTokenized = 4,
  kEventCount = 5,  // One token an event was assumed: the weakest source.
};

enum class Phase : std::uint8_t { kWarmup = 0, kMeasure = 1 };

/// One event of one response.
struct Event {
  std::int64_t time_ns = kNoStamp;   // When it had arrived; see METRICS for the clock used.
  std::uint32_t uncertainty_ns = 0;  // It arrived in (time - uncertainty, time].
  std::uint32_t read = 0;            // Number of the read it came in, within the request.
  std::uint32_t chars = 0;           // Bytes of generated text in it.
  std::uint16_t tokens = 0;          // Generated tokens in it.
  EventKind kind = EventKind::kAnswer;

  friend bool operator==(const Event&, const Event&) = default;
};

/// One request. Its events are log.events[first_event, first_event + event_count), in order of
/// time.
struct Request {
  std::int64_t id = 0;              // Unique within the point, counted in order of issue.
  std::int64_t slot = kUnknown;     // Closed loop: which of the concurrent users.
  std::int64_t session = kUnknown;  // Multi-turn work: whose, and which turn.
  std::int64_t turn = kUnknown;
  Phase phase = Phase::kMeasure;
  Outcome outcome = Outcome::kOk;
  std::int64_t http_status = 0;  // 0: no answer.

  std::int64_t intended_ns = kNoStamp;  // The schedule (or the freed slot) says: send now.
  std::int64_t connect_ns = 0;          // Duration of connecting; 0 on a kept connection.
  std::int64_t sent_ns = kNoStamp;      // The whole request is handed to the kernel.
  std::int64_t tx_ns = kNoStamp;        // The kernel's transmit stamp, where enabled.
  std::int64_t end_ns = kNoStamp;       // [DONE] or the orderly close; else when it failed.

  std::int64_t input_tokens_asked = kUnknown;
  std::int64_t output_tokens_asked = kUnknown;
  std::int64_t input_tokens = kUnknown;   // As the server counted.
  std::int64_t cached_tokens = kUnknown;  // Input tokens the server took from a cache.
  std::int64_t output_tokens = kUnknown;  // By `token_source`.
  TokenSource token_source = TokenSource::kNone;

  std::int64_t message = kUnknown;  // Index in log.strings: why it failed.
  std::int64_t text = kUnknown;     // Index in log.strings: the generated text, with --keep-text.

  std::int64_t first_event = 0;
  std::int64_t event_count = 0;

  friend bool operator==(const Request&, const Request&) = default;
};

struct RequestLog {
  std::vector<Request> requests;
  std::vector<Event> events;
  std::vector<std::string> strings;

  std::span<const Event> EventsOf(const Request& request) const {
    return std::span(events).subspan(static_cast<std::size_t>(request.first_event),
                                     static_cast<std::size_t>(request.event_count));
  }

  /// The text behind an index of `strings`, or "" for kUnknown.
  std::string_view StringAt(std::int64_t index) const {
    return index == kUnknown ? std::string_view{} : strings[static_cast<std::size_t>(index)];
  }

  /// Adds the rows of `other` behind these, their indices adjusted.
  void Append(const RequestLog& other);

  friend bool operator==(const RequestLog&, const RequestLog&) = default;
};

std::string_view Name(Outcome outcome);
std::string_view Name(EventKind kind);
std::string_view Name(TokenSource source);

/// True for events that carry generated tokens: answer, reasoning, tool call.
bool CarriesTokens(EventKind kind);

/// The log as bytes: a version, then column after column, each delta-coded into variable-length
/// integers. Compress it afterwards (store/ does); it is made for that. The format: docs/reference/
/// request-log.md.
std::string EncodeRequestLog(const RequestLog& log);

/// The inverse. Refuses anything that EncodeRequestLog cannot have written: wrong version, counts
/// that do not fit the size, event ranges outside the table, unknown enum values.
Result<RequestLog> DecodeRequestLog(std::string_view bytes);

}  // namespace roofscape::spec
