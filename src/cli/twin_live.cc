// A twin with the timing of a deployment that is not there.

#include <cstdio>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/end_signals.h"
#include "cli/simulate_text.h"
#include "cli/twin_options.h"
#include "cli/write_file.h"
#include "measure/host/host_facts.h"
#include "service/twin/run_live.h"

namespace roofscape::cli {
namespace {

Result<std::unique_ptr<twin::LiveRun>> StartLive(const TwinOptions& options, const Clock& clock) {
  RS_ASSIGN_OR_RETURN(std::shared_ptr<net::TlsContext> tls, TwinTls(options));
  RS_ASSIGN_OR_RETURN(twin::Script script, LiveScript(options));
  RS_ASSIGN_OR_RETURN(const SimulatedDeployment deployment,
                      MakeDeployment(options, /*chunk_tokens=*/1));
  RS_RETURN_IF_ERROR(host::EnsureDescriptors(64));
  if (!options.truth.empty()) {
    // Now, not after hours, is the time to learn that the path is wrong.
    RS_RETURN_IF_ERROR(WriteWholeFile(options.truth, ""));
  }
  twin::LiveServer::Settings settings;
  settings.host = options.host;
  settings.port = options.port;
  settings.keep_truth = !options.truth.empty();
  settings.busy_poll = options.busy_poll;
  settings.tls = std::move(tls);
  settings.speed = options.speed;
  settings.answer_tokens = options.answer_tokens;
  settings.context_tokens = deployment.context_tokens;
  settings.max_queue = options.max_queue;
  const auto on_thread = [&options]() -> Result<> {
    host::SharpenTimers();
    if (options.cpus.empty()) return {};
    return host::PinThread(options.cpus.front());
  };
  fmt::print(stderr, "{}", ClusterText(deployment.cluster, deployment.chips, StyleOf(stderr)));
  return twin::LiveRun::Start(std::move(script), deployment.cluster, settings, on_thread, clock);
}

}  // namespace

int RunLiveTwin(TwinOptions options, const Clock& clock) {
  if (options.threads != 1) {
    return Report({ErrorCode::kInvalidArgument,
                   "--threads: one simulation is one thread; leave it out, or use --script"});
  }
  if (const Result<> ready = CompleteDeployment(options); !ready) return Report(ready.error());
  const sigset_t ends = BlockEndSignals();
  const auto run = StartLive(options, clock);
  if (!run) return Report(run.error());
  fmt::print(stderr, "twin of {} on {}: {}\n", options.model, options.chip,
             TwinUrl(options, (*run)->port()));
  std::fflush(stderr);
  AwaitEnd(ends);
  (*run)->Stop();
  const twin::LiveServer& server = (*run)->server();
  PrintTwinSummary(server.stats(), server.truth().whole(), options.json);
  if (options.truth.empty()) return kDone;
  std::string csv = twin::TruthLog::CsvHead();
  server.truth().AppendCsv(csv);
  const auto written = WriteWholeFile(options.truth, csv);
  return written ? kDone : Report(written.error());
}

}  // namespace roofscape::cli
