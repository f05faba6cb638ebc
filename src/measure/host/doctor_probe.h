// The doctor's trials: what no file tells. Each is bounded in time and changes nothing that lasts.
//
// Thread safety: call from one thread.

#pragma once

#include <optional>
#include <vector>

#include "base/core/clock.h"
#include "measure/host/doctor_judge.h"

namespace roofscape::host {

struct ClockTrial {
  Nanos cost{};        // Of one reading, on average.
  Nanos resolution{};  // The smallest step between two readings.
};
ClockTrial TryClock(const Clock& clock);

struct TimerTrial {
  Nanos overshoot_p50{};
  Nanos overshoot_p99{};
  Nanos slack{};
};
/// Waits `waits` times for 1 ms.
TimerTrial TryTimers(const Clock& clock, int waits);

/// Spins for `time`; the longest step between two readings of the clock.
Nanos TrySpinning(const Clock& clock, Nanos time);

/// Sends a byte over loopback until one comes with kernel stamps, 0.25 s at most.
StampTrial TryStamps(const Clock& clock);

/// Whether this process may open a packet socket; else why not.
std::optional<std::string> WireTapProblem();

/// CPU time of all other processes, by id.
std::vector<std::pair<int, ProcessTime>> ReadProcesses(const ReadFile& read);

/// Who worked between two readings that were `passed` apart, busiest first.
std::vector<BusyProcess> Busy(const std::vector<std::pair<int, ProcessTime>>& before,
                              const std::vector<std::pair<int, ProcessTime>>& after, Nanos passed);

std::optional<ClockCorrection> ReadCorrection();

}  // namespace roofscape::host
