// What the doctor thinks of what it read or measured. Each function takes the text of a file of
// /proc or /sys as it is, nullopt where there is none, or plain numbers.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/units.h"
#include "measure/host/doctor.h"

namespace roofscape::host {

using FileText = std::optional<std::string>;

Finding JudgeClockSource(const FileText& current, const FileText& available);
Finding JudgeGovernor(const FileText& governor);
/// `smt` is /sys/devices/system/cpu/smt/active; turbo is told by `boost` or by Intel's `no_turbo`.
Finding JudgeProcessor(const FileText& cpuinfo, const FileText& smt, const FileText& boost,
                       const FileText& no_turbo);

/// The share of a processor that a control group may use: "max 100000", "50000 100000" of version
/// 2, or quota and period of version 1; nothing where there is no limit.
std::optional<double> ParseCpuMax(std::string_view cpu_max);
std::optional<double> ParseCfsQuota(std::string_view quota_us, std::string_view period_us);

/// The folder of this process below a hierarchy's root, from /proc/self/cgroup. `controller` is ""
/// for version 2, else "cpu", "memory", ...
std::optional<std::string> ParseCgroupPath(std::string_view cgroup, std::string_view controller);

/// `allowed` processors by affinity, `quota` processors by control group.
Finding JudgeProcessors(std::int64_t allowed, std::optional<double> quota);

/// A process's name and the clock ticks it has used, from /proc/PID/stat.
struct ProcessTime {
  std::string name;
  std::int64_t ticks = 0;
};
std::optional<ProcessTime> ParseProcessStat(std::string_view stat);

struct BusyProcess {
  std::string name;
  double processors = 0;  // CPU time over the time that passed.
};
/// `others`, busiest first: the processes besides this one.
Finding JudgeOtherWork(const FileText& loadavg, std::int64_t processors,
                       const std::vector<BusyProcess>& others);
Finding JudgeSteal(std::optional<double> fraction);

Finding JudgeDescriptors(std::int64_t soft, std::int64_t hard, std::int64_t used);
Finding JudgePorts(const FileText& range, const FileText& tw_reuse);
Finding JudgeSocketLimits(const FileText& somaxconn, const FileText& tcp_rmem);
Finding JudgeMemory(const FileText& meminfo);
/// `marker`: a file that container engines leave, by name; "" if there is none.
Finding JudgeContainer(std::string_view marker, const FileText& init_cgroup,
                       const FileText& cpuinfo);

/// What adjtimex() tells of how the clock is being corrected.
struct ClockCorrection {
  double frequency_ppm = 0;
  double offset_s = 0;  // Still to be slewed away.
  bool synchronised = false;
};
Finding JudgeCorrection(std::optional<ClockCorrection> correction);

Finding JudgeClockCost(Nanos cost, Nanos resolution);
/// How long after its time a wait of 1 ms ended.
Finding JudgeTimers(Nanos overshoot_p50, Nanos overshoot_p99, Nanos slack);
/// The longest time that a spinning loop was away, over `watched`.
Finding JudgeGaps(Nanos longest, Nanos watched);

/// Stamps of one byte sent over loopback; nothing where the kernel gave none.
struct StampTrial {
  std::optional<Nanos> rx_after_send;
  std::optional<Nanos> tx_after_send;
  std::string problem;  // Why the trial could not be made.
};
Finding JudgeStamps(const StampTrial& trial);
Finding JudgeWireTap(bool permitted, std::string_view problem);

}  // namespace roofscape::host
