#include "service/fleet/server.h"

#include <fmt/format.h>

#include "base/core/text.h"
#include "base/net/fetch.h"
#include "service/fleet/file.h"
#include "service/fleet/listener.h"

namespace roofscape::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMostLog = std::size_t{1} << 20;
constexpr Nanos kGrace = seconds(20);

void RemoveContainer(const ServerStart& start, const std::string& name, const Clock& clock) {
  if (start.remove.empty()) return;
  const std::string command = FillIn(start.remove, {{"name", name}});
  // There may be none, and then this fails.
  const auto ignored = RunCommand({"/bin/sh", "-c", command}, "", seconds(60), clock);
}

bool IsReady(const net::Url& url, const std::string& path, const Clock& clock) {
  net::FetchOptions options;
  options.timeout = seconds(5);
  const auto answer = net::Fetch(url, path, options, clock);
  return answer && answer->status == 200;
}

}  // namespace

Server::Server(const ServerStart& start, const ServerPlace& place, std::int64_t port, Child child)
    : start_(start),
      place_(place),
      port_(port),
      child_(std::move(child)),
      url_(fmt::format("http://127.0.0.1:{}", port)) {}

std::variant<Server, Failure> Server::Start(const ServerStart& start, const ServerPlace& place,
                                            const std::atomic<bool>& stop, const Clock& clock) {
  const Instant begin = clock.Now();
  EndLeftOvers(start, place.name, clock);
  const auto port = FreePort();
  if (!port) return Failure{"worker", port.error().message, "free sockets on the host"};
  const std::map<std::string, std::string> words = {{"port", std::to_string(*port)},
                                                    {"host", "127.0.0.1"},
                                                    {"name", place.name},
                                                    {"roofscape", OwnProgram()}};
  ChildOptions options;
  options.command = {"/bin/sh", "-c", FillIn(start.command, words)};
  for (const auto& [name, value] : start.env) options.env[name] = FillIn(value, words);
  options.env[kMarkVariable] = place.name;
  options.folder = place.folder;
  options.log = place.log;
  const std::size_t log_from = FileSize(place.log);
  auto child = Child::Start(options);
  if (!child) return Failure{"worker", child.error().message, "mend what it names on the host"};
  Server server(start, place, *port, *std::move(child));
  server.log_from_ = log_from;
  if (const auto failure = server.AwaitReady(stop, clock)) {
    server.Stop(clock);
    return *failure;
  }
  server.start_s_ = ToSeconds(clock.Now() - begin).value();
  return server;
}

std::optional<Failure> Server::AwaitReady(const std::atomic<bool>& stop, const Clock& clock) {
  const auto url = net::ParseUrl(url_);
  const Instant until = clock.Now() + FromSeconds(start_.start_timeout_s);
  while (!stop) {
    if (!child_.Running()) return WhyEnded();
    if (const auto failure = LookAtPort()) return failure;
    // Who answered may have come between the look and the answer.
    if (IsReady(*url, start_.health, clock)) return LookAtPort();
    if (clock.Now() > until) {
      return FromLog({"timeout",
                      fmt::format("the server did not answer 200 at {} within {:g} s",
                                  start_.health, start_.start_timeout_s),
                      "raise launch.start_timeout_s, or look into the server's log"});
    }
    Pause(milliseconds(100), stop, clock);
  }
  return Failure{"cancelled", "stopped while the server came up", "run the sweep again"};
}

std::optional<Failure> Server::LookAtPort() {
  // What has a command to remove it may be no child of ours, as a container is not.
  const PortFinding found =
      WhoListens(port_, {child_.pid(), place_.name, /*elsewhere=*/!start_.remove.empty()});
  switch (found.owner) {
    case PortOwner::kStranger:
      return Failure{
          "port", fmt::format("port {} was taken by {} before the server had it", port_, found.who),
          "it is tried again with another port. If that is the server itself, started "
          "outside of its command's processes, give launch.remove, which ends it"};
    case PortOwner::kUnknown: doubt_ = found.who; break;
    case PortOwner::kNobody: doubt_ = "no process of this machine's network listens there"; break;
    case PortOwner::kOurs: doubt_.clear(); break;
  }
  return std::nullopt;
}

Failure Server::WhyEnded() const {
  return FromLog({start_s_ > 0 ? "crash" : "start", fmt::format("the server {}", child_.EndText()),
                  "look at the end of its log"});
}

Failure Server::FromLog(const Failure& otherwise) const {
  const auto log = ReadEndOfFile(place_.log, log_from_, kMostLog);
  if (!log) return otherwise;
  Failure unknown = otherwise;
  const std::string_view text = Trim(*log);
  if (!text.empty()) {
    const std::string_view last =
        text.substr(text.rfind('\n') + 1);  // All of it where there is none.
    unknown.reason += ": " + Printable(last, 200);
  }
  return FailureInLog(*log, start_.failures, unknown);
}

void Server::Stop(const Clock& clock) {
  child_.Stop(kGrace, clock);
  EndLeftOvers(start_, place_.name, clock);
}

void Server::EndLeftOvers(const ServerStart& start, const std::string& name, const Clock& clock) {
  RemoveContainer(start, name, clock);
  EndMarked(name, kGrace, clock);
}

}  // namespace roofscape::fleet
