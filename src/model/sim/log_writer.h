// A simulated run's requests as rows of a log like a measured run's (domain/spec/request_log.h).
//
// With Detail::kRequests a row has two events: its first token, and all others at its end; TTFT,
// TPOT and E2E are the same, times between tokens are not there.
// Thread safety: one writer, one run.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>

#include "domain/spec/request_log.h"
#include "model/sim/simulator.h"

namespace roofscape::sim {

class LogWriter final : public Observer {
 public:
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  /// Holds `most_rows` requests at most: where there are more, each second of those held is dropped
  /// and each second one not taken, as often as is needed, so that memory does not grow with their
  /// number. By their order of sending, so that the rows stay an even sample of the whole run.
  /// REQUIRES: most_rows >= 2.
  explicit LogWriter(std::size_t most_rows = kAll) : most_rows_(most_rows) {}

  /// Where given: called with each request as it ends, held or not, as a log of one row.
  std::function<void(const spec::RequestLog&)> on_row;

  void OnTokens(std::int64_t id, std::span<const TokenEvent> events) override;
  void OnCompletion(const Completion& completion) override;

  /// Of so many requests the log has one.
  std::int64_t every() const { return every_; }

  /// The log, its rows in the order in which requests were sent, and, where it has not all of them,
  /// numbered anew.
  spec::RequestLog Take();

 private:
  bool Taken(std::int64_t id) const { return id % every_ == 0; }
  void Hold();
  void Thin();

  std::size_t most_rows_;
  std::int64_t every_ = 1;
  spec::RequestLog log_;
  spec::RequestLog row_;  // Of the request that ends.
};

}  // namespace roofscape::sim
