// roofscape twin: servers that are not what they seem. The golden server does what a script says,
// for trying and for proving load generators; a live twin has the timing of a deployment.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/end_signals.h"
#include "cli/twin_options.h"
#include "cli/write_file.h"
#include "measure/host/host_facts.h"
#include "service/twin/run_golden.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Run a server that answers as an engine does, without one.\n"
    "Of a deployment (--model and --chip, or --deployment): paced by a live simulation of it.\n"
    "With --script, the golden server: it sends each token when the script says, and writes down\n"
    "what it really did. What a load generator reports about it can be checked.";

constexpr const char* kFooter =
    "Examples:\n"
    "  roofscape twin --model llama-3.1-70b --chip h200-sxm --engine vllm --precision fp8 --tp 4\n"
    "  roofscape twin --deployment deployment.toml --speed 10 --fault reset:0.01\n\n"
    "  printf 'ttft_ms = 50\\ngap_ms = 10\\n' > golden.toml\n"
    "  roofscape twin --script golden.toml --port 8080 --truth truth.csv\n\n"
    "It answers under the engine's dialect, errors and metrics: docs/reference/twin.md; the\n"
    "script's fields: docs/reference/twin-script.md. Ctrl-C ends it.";

// The title of its flags in the help.
constexpr const char* kLive = "Options of a live twin, without --script";

int RunScript(const TwinOptions& options, const Clock& clock) {
  const auto tls = TwinTls(options);
  if (!tls) return Report(tls.error());
  const auto text = ReadFlagFile("--script", options.script);
  if (!text) return Report(text.error());
  auto script = twin::ParseScript(*text, options.script);
  if (!script) return Report(script.error());
  if (const auto room = host::EnsureDescriptors(64); !room) return Report(room.error());
  if (!options.truth.empty()) {
    // Now, not after hours, is the time to learn that the path is wrong.
    if (const auto writable = WriteWholeFile(options.truth, ""); !writable) {
      return Report(writable.error());
    }
  }
  twin::GoldenOptions golden;
  golden.server.host = options.host;
  golden.server.port = options.port;
  golden.server.keep_truth = !options.truth.empty();
  golden.server.busy_poll = options.busy_poll;
  golden.server.tls = *tls;
  golden.threads = options.threads;
  golden.on_thread = [&options](std::int64_t thread) -> Result<> {
    host::SharpenTimers();
    if (options.cpus.empty()) return {};
    return host::PinThread(options.cpus[static_cast<std::size_t>(thread) % options.cpus.size()]);
  };
  const sigset_t ends = BlockEndSignals();
  const auto run = twin::GoldenRun::Start(*std::move(script), golden, clock);
  if (!run) return Report(run.error());
  fmt::print(stderr, "golden server on {}\n", TwinUrl(options, (*run)->port()));
  std::fflush(stderr);
  AwaitEnd(ends);
  (*run)->Stop();
  PrintTwinSummary((*run)->stats(), (*run)->truth_is_whole(), options.json);
  if (options.truth.empty()) return kDone;
  if (!(*run)->truth_is_whole()) {
    fmt::print(stderr,
               "roofscape: --truth: more events than are kept; the last ones are missing\n");
  }
  const auto written = WriteWholeFile(options.truth, (*run)->TruthCsv());
  return written ? kDone : Report(written.error());
}

/// `live`: the flags of a live twin that were given.
int Run(const TwinOptions& options, const std::vector<std::string>& live, const Clock& clock) {
  if (!options.script.empty() && !live.empty()) {
    return Report({ErrorCode::kInvalidArgument,
                   fmt::format("--script says all that the golden server does "
                               "(docs/reference/twin-script.md): leave out {}, which is for a live "
                               "twin",
                               live.front())});
  }
  if (!options.script.empty()) return RunScript(options, clock);
  return RunLiveTwin(options, clock);
}

void AddServerOptions(Command& command, TwinOptions& options) {
  command.AddOption("--script", options.script, "What the golden server does, as TOML or JSON");
  command.AddOption("--host", options.host, "Address to listen on")->ShowDefault();
  command.AddOption("--port", options.port, "0: any free one, named on stderr")->ShowDefault();
  command.AddOption("--threads", options.threads, "Event loops of the golden server")
      ->Check(InRange(std::int64_t{1}, std::int64_t{1024}))
      ->ShowDefault();
  command.AddOption("--cpu-affinity", options.cpus, "CPUs to pin the loops to, e.g. 0,1")
      ->Delimiter(',');
  command.AddFlag("--busy-poll", options.busy_poll,
                  "Never sleep: each loop keeps a core busy and is never late for waking up");
  command.AddOption("--tls-cert", options.tls_cert,
                    "Serve https: its certificate and chain (PEM); with --tls-key");
  command.AddOption("--tls-key", options.tls_key, "The certificate's private key (PEM)");
  command.AddOption("--truth", options.truth,
                    "Write at the end when each event was due and sent, as CSV");
  command.AddFlag("--json", options.json, "Print the summary as JSON");
}

void AddLiveOptions(Command& command, TwinOptions& options) {
  command.AddOption("--speed", options.speed, "Simulated seconds a second")
      ->Check(InRange(1e-3, 1e4))
      ->ShowDefault();
  command.AddOption("--served-model", options.served_model,
                    "Name that clients use (default: the catalog's)");
  command.AddOption("--dialect", options.dialect, "Of another engine than --engine");
  command
      .AddOption("--answer-tokens", options.answer_tokens,
                 "Median of answers whose length the request leaves open")
      ->Check(InRange(std::int64_t{1}, std::int64_t{1'000'000}))
      ->ShowDefault();
  command
      .AddOption("--max-queue", options.max_queue,
                 "Requests that may wait; more are refused (default: the engine's)")
      ->Check(InRange(std::int64_t{0}, std::int64_t{1'000'000}));
  command
      .AddOption("--fault", options.faults,
                 "A share of answers goes wrong, e.g. reset:0.01, stall:0.01:5; repeatable")
      ->TakeAll();
  command.AddOption("--seed", options.seed, "Of texts, lengths, faults and drafts")->ShowDefault();
}

}  // namespace

void AddTwinCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("twin", kDescription);
  command->Footer(kFooter);
  auto options = std::make_shared<TwinOptions>();
  AddServerOptions(*command, *options);
  command->Group(kLive);
  AddDeploymentOptions(*command, *options);
  AddLiveOptions(*command, *options);
  AddPolicyOptions(*command, *options);
  AddParamsOption(*command, *options);
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, command, &invocation] {
    invocation.run = [options, live = command->Given(kLive), clock = invocation.clock] {
      return Run(*options, live, *clock);
    };
  });
}

}  // namespace roofscape::cli
