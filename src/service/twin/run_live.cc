#include "service/twin/run_live.h"

#include <future>
#include <utility>

namespace roofscape::twin {

Result<std::unique_ptr<LiveRun>> LiveRun::Start(Script script, const sim::Cluster& cluster,
                                                const LiveServer::Settings& settings,
                                                const std::function<Result<>()>& on_thread,
                                                const Clock& clock) {
  std::unique_ptr<LiveRun> run(new LiveRun(std::move(script)));
  RS_ASSIGN_OR_RETURN(run->reactor_, net::Reactor::Create(clock));
  RS_ASSIGN_OR_RETURN(run->server_,
                      LiveServer::Create(*run->reactor_, run->script_, cluster, settings));
  run->port_ = run->server_->port();
  std::promise<Result<>> promise;
  std::future<Result<>> begun = promise.get_future();
  run->thread_ = std::thread(
      [reactor = run->reactor_.get(), on_thread, promise = std::move(promise)]() mutable {
        const Result<> ready = on_thread ? on_thread() : Result<>();
        const bool go = bool{ready};
        promise.set_value(ready);
        if (go) reactor->Run();
      });
  if (const Result<> ready = begun.get(); !ready) return ready.error();
  return run;
}

LiveRun::~LiveRun() { Stop(); }

void LiveRun::Stop() {
  if (!thread_.joinable()) return;
  reactor_->Stop();
  thread_.join();
}

}  // namespace roofscape::twin
