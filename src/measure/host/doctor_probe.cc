#include "measure/host/doctor_probe.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
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

#include "base/net/channel.h"
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
  if (!pair.server.open() || fcntl(pair.client.get(), F_SETFL, O_NONBLOCK) != 0 ||
      fcntl(pair.server.get(), F_SETFL, O_NONBLOCK) != 0) {
    return std::nullopt;
  }
  return pair;
}

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
  auto pair = ConnectedPair();
  if (!pair) {
    trial.problem = std::string("no connection over loopback: ") + std::strerror(errno);
    return trial;
  }
  net::StampMap map(clock);
  net::Channel client(clock, map);
  net::Channel server(clock, map);
  client.Adopt(std::move(pair->client));
  server.Adopt(std::move(pair->server));
  client.OnConnected();
  server.OnConnected();
  // The kernel begins to stamp a little after the first socket asks for it.
  constexpr Nanos kPatience = milliseconds(250);
  const Instant give_up = clock.Now() + kPatience;
  std::array<char, 64> bytes{};
  char payload = 'x';
  const iovec piece{&payload, 1};
  while (!(trial.rx_after_send && trial.tx_after_send) && clock.Now() < give_up) {
    const Instant sent = clock.Now();
    if (client.Send({&piece, 1}, true).error != 0) break;
    pollfd readable{server.fd(), POLLIN, 0};
    poll(&readable, 1, 20);
    const net::Received received = server.Receive(bytes);
    if (received.by_kernel) trial.rx_after_send = received.arrived - sent;
    if (const auto stamp = client.TakeTransmitStamp()) trial.tx_after_send = *stamp - sent;
    if (!received.by_kernel) poll(nullptr, 0, 1);
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
