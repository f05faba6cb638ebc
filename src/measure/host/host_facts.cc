#include "measure/host/host_facts.h"

#include <dirent.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/core/text.h"
#include "measure/host/first_line.h"

namespace roofscape::host {
namespace {

/// The value of the first "key : value" line of a /proc file.
std::string ProcField(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || Trim(line.substr(0, colon)) != key) continue;
    return std::string(Trim(line.substr(colon + 1)));
  }
  return {};
}

void Put(std::map<std::string, std::string>& facts, const std::string& key, std::string value) {
  if (!value.empty()) facts[key] = std::move(value);
}

}  // namespace

std::map<std::string, std::string> HostFacts() {
  std::map<std::string, std::string> facts;
  utsname names{};
  if (uname(&names) == 0) {
    Put(facts, "hostname", names.nodename);
    Put(facts, "kernel", fmt::format("{} {}", names.sysname, names.release));
    Put(facts, "architecture", names.machine);
  }
  Put(facts, "cpu", ProcField("/proc/cpuinfo", "model name"));
  Put(facts, "cpus", fmt::format("{}", sysconf(_SC_NPROCESSORS_ONLN)));
  const auto pages = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES));
  const auto page_bytes = static_cast<std::int64_t>(sysconf(_SC_PAGESIZE));
  Put(facts, "memory_bytes", fmt::format("{}", pages * page_bytes));
  Put(facts, "governor", Governor());
  Put(facts, "clock_source",
      FirstLine("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
  return facts;
}

std::string Governor() {
  return FirstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
}

std::optional<CpuTimes> ReadCpuTimes() {
  std::istringstream line(FirstLine("/proc/stat"));
  std::string name;
  line >> name;
  if (name != "cpu") return std::nullopt;
  // user nice system idle iowait irq softirq steal; guest time is already inside user.
  CpuTimes times;
  std::int64_t value = 0;
  for (int column = 0; column < 8 && line >> value; ++column) {
    times.total += value;
    if (column == 7) times.steal = value;
  }
  return times;
}

std::optional<double> StealFraction(const std::optional<CpuTimes>& before,
                                    const std::optional<CpuTimes>& after) {
  if (!before || !after || after->total <= before->total) return std::nullopt;
  return static_cast<double>(after->steal - before->steal) /
         static_cast<double>(after->total - before->total);
}

Nanos ThreadCpuTime() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + Nanos(used.tv_nsec);
}

DescriptorUse ReadDescriptorUse() {
  DescriptorUse use;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) use.limit = static_cast<std::int64_t>(limit.rlim_cur);
  if (DIR* directory = opendir("/proc/self/fd"); directory != nullptr) {
    while (readdir(directory) != nullptr) ++use.used;
    closedir(directory);
    use.used -= 3;  // ".", ".." and the directory itself
  }
  return use;
}

Result<> PinThread(std::int64_t cpu) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  static_cast<void>(sched_getaffinity(getpid(), sizeof allowed, &allowed));
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &wanted);
  if (sched_setaffinity(0, sizeof wanted, &wanted) == 0) return {};
  std::string names;
  for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &allowed)) names += fmt::format("{}{}", names.empty() ? "" : ",", i);
  }
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("CPU {} cannot be used by this process: choose of {}", cpu, names)};
}

void SharpenTimers() { static_cast<void>(prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL)); }

Result<> EnsureDescriptors(std::int64_t needed) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  const DescriptorUse use = ReadDescriptorUse();
  if (use.limit - use.used >= needed) return {};
  return Error{ErrorCode::kIo,
               fmt::format("too few file descriptors: {} are needed, this process may open {} and "
                           "has {} open. Raise the limit (ulimit -n {}), or ask for less "
                           "concurrency",
                           needed, use.limit, use.used, use.used + needed)};
}

}  // namespace roofscape::host
