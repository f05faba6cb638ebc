#include "service/twin/run_golden.h"

#include <future>
#include <utility>

namespace roofscape::twin {

Result<std::unique_ptr<GoldenRun>> GoldenRun::Start(Script script, const GoldenOptions& options,
                                                    const Clock& clock) {
  std::unique_ptr<GoldenRun> run(new GoldenRun(std::move(script)));
  GoldenServer::Settings settings = options.server;
  settings.share_port = options.threads > 1;
  for (std::int64_t i = 0; i < options.threads; ++i) {
    RS_ASSIGN_OR_RETURN(std::unique_ptr<net::Reactor> reactor, net::Reactor::Create(clock));
    RS_ASSIGN_OR_RETURN(std::unique_ptr<GoldenServer> server,
                        GoldenServer::Create(*reactor, run->script_, settings, run->shared_));
    settings.port = run->port_ = server->port();
    run->reactors_.push_back(std::move(reactor));
    run->servers_.push_back(std::move(server));
  }
  std::vector<std::future<Result<>>> begun;
  for (std::int64_t i = 0; i < options.threads; ++i) {
    std::promise<Result<>> promise;
    begun.push_back(promise.get_future());
    net::Reactor* reactor = run->reactors_[static_cast<std::size_t>(i)].get();
    run->threads_.emplace_back(
        [i, reactor, on_thread = options.on_thread, promise = std::move(promise)]() mutable {
          const Result<> ready = on_thread ? on_thread(i) : Result<>();
          const bool go = bool{ready};
          promise.set_value(ready);
          if (go) reactor->Run();
        });
  }
  std::optional<Error> failed;
  for (auto& ready : begun) {
    const Result<> result = ready.get();
    if (!result && !failed) failed = result.error();
  }
  if (failed) return *failed;  // The destructor ends the threads that run.
  return run;
}

GoldenRun::~GoldenRun() { Stop(); }

void GoldenRun::Stop() {
  for (const auto& reactor : reactors_) reactor->Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

GoldenStats GoldenRun::stats() const {
  GoldenStats all;
  for (const auto& server : servers_) {
    const GoldenStats& one = server->stats();
    all.requests += one.requests;
    all.events += one.events;
    all.gone += one.gone;
    all.late_ns.Merge(one.late_ns);
  }
  return all;
}

std::string GoldenRun::TruthCsv() const {
  std::string csv = TruthLog::CsvHead();
  for (const auto& server : servers_) server->truth().AppendCsv(csv);
  return csv;
}

bool GoldenRun::truth_is_whole() const {
  for (const auto& server : servers_) {
    if (!server->truth().whole()) return false;
  }
  return true;
}

}  // namespace roofscape::twin
