#include "measure/host/doctor.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/core/text.h"
#include "measure/host/doctor_judge.h"
#include "measure/host/doctor_probe.h"
#include "measure/host/host_facts.h"

namespace roofscape::host {
namespace {

constexpr Nanos kSpinTime = std::chrono::milliseconds(500);
constexpr int kWaits = 200;

/// The smallest quota of this process's control group and those above it.
std::optional<double> SmallestQuota(const ReadFile& read) {
  const std::string groups = read("/proc/self/cgroup").value_or("");
  std::optional<double> smallest;
  const auto visit = [&](const std::string& root, std::string path, auto quota_in) {
    while (true) {
      if (const auto quota = quota_in(root + path)) {
        smallest = std::min(smallest.value_or(*quota), *quota);
      }
      const std::size_t slash = path.find_last_of('/');
      if (slash == std::string::npos || path.empty()) return;
      path.resize(slash);
    }
  };
  if (const auto path = ParseCgroupPath(groups, "")) {
    visit("/sys/fs/cgroup", *path, [&](const std::string& folder) {
      return ParseCpuMax(read(folder + "/cpu.max").value_or(""));
    });
  }
  if (const auto path = ParseCgroupPath(groups, "cpu")) {
    visit("/sys/fs/cgroup/cpu", *path, [&](const std::string& folder) {
      return ParseCfsQuota(read(folder + "/cpu.cfs_quota_us").value_or(""),
                           read(folder + "/cpu.cfs_period_us").value_or(""));
    });
  }
  return smallest;
}

std::int64_t AllowedProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return sysconf(_SC_NPROCESSORS_ONLN);
}

std::string ContainerMarker(const ReadFile& read) {
  for (const char* path : {"/.dockerenv", "/run/.containerenv", "/run/systemd/container"}) {
    if (read(path)) return path;
  }
  return "";
}

Finding ExamineDescriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return {"descriptors", Fitness::kUnknown, "the system does not tell", ""};
  }
  // No limit at all is the largest number there is.
  const auto count = [](rlim_t value) {
    return static_cast<std::int64_t>(std::min<rlim_t>(value, rlim_t{1} << 31));
  };
  return JudgeDescriptors(count(limit.rlim_cur), count(limit.rlim_max), ReadDescriptorUse().used);
}

}  // namespace

std::string_view Name(Fitness fitness) {
  switch (fitness) {
    case Fitness::kOk: return "OK";
    case Fitness::kUnknown: return "?";
    case Fitness::kWarn: return "WARN";
    case Fitness::kFail: return "FAIL";
  }
  return "?";
}

std::optional<std::string> ReadSystemFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return std::nullopt;
  return text;
}

std::vector<Finding> ExamineFiles(const ReadFile& read) {
  const std::string clocks = "/sys/devices/system/clocksource/clocksource0/";
  const std::string cpus = "/sys/devices/system/cpu/";
  const auto cpuinfo = read("/proc/cpuinfo");
  return {
      JudgeClockSource(read(clocks + "current_clocksource"),
                       read(clocks + "available_clocksource")),
      JudgeGovernor(read(cpus + "cpu0/cpufreq/scaling_governor")),
      JudgeProcessor(cpuinfo, read(cpus + "smt/active"), read(cpus + "cpufreq/boost"),
                     read(cpus + "intel_pstate/no_turbo")),
      JudgeProcessors(AllowedProcessors(), SmallestQuota(read)),
      JudgePorts(read("/proc/sys/net/ipv4/ip_local_port_range"),
                 read("/proc/sys/net/ipv4/tcp_tw_reuse")),
      JudgeSocketLimits(read("/proc/sys/net/core/somaxconn"), read("/proc/sys/net/ipv4/tcp_rmem")),
      JudgeMemory(read("/proc/meminfo")),
      JudgeContainer(ContainerMarker(read), read("/proc/1/cgroup"), cpuinfo),
  };
}

std::vector<Finding> Examine(const Clock& clock) {
  std::vector<Finding> findings = ExamineFiles(ReadSystemFile);
  findings.push_back(ExamineDescriptors());
  findings.push_back(JudgeCorrection(ReadCorrection()));

  const auto cpu_before = ReadCpuTimes();
  const auto processes = ReadProcesses(ReadSystemFile);
  const Instant begin = clock.Now();
  const ClockTrial reading = TryClock(clock);
  const TimerTrial timers = TryTimers(clock, kWaits);
  const Nanos gap = TrySpinning(clock, kSpinTime);
  const auto busy = Busy(processes, ReadProcesses(ReadSystemFile), clock.Now() - begin);
  findings.push_back(JudgeClockCost(reading.cost, reading.resolution));
  findings.push_back(JudgeTimers(timers.overshoot_p50, timers.overshoot_p99, timers.slack));
  findings.push_back(JudgeGaps(gap, kSpinTime));
  findings.push_back(JudgeOtherWork(ReadSystemFile("/proc/loadavg"), AllowedProcessors(), busy));
  findings.push_back(JudgeSteal(StealFraction(cpu_before, ReadCpuTimes())));

  findings.push_back(JudgeStamps(TryStamps(clock)));
  const auto problem = WireTapProblem();
  findings.push_back(JudgeWireTap(!problem, problem.value_or("")));
  return findings;
}

bool IsFit(const std::vector<Finding>& findings) {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.fitness == Fitness::kFail; });
}

}  // namespace roofscape::host
