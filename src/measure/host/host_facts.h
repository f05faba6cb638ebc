// Facts of the machine that measures, and the readings of it that the instrument's audit needs.
//
// Everything is read from /proc and /sys; what is not there is missing. Thread safety: pure reads.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/core/result.h"
#include "base/core/units.h"

namespace roofscape::host {

/// Name, kernel, processor, cores, memory, frequency governor: what is stored with a run. Keys end
/// in their unit ("memory_bytes").
std::map<std::string, std::string> HostFacts();

/// The frequency governor of the first processor, or "" where the system does not tell.
std::string Governor();

/// Time of all processors since boot, in clock ticks.
struct CpuTimes {
  std::int64_t total = 0;
  std::int64_t steal = 0;  // Taken by the hypervisor for somebody else.
};

std::optional<CpuTimes> ReadCpuTimes();

/// The share of the time between two readings that was stolen; missing when it cannot be told.
std::optional<double> StealFraction(const std::optional<CpuTimes>& before,
                                    const std::optional<CpuTimes>& after);

/// CPU time that the calling thread has used.
Nanos ThreadCpuTime();

/// Binds the calling thread to one processor. Fails, naming those that are allowed, where this
/// process may not use it.
Result<> PinThread(std::int64_t cpu);

/// Lets the calling thread's timers fire when they are due: the system rounds them up by 50 us
/// otherwise, to wake up less often.
void SharpenTimers();

/// File descriptors of this process: how many it may have, how many it has.
struct DescriptorUse {
  std::int64_t limit = 0;
  std::int64_t used = 0;
};

DescriptorUse ReadDescriptorUse();

/// Raises the soft limit as far as the hard limit allows and fails, with the cure, if fewer than
/// `needed` descriptors are then free.
Result<> EnsureDescriptors(std::int64_t needed);

}  // namespace roofscape::host
