// What the golden server really did, to hold against what a client says it saw: when each request's
// last byte came (by the kernel's stamp) and when each event was due and was sent.
//
// All times are the machine's monotonic clock in nanoseconds, so a client on the same machine can
// be compared without any clock being set. Rows are kept in memory and written at the end: writing
// while streams run would make the server late.
//
// Thread safety: one log a thread; AppendCsv when the thread has ended.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/spec/request_log.h"

namespace roofscape::twin {

struct TruthEvent {
  std::int64_t due_ns = 0;  // By the script.
  std::int64_t before_ns =
      0;                      // Directly before the send that carried its last byte, 0: never sent,
  std::int64_t after_ns = 0;  // and directly after it.
  std::int32_t tokens = 0;
  spec::EventKind kind = spec::EventKind::kAnswer;
};

struct TruthRequest {
  std::string id;  // The client's X-Request-Id, else made of the body.
  std::int64_t arrival_ns = 0;
  bool by_kernel = false;  // `arrival_ns` is the kernel's receive stamp.
  std::vector<TruthEvent> events;
};

class TruthLog {
 public:
  /// Beyond `max_events` no more rows are kept, and whole() says so.
  explicit TruthLog(std::int64_t max_events) : room_(max_events) {}

  void Add(TruthRequest request);
  bool whole() const { return whole_; }
  std::int64_t requests() const { return static_cast<std::int64_t>(requests_.size()); }

  static std::string CsvHead();
  void AppendCsv(std::string& out) const;

 private:
  std::vector<TruthRequest> requests_;
  std::int64_t room_;
  bool whole_ = true;
};

}  // namespace roofscape::twin
