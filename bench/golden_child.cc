#include "golden_child.h"

#include <unistd.h>

#include <array>
#include <string>

#include "base/core/check.h"
#include "base/core/clock.h"
#include "base/net/reactor.h"
#include "measure/host/host_facts.h"
#include "service/twin/golden_server.h"

namespace roofscape::bench {
namespace {

class Lifeline final : public net::Reactor::Handler {
 public:
  explicit Lifeline(net::Reactor& reactor) : reactor_(reactor) {}
  void OnReady(std::uint32_t /*events*/) override { reactor_.Stop(); }

 private:
  net::Reactor& reactor_;
};

/// Tells the port, serves, and tells how it went.
void Serve(const twin::Script& script, bool busy_poll, int lifeline, int out) {
  const SystemClock clock;
  host::SharpenTimers();
  auto reactor = net::Reactor::Create(clock);
  RS_CHECK(reactor);
  Lifeline watcher(**reactor);
  RS_CHECK((*reactor)->Add(lifeline, EPOLLIN, &watcher));
  twin::GoldenShared shared;
  twin::GoldenServer::Settings settings;
  settings.busy_poll = busy_poll;
  auto server = twin::GoldenServer::Create(**reactor, script, settings, shared);
  RS_CHECK(server);
  const std::uint16_t port = (*server)->port();
  RS_CHECK(::write(out, &port, sizeof port) == sizeof port);
  (*reactor)->Run();
  const twin::GoldenStats& stats = (*server)->stats();
  GoldenReport report;
  report.requests = stats.requests;
  report.events = stats.events;
  report.gone = stats.gone;
  report.late_p50_us = stats.late_ns.QuantileNs(0.5).value_or(0) / 1e3;
  report.late_p99_us = stats.late_ns.QuantileNs(0.99).value_or(0) / 1e3;
  report.late_max_us = static_cast<double>(stats.late_ns.MaxNs().value_or(0)) / 1e3;
  report.busy_s = ToSeconds((*reactor)->stats().busy).value();
  RS_CHECK(::write(out, &report, sizeof report) == sizeof report);
}

}  // namespace

Result<GoldenChild> GoldenChild::Start(std::string_view text, int core, bool busy_poll) {
  RS_ASSIGN_OR_RETURN(const twin::Script script, twin::ParseScript(text, "the benchmark's script"));
  std::array<int, 2> ends{};
  RS_CHECK(::pipe(ends.data()) == 0);
  net::Fd from(ends[0]);
  const net::Fd to(ends[1]);
  RS_ASSIGN_OR_RETURN(Child child, Child::Start(core, [&](int lifeline) {
                        Serve(script, busy_poll, lifeline, to.get());
                      }));
  net::Url url;
  url.host = "127.0.0.1";
  RS_CHECK(::read(from.get(), &url.port, sizeof url.port) == sizeof url.port);
  return GoldenChild(std::move(url), std::move(from), std::move(child));
}

GoldenReport GoldenChild::Finish() && {
  child_.End();
  GoldenReport report;
  RS_CHECK(::read(report_.get(), &report, sizeof report) == sizeof report);
  return report;
}

}  // namespace roofscape::bench
