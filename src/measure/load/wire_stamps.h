// Gives events the stamps of the wire tap instead of those of their reads: exact for every event,
// also where one read brought many. A thread of its own does it, a moment after the requests have
// ended, when the tap has seen all their packets; the loops go on meanwhile.
//
// Thread safety: Push from any thread; Finish once, when nobody pushes any more.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "domain/spec/request_log.h"
#include "measure/load/wire_tap.h"

namespace roofscape::load {

/// Where the events of a log's requests ended on the wire.
struct WireMarks {
  struct OfRequest {
    std::uint16_t local_port = 0;
    Instant read_at;
  };
  std::vector<OfRequest> requests;        // As the log's requests.
  std::vector<std::uint64_t> event_ends;  // As the log's events.
};

/// Sets time and uncertainty of each event whose segment the tap saw; returns how many those are.
std::int64_t StampFromWire(const WireTap& tap, Instant epoch, const WireMarks& marks,
                           spec::RequestLog& log);

class WireStamps {
 public:
  using Sink = std::function<Result<>(spec::RequestLog)>;

  /// `tap` and `clock` must outlive it. `sink` may be empty.
  WireStamps(WireTap& tap, Instant epoch, Sink sink, const Clock& clock);
  ~WireStamps();
  WireStamps(const WireStamps&) = delete;
  WireStamps& operator=(const WireStamps&) = delete;

  /// Takes finished requests. An error is the sink's, of an earlier piece.
  Result<> Push(spec::RequestLog log, WireMarks marks);

  struct Outcome {
    std::vector<spec::RequestLog> pieces;  // All that was pushed.
    std::int64_t events = 0;
    std::int64_t stamped = 0;  // Of them by the tap.
  };
  /// Stops the tap, stamps what is left, and returns everything.
  Outcome Finish();

 private:
  struct Piece {
    Instant pushed;
    spec::RequestLog log;
    WireMarks marks;
  };

  void Work();
  void StampOne(Piece piece);
  void ForgetStamped(const Piece& piece);

  WireTap& tap_;
  const Instant epoch_;
  const Sink sink_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Piece> waiting_;  // Guarded by mutex_, as the next two.
  std::optional<Error> error_;
  bool ending_ = false;
  Outcome outcome_;  // Of the thread, until it has ended.
  std::thread thread_;
};

}  // namespace roofscape::load
