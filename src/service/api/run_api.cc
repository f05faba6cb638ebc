#include "service/api/run_api.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "service/api/study_desk.h"

namespace roofscape::api {

ApiRun::ApiRun(const Facts& facts, StoreAccess& store, const RunOptions& options,
               const Clock& clock)
    : options_(options),
      clock_(clock),
      facts_(facts),
      store_(store),
      snapshots_(store),
      api_(facts, snapshots_, store, clock) {}

Result<std::unique_ptr<ApiRun>> ApiRun::Start(const Facts& facts, StoreAccess& store,
                                              const RunOptions& options, const Clock& clock) {
  std::unique_ptr<ApiRun> run(new ApiRun(facts, store, options, clock));
  ApiServerOptions settings = options.server;
  settings.share_port = options.threads > 1;
  for (std::int64_t i = 0; i < options.threads; ++i) {
    RS_ASSIGN_OR_RETURN(std::unique_ptr<net::Reactor> reactor, net::Reactor::Create(clock));
    RS_ASSIGN_OR_RETURN(
        std::unique_ptr<ApiServer> server,
        ApiServer::Create(*reactor, run->api_, run->worker_, run->computer_, run->feed_, settings));
    settings.port = run->port_ = server->port();
    run->reactors_.push_back(std::move(reactor));
    run->servers_.push_back(std::move(server));
  }
  run->StartLoops();
  if (options.on_listening) options.on_listening(run->port_);
  if (const auto loaded = run->snapshots_.Refresh(); !loaded) return loaded.error();
  {
    const std::scoped_lock lock(run->mutex_);
    run->loaded_ = true;
  }
  run->changed_.notify_all();
  run->looker_ = std::thread([raw = run.get()] { raw->Look(); });
  return run;
}

void ApiRun::StartLoops() {
  // Both workers' first job ends when the rows are there: what is asked before stands behind it.
  for (Worker* worker : {&worker_, &computer_}) worker->Do([this] { AwaitRows(); });
  for (const auto& reactor : reactors_) {
    loops_.emplace_back([raw = reactor.get()] { raw->Run(); });
  }
}

void ApiRun::AwaitRows() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return loaded_ || stop_; });
}

void ApiRun::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (looker_.joinable()) looker_.join();
  for (const auto& reactor : reactors_) reactor->Stop();
  for (std::thread& loop : loops_) loop.join();
  loops_.clear();
  if (facts_.studies != nullptr) facts_.studies->Stop();
  worker_.Stop();
  computer_.Stop();
}

void ApiRun::Trouble(const std::string& message) {
  if (message == trouble_) return;
  trouble_ = message;
  if (!message.empty() && options_.on_trouble) options_.on_trouble(message);
}

void ApiRun::LookOnce() {
  const auto refreshed = snapshots_.Refresh();
  Trouble(refreshed ? "" : refreshed.error().message);
  if (feed_.listeners <= 0) return;
  const ViewInput input{&facts_, snapshots_.Now(), clock_.Wall()};
  auto live = LiveView(input, store_);
  if (!live) return;
  std::string text = live->dump(-1, ' ', false, Json::error_handler_t::replace);
  // The time alone is no news.
  (*live)["now"] = nullptr;
  for (Json& run : (*live)["runs"]) run["began_s"] = nullptr;
  feed_.Set(live->dump(-1, ' ', false, Json::error_handler_t::replace), std::move(text),
            input.snapshot->generation());
}

void ApiRun::Look() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, options_.look_every, [&] { return stop_; })) return;
    }
    LookOnce();
  }
}

}  // namespace roofscape::api
