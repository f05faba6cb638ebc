#include "measure/host/doctor_judge.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::host {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::string Human(Nanos time) { return HumanSeconds(ToSeconds(time).value()); }

Finding Untold(std::string topic, std::string what) {
  return {std::move(topic), Fitness::kUnknown, std::move(what), ""};
}

/// The numbers of a text, up to the first thing that is none.
std::vector<double> Numbers(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<double> numbers;
  for (double number = 0; stream >> number;) numbers.push_back(number);
  return numbers;
}

/// The first number of a file, if it has one.
std::optional<double> Number(const FileText& text) {
  if (!text) return std::nullopt;
  const std::vector<double> numbers = Numbers(*text);
  if (numbers.empty()) return std::nullopt;
  return numbers.front();
}

/// The number behind "Key:" at the begin of a line.
std::optional<double> Field(std::string_view text, std::string_view key) {
  for (const std::string& line : Split(text, '\n')) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ':') continue;
    const std::vector<double> numbers = Numbers(line.substr(key.size() + 1));
    if (!numbers.empty()) return numbers.front();
  }
  return std::nullopt;
}

}  // namespace

Finding JudgeClockSource(const FileText& current, const FileText& available) {
  const std::string topic = "clock source";
  if (!current) return Untold(topic, "the system does not tell");
  const std::string name(Trim(*current));
  constexpr std::array<std::string_view, 4> kFast = {"tsc", "kvm-clock", "arch_sys_counter",
                                                     "hyperv_clocksource_tsc_page"};
  if (std::find(kFast.begin(), kFast.end(), name) != kFast.end()) {
    return {topic, Fitness::kOk, name, ""};
  }
  for (const std::string_view fast : kFast) {
    if (!available || available->find(fast) == std::string::npos) continue;
    return {
        topic, Fitness::kWarn, name + ": each reading is a system call",
        fmt::format("echo {} > /sys/devices/system/clocksource/clocksource0/current_clocksource",
                    fast)};
  }
  return {topic, Fitness::kWarn, name + ": each reading is a system call",
          "the kernel has given up the processor's counter (dmesg | grep -i tsc): use another "
          "machine, or see the 'clock' line for what it costs here"};
}

Finding JudgeGovernor(const FileText& governor) {
  const std::string topic = "governor";
  if (!governor) return Untold(topic, "the system does not tell, as in most virtual machines");
  const std::string name(Trim(*governor));
  if (name == "performance") return {topic, Fitness::kOk, name, ""};
  return {topic, Fitness::kWarn, name + ": the processor slows down between events",
          "cpupower frequency-set -g performance"};
}

Finding JudgeProcessor(const FileText& cpuinfo, const FileText& smt, const FileText& boost,
                       const FileText& no_turbo) {
  std::string found = "unknown processor";
  for (const std::string& line : Split(cpuinfo.value_or(""), '\n')) {
    const std::size_t colon = line.find(':');
    if (!line.starts_with("model name") || colon == std::string::npos) continue;
    found = std::string(Trim(line.substr(colon + 1)));
    break;
  }
  if (const auto active = Number(smt)) {
    found += *active != 0 ? ", two threads a core: leave the sibling of a busy one idle"
                          : ", one thread a core";
  }
  if (const auto on = Number(boost)) {
    found += *on != 0 ? ", turbo on" : ", turbo off";
  } else if (const auto off = Number(no_turbo)) {
    found += *off != 0 ? ", turbo off" : ", turbo on";
  }
  return {"processor", cpuinfo ? Fitness::kOk : Fitness::kUnknown, found, ""};
}

std::optional<double> ParseCpuMax(std::string_view cpu_max) {
  const std::vector<double> numbers = Numbers(cpu_max);
  if (numbers.size() < 2 || numbers[1] <= 0) return std::nullopt;
  return numbers[0] / numbers[1];
}

std::optional<double> ParseCfsQuota(std::string_view quota_us, std::string_view period_us) {
  const std::vector<double> quota = Numbers(quota_us);
  const std::vector<double> period = Numbers(period_us);
  if (quota.empty() || period.empty() || quota[0] <= 0 || period[0] <= 0) return std::nullopt;
  return quota[0] / period[0];
}

std::optional<std::string> ParseCgroupPath(std::string_view cgroup, std::string_view controller) {
  for (const std::string& line : Split(cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    const std::vector<std::string> controllers = Split(names, ',');
    const bool found = controller.empty() ? names.empty()
                                          : std::find(controllers.begin(), controllers.end(),
                                                      controller) != controllers.end();
    if (found) return line.substr(second + 1);
  }
  return std::nullopt;
}

Finding JudgeProcessors(std::int64_t allowed, std::optional<double> quota) {
  Finding finding{"processors", Fitness::kOk, fmt::format("{} allowed", allowed), ""};
  if (quota) {
    finding.found += fmt::format(", quota of the control group {:.2f}", *quota);
    finding.fitness = *quota < 1 ? Fitness::kFail : Fitness::kWarn;
    finding.cure =
        "a quota stops the client for milliseconds when it is used up: lift it, and pin the "
        "client to processors of its own instead";
  } else if (allowed < 2) {
    finding.fitness = Fitness::kWarn;
    finding.cure = "kernel and client share one processor: allow two or more (taskset, cpuset)";
  }
  return finding;
}

std::optional<ProcessTime> ParseProcessStat(std::string_view stat) {
  // The name stands in brackets and may hold anything, brackets too.
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == stat.npos || close == stat.npos || close < open) return std::nullopt;
  std::istringstream rest{std::string(stat.substr(close + 1))};
  std::string state;
  rest >> state;
  constexpr int kBeforeUtime = 10;  // ppid to cmajflt
  std::int64_t number = 0;
  for (int i = 0; i < kBeforeUtime; ++i) rest >> number;
  std::int64_t user = 0;
  std::int64_t system = 0;
  if (!(rest >> user >> system)) return std::nullopt;
  return ProcessTime{std::string(stat.substr(open + 1, close - open - 1)), user + system};
}

Finding JudgeOtherWork(const FileText& loadavg, std::int64_t processors,
                       const std::vector<BusyProcess>& others) {
  constexpr double kShown = 0.05;
  constexpr double kMuch = 0.25;  // Of all processors.
  Finding finding{"other work", Fitness::kOk, "", ""};
  double total = 0;
  for (const BusyProcess& process : others) total += process.processors;
  const auto load = Number(loadavg);
  finding.found = load ? fmt::format("load average {:.2f} on {} processors", *load, processors)
                       : fmt::format("{} processors", processors);
  for (std::size_t i = 0; i < others.size() && i < 3; ++i) {
    if (others[i].processors < kShown) break;
    finding.found +=
        fmt::format("; {} {:.0f} %", Printable(others[i].name, 32), 100 * others[i].processors);
  }
  if (total > kMuch * static_cast<double>(processors)) {
    finding.fitness = Fitness::kWarn;
    finding.cure = "stop it, or give the client processors of its own (taskset, isolcpus)";
  }
  return finding;
}

Finding JudgeSteal(std::optional<double> fraction) {
  constexpr double kWarn = 0.005;
  constexpr double kFail = 0.10;
  if (!fraction) return Untold("steal", "the system does not tell");
  Finding finding{
      "steal", Fitness::kOk,
      fmt::format("{:.1f} % of the time went to other virtual machines", 100 * *fraction), ""};
  if (*fraction < kWarn) return finding;
  finding.fitness = *fraction < kFail ? Fitness::kWarn : Fitness::kFail;
  finding.cure = "use a machine with processors of its own (dedicated or bare metal)";
  return finding;
}

Finding JudgeDescriptors(std::int64_t soft, std::int64_t hard, std::int64_t used) {
  constexpr std::int64_t kOwn = 32;  // Store, timers, logs.
  constexpr std::int64_t kFew = 4096;
  constexpr std::int64_t kTooFew = 128;
  const std::int64_t streams = std::max<std::int64_t>(0, hard - used - kOwn);
  Finding finding{"descriptors", Fitness::kOk,
                  fmt::format("limit {}, raised by itself up to {}: {} streams at once",
                              WithCommas(soft), WithCommas(hard), WithCommas(streams)),
                  ""};
  if (streams >= kFew) return finding;
  finding.fitness = streams < kTooFew ? Fitness::kFail : Fitness::kWarn;
  finding.cure =
      "raise the hard limit: ulimit -Hn 65536 as root, or nofile in "
      "/etc/security/limits.conf";
  return finding;
}

Finding JudgePorts(const FileText& range, const FileText& tw_reuse) {
  constexpr double kFew = 20000;
  const std::vector<double> ends = Numbers(range.value_or(""));
  if (ends.size() < 2) return Untold("local ports", "the system does not tell");
  const double ports = ends[1] - ends[0] + 1;
  Finding finding{"local ports", Fitness::kOk,
                  fmt::format("{} for each address of a server", WithCommas(std::llround(ports))),
                  ""};
  if (const auto reuse = Number(tw_reuse)) {
    finding.found += *reuse == 1   ? ", reused while they wait to be closed"
                     : *reuse == 2 ? ", reused on loopback while they wait to be closed"
                                   : ", not reused for a minute after a close";
  }
  if (ports >= kFew) return finding;
  finding.fitness = Fitness::kWarn;
  finding.cure = "sysctl -w net.ipv4.ip_local_port_range='1024 65535'";
  return finding;
}

Finding JudgeSocketLimits(const FileText& somaxconn, const FileText& tcp_rmem) {
  constexpr double kBacklog = 1024;
  constexpr double kReceiveBytes = 65536;
  const auto backlog = Number(somaxconn);
  const std::vector<double> receive = Numbers(tcp_rmem.value_or(""));
  if (!backlog || receive.size() < 3) return Untold("socket limits", "the system does not tell");
  Finding finding{
      "socket limits", Fitness::kOk,
      fmt::format("backlog {}, receive buffer {} bytes at first, {} at most",
                  WithCommas(std::llround(*backlog)), WithCommas(std::llround(receive[1])),
                  WithCommas(std::llround(receive[2]))),
      ""};
  if (*backlog < kBacklog) {
    finding.fitness = Fitness::kWarn;
    finding.cure = "a server here loses connections of a burst: sysctl -w net.core.somaxconn=4096";
  } else if (receive[1] < kReceiveBytes) {
    finding.fitness = Fitness::kWarn;
    finding.cure = "sysctl -w net.ipv4.tcp_rmem='4096 131072 6291456'";
  }
  return finding;
}

Finding JudgeMemory(const FileText& meminfo) {
  constexpr double kLittle = 1 << 20;     // kB: 1 GiB
  constexpr double kTooLittle = 1 << 17;  // kB: 128 MiB
  const auto available = meminfo ? Field(*meminfo, "MemAvailable") : std::nullopt;
  if (!available) return Untold("memory", "the system does not tell");
  Finding finding{"memory", Fitness::kOk,
                  fmt::format("{:.1f} GiB available", *available / (1 << 20)), ""};
  if (*available >= kLittle) return finding;
  finding.fitness = *available < kTooLittle ? Fitness::kFail : Fitness::kWarn;
  finding.cure = "free some: a long run keeps every event in memory, about 24 bytes a token";
  return finding;
}

Finding JudgeContainer(std::string_view marker, const FileText& init_cgroup,
                       const FileText& cpuinfo) {
  std::string found;
  if (!marker.empty()) found = fmt::format("in a container ({})", marker);
  for (const char* engine : {"kubepods", "docker", "containerd", "lxc"}) {
    if (!found.empty() || !init_cgroup) break;
    if (init_cgroup->find(engine) != std::string::npos) {
      found = fmt::format("in a container ({})", engine);
    }
  }
  if (found.empty()) found = "no container";
  const bool guest = cpuinfo && (" " + *cpuinfo).find(" hypervisor") != std::string::npos;
  if (guest) found += ", a virtual machine: the host may take the processor away unseen";
  return {"isolation", Fitness::kOk, found, ""};
}

Finding JudgeCorrection(std::optional<ClockCorrection> correction) {
  constexpr double kMuchPpm = 200;
  constexpr double kMuchSeconds = 0.01;
  if (!correction) return Untold("time service", "the system does not tell");
  Finding finding{
      "time service", Fitness::kOk,
      fmt::format("{}, rate {:+.1f} ppm, {} still to correct",
                  correction->synchronised ? "synchronised" : "not synchronised",
                  correction->frequency_ppm, HumanSeconds(std::abs(correction->offset_s))),
      ""};
  if (std::abs(correction->frequency_ppm) > kMuchPpm ||
      std::abs(correction->offset_s) > kMuchSeconds) {
    finding.fitness = Fitness::kWarn;
    finding.cure = "the clock is being slewed, intervals are off by as much: wait until it settles";
  }
  return finding;
}

Finding JudgeClockCost(Nanos cost, Nanos resolution) {
  Finding finding{"clock", Fitness::kOk,
                  fmt::format("{} ns a reading, grain {} ns", cost.count(), resolution.count()),
                  ""};
  if (cost <= Nanos(200) && resolution <= microseconds(1)) return finding;
  const bool bad = cost > microseconds(5) || resolution > microseconds(50);
  finding.fitness = bad ? Fitness::kFail : Fitness::kWarn;
  finding.cure = "see 'clock source'; under gVisor or an emulator, measure from outside of it";
  return finding;
}

Finding JudgeTimers(Nanos overshoot_p50, Nanos overshoot_p99, Nanos slack) {
  Finding finding{"timers", Fitness::kOk,
                  fmt::format("a wait of 1 ms ends {} late at p50, {} at p99 (slack {})",
                              Human(overshoot_p50), Human(overshoot_p99), Human(slack)),
                  ""};
  if (overshoot_p99 <= microseconds(200)) return finding;
  finding.fitness = overshoot_p50 > milliseconds(2) ? Fitness::kFail : Fitness::kWarn;
  finding.cure =
      "requests will be sent as late as that: stop other work, use the governor "
      "'performance', and keep deep idle states off (cpupower idle-set -D 10)";
  return finding;
}

Finding JudgeGaps(Nanos longest, Nanos watched) {
  Finding finding{
      "scheduling", Fitness::kOk,
      fmt::format("longest pause of a spinning loop in {}: {}", Human(watched), Human(longest)),
      ""};
  if (longest <= milliseconds(1)) return finding;
  finding.fitness = longest > milliseconds(50) ? Fitness::kFail : Fitness::kWarn;
  finding.cure =
      "another process or the host takes the processor: stop other work, or pin "
      "client and server to processors of their own";
  return finding;
}

Finding JudgeStamps(const StampTrial& trial) {
  const std::string topic = "kernel stamps";
  if (!trial.problem.empty()) return Untold(topic, trial.problem);
  if (trial.rx_after_send && trial.tx_after_send) {
    return {topic, Fitness::kOk,
            fmt::format("sending stamped after {}, receiving after {}", Human(*trial.tx_after_send),
                        Human(*trial.rx_after_send)),
            ""};
  }
  return {
      topic, Fitness::kWarn,
      fmt::format("{} for sending, {} for receiving", trial.tx_after_send ? "stamps" : "no stamps",
                  trial.rx_after_send ? "stamps" : "no stamps"),
      "events are stamped by this program instead, later and with a wider uncertainty: use "
      "Linux itself rather than an emulation of its network"};
}

Finding JudgeWireTap(bool permitted, std::string_view problem) {
  if (permitted) return {"wire tap", Fitness::kOk, "permitted", ""};
  return {"wire tap", Fitness::kWarn, fmt::format("not permitted: {}", problem),
          "only --wire needs it: run as root, or setcap cap_net_raw+ep roofscape"};
}

}  // namespace roofscape::host
