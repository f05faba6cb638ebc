#include "tools.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace roofscape::bench {
namespace {

Error Refused(std::string_view what) {
  return {ErrorCode::kIo,
          fmt::format("{}: {}. Free ports or descriptors.", what, std::strerror(errno))};
}

}  // namespace

void Pin(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  static_cast<void>(::sched_setaffinity(0, sizeof cores, &cores));
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string Spread(std::vector<double> values, int digits) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", Median(values), digits, *least, digits, *most,
                     digits);
}

double LoadAverage() {
  double load = 0;
  static_cast<void>(::getloadavg(&load, 1));
  return load;
}

Result<Child> Child::Start(int core, const std::function<void(int lifeline)>& body) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return Refused("cannot make a pipe");
  net::Fd read_end(ends[0]);
  net::Fd write_end(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return Refused("cannot fork");
  if (pid == 0) {
    write_end.Close();
    Pin(core);
    body(read_end.get());
    ::_exit(0);
  }
  return Child(std::move(write_end), pid);
}

void Child::End() {
  if (!lifeline_.open()) return;  // Moved from, or ended.
  lifeline_.Close();
  ::waitpid(pid_, nullptr, 0);
}

Result<Listener> ListenOnLoopback() {
  Listener listener;
  listener.fd = net::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const int fd = listener.fd.get();
  if (fd < 0 || ::bind(fd, generic, size) != 0 || ::listen(fd, 4096) != 0 ||
      ::getsockname(fd, generic, &size) != 0) {
    return Refused("cannot listen on 127.0.0.1");
  }
  listener.port = ntohs(address.sin_port);
  return listener;
}

}  // namespace roofscape::bench
