#include "measure/host/doctor_probe.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/errqueue.h>
#include <linux/if_ether.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include "base/net/fd.h"

namespace roofscape::host {
namespace {

using net::Fd;
using std::chrono::milliseconds;

struct Pair {
  Fd client;
  Fd server;
};

/// Two ends of a TCP connection over loopback.
std::optional<Pair> ConnectedPair() {
  const Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (!listener.open() || bind(listener.get(), generic, size) != 0 ||
      listen(listener.get(), 1) != 0 || getsockname(listener.get(), generic, &size) != 0) {
    return std::nullopt;
  }
  Pair pair;
  pair.client = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!pair.client.open() || connect(pair.client.get(), generic, size) != 0) return std::nullopt;
  pair.server = Fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!pair.server.open()) return std::nullopt;
  return pair;
}

bool EnableStamps(int fd, unsigned flags) {
  return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) == 0;
}

/// The software stamp of the next message, in nanoseconds of calendar time; nothing when none
/// comes soon or the message has none.
std::optional<Nanos> NextStamp(int fd, bool error_queue) {
  constexpr int kPatienceMs = 20;
  pollfd wait{fd, static_cast<short>(error_queue ? 0 : POLLIN), 0};
  if (poll(&wait, 1, kPatienceMs) <= 0) return std::nullopt;
  std::array<char, 64> data{};
  alignas(cmsghdr) std::array<char, 512> control{};
  iovec piece{data.data(), data.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(fd, &message, MSG_DONTWAIT | (error_queue ? MSG_ERRQUEUE : 0)) < 0) {
    return std::nullopt;
  }
  for (const cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
       item = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(item))) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPING) continue;
    scm_timestamping stamps{};
    std::memcpy(&stamps, CMSG_DATA(item), sizeof stamps);
    const Nanos stamp = std::chrono::seconds(stamps.ts[0].tv_sec) + Nanos(stamps.ts[0].tv_nsec);
    if (stamp > Nanos(0)) return stamp;
  }
  return std::nullopt;
}

Nanos WallNanos(const Clock& clock) { return std::chrono::microseconds(clock.Wall().unix_us); }

}  // namespace

ClockTrial TryClock(const Clock& clock) {
  constexpr int kReadings = 20'000;
  const Instant begin = clock.Now();
  Instant last = begin;
  Nanos smallest = Nanos::max();
  for (int i = 0; i < kReadings; ++i) {
    const Instant now = clock.Now();
    if (now > last) smallest = std::min(smallest, now - last);
    last = now;
  }
  return {(last - begin) / kReadings, smallest};
}

TimerTrial TryTimers(const Clock& clock, int waits) {
  const Fd nothing(epoll_create1(EPOLL_CLOEXEC));
  const timespec limit{0, 1'000'000};
  std::vector<Nanos> late;
  bool precise = true;
  for (int i = 0; i < waits && nothing.open(); ++i) {
    const Instant begin = clock.Now();
    epoll_event event{};
    if (precise && epoll_pwait2(nothing.get(), &event, 1, &limit, nullptr) < 0) {
      precise = false;  // A kernel before 5.11.
      continue;
    }
    if (!precise) epoll_wait(nothing.get(), &event, 1, 1);
    late.push_back(clock.Now() - begin - milliseconds(1));
  }
  TimerTrial trial;
  trial.slack = Nanos(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
  if (late.empty()) return trial;
  std::sort(late.begin(), late.end());
  trial.overshoot_p50 = late[late.size() / 2];
  trial.overshoot_p99 = late[(late.size() - 1) * 99 / 100];
  return trial;
}

Nanos TrySpinning(const Clock& clock, Nanos time) {
  const Instant end = clock.Now() + time;
  Instant last = clock.Now();
  Nanos longest{0};
  while (last < end) {
    const Instant now = clock.Now();
    longest = std::max(longest, now - last);
    last = now;
  }
  return longest;
}

StampTrial TryStamps(const Clock& clock) {
  StampTrial trial;
  const auto pair = ConnectedPair();
  if (!pair) {
    trial.problem = std::string("no connection over loopback: ") + std::strerror(errno);
    return trial;
  }
  EnableStamps(pair->server.get(), SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
  EnableStamps(pair->client.get(), SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
                                       SOF_TIMESTAMPING_OPT_TSONLY);
  // The kernel begins to stamp a little after the first socket asks for it.
  constexpr Nanos kPatience = milliseconds(250);
  const Instant give_up = clock.Now() + kPatience;
  while (!(trial.rx_after_send && trial.tx_after_send) && clock.Now() < give_up) {
    const Nanos sent = WallNanos(clock);
    if (send(pair->client.get(), "x", 1, MSG_NOSIGNAL) != 1) break;
    // The calendar clock is read in whole microseconds.
    const auto after = [&](Nanos stamp) { return std::max(Nanos(0), stamp - sent); };
    if (const auto stamp = NextStamp(pair->server.get(), false))
      trial.rx_after_send = after(*stamp);
    if (const auto stamp = NextStamp(pair->client.get(), true)) trial.tx_after_send = after(*stamp);
    if (!trial.rx_after_send) poll(nullptr, 0, 1);
  }
  return trial;
}

std::optional<std::string> WireTapProblem() {
  const Fd tap(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (tap.open()) return std::nullopt;
  return std::strerror(errno);
}

std::vector<std::pair<int, ProcessTime>> ReadProcesses(const ReadFile& read) {
  std::vector<std::pair<int, ProcessTime>> processes;
  DIR* const folder = opendir("/proc");
  if (folder == nullptr) return processes;
  while (const dirent* entry = readdir(folder)) {
    const std::string_view name = entry->d_name;
    int id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error != std::errc() || end != name.data() + name.size() || id == getpid()) continue;
    const auto stat = read("/proc/" + std::string(name) + "/stat");
    if (!stat) continue;
    if (auto process = ParseProcessStat(*stat)) processes.emplace_back(id, std::move(*process));
  }
  closedir(folder);
  return processes;
}

std::vector<BusyProcess> Busy(const std::vector<std::pair<int, ProcessTime>>& before,
                              const std::vector<std::pair<int, ProcessTime>>& after, Nanos passed) {
  std::unordered_map<int, std::int64_t> ticks;
  for (const auto& [id, process] : before) ticks[id] = process.ticks;
  const double second = static_cast<double>(sysconf(_SC_CLK_TCK)) * ToSeconds(passed).value();
  std::vector<BusyProcess> busy;
  for (const auto& [id, process] : after) {
    const auto found = ticks.find(id);
    const std::int64_t used = process.ticks - (found == ticks.end() ? 0 : found->second);
    if (used > 0) busy.push_back({process.name, static_cast<double>(used) / second});
  }
  std::sort(busy.begin(), busy.end(),
            [](const BusyProcess& a, const BusyProcess& b) { return a.processors > b.processors; });
  return busy;
}

std::optional<ClockCorrection> ReadCorrection() {
  timex state{};  // No modes: it is only read.
  if (adjtimex(&state) < 0) return std::nullopt;
  constexpr double kFrequencyUnits = 65536;  // ppm
  ClockCorrection correction;
  correction.frequency_ppm = static_cast<double>(state.freq) / kFrequencyUnits;
  correction.offset_s =
      static_cast<double>(state.offset) * ((state.status & STA_NANO) != 0 ? 1e-9 : 1e-6);
  correction.synchronised = (state.status & STA_UNSYNC) == 0;
  return correction;
}

}  // namespace roofscape::host
