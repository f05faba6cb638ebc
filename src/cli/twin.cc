// roofscape twin: the golden server, for trying and for proving load generators.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/command.h"
#include "cli/end_signals.h"
#include "cli/write_file.h"
#include "measure/host/host_facts.h"
#include "service/twin/run_golden.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Run the golden server: an OpenAI-compatible server that sends each token when a script says,\n"
    "and writes down what it really did. What a load generator reports about it can be checked.";

constexpr const char* kFooter =
    "Example:\n"
    "  printf 'ttft_ms = 50\\ngap_ms = 10\\n' > golden.toml\n"
    "  roofscape twin --script golden.toml --port 8080 --truth truth.csv\n\n"
    "A line `dialect = \"vllm\"` makes it answer as vLLM does; there are openai, sglang,\n"
    "tensorrt-llm, llamacpp, tgi and dynamo too. The script's fields and what each dialect "
    "serves:\n"
    "docs/reference/twin-script.md. Ctrl-C ends it.";

struct Options {
  std::string script;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::int64_t threads = 1;
  std::vector<std::int64_t> cpus;
  std::string truth;
  bool json = false;
};

// Beyond this a comparison with a client's figures says nothing about the client.
constexpr double kLateUs = 500;

double Us(std::optional<double> ns) { return ns.value_or(0) / 1e3; }

void PrintSummary(const twin::GoldenRun& run, const Options& options) {
  const twin::GoldenStats stats = run.stats();
  const double p50_us = Us(stats.late_ns.QuantileNs(0.5));
  const double p99_us = Us(stats.late_ns.QuantileNs(0.99));
  const double max_us = static_cast<double>(stats.late_ns.MaxNs().value_or(0)) / 1e3;
  if (options.json) {
    const Json json = {{"requests", stats.requests},
                       {"events", stats.events},
                       {"gone", stats.gone},
                       {"late_p50_s", p50_us / 1e6},
                       {"late_p99_s", p99_us / 1e6},
                       {"late_max_s", max_us / 1e6},
                       {"fit_to_compare", p99_us <= kLateUs},
                       {"truth_is_whole", run.truth_is_whole()}};
    fmt::print("{}\n", json.dump(2));
    return;
  }
  fmt::print(
      "{} requests, {} events, {} clients left early; late by p50 {:.1f} us, p99 {:.1f} us, "
      "max {:.1f} us\n",
      WithCommas(stats.requests), WithCommas(stats.events), WithCommas(stats.gone), p50_us, p99_us,
      max_us);
  if (p99_us > kLateUs) {
    fmt::print("late p99 is over {:.0f} us: do not judge a client by this run\n", kLateUs);
  }
}

int Run(const Options& options, const Clock& clock) {
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
  golden.threads = options.threads;
  golden.on_thread = [&options](std::int64_t thread) -> Result<> {
    host::SharpenTimers();
    if (options.cpus.empty()) return {};
    return host::PinThread(options.cpus[static_cast<std::size_t>(thread) % options.cpus.size()]);
  };
  const sigset_t ends = BlockEndSignals();
  const auto run = twin::GoldenRun::Start(*std::move(script), golden, clock);
  if (!run) return Report(run.error());
  const std::string host =
      options.host.find(':') == std::string::npos ? options.host : '[' + options.host + ']';
  fmt::print(stderr, "golden server on http://{}:{}\n", host, (*run)->port());
  std::fflush(stderr);
  AwaitEnd(ends);
  (*run)->Stop();
  PrintSummary(**run, options);
  if (options.truth.empty()) return kDone;
  if (!(*run)->truth_is_whole()) {
    fmt::print(stderr,
               "roofscape: --truth: more events than are kept; the last ones are missing\n");
  }
  const auto written = WriteWholeFile(options.truth, (*run)->TruthCsv());
  return written ? kDone : Report(written.error());
}

}  // namespace

void AddTwinCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("twin", kDescription);
  command->footer(kFooter);
  auto options = std::make_shared<Options>();
  command->add_option("--script", options->script, "What to do, as TOML or JSON")->required();
  command->add_option("--host", options->host, "Address to listen on")->capture_default_str();
  command->add_option("--port", options->port, "0: any free one, named on stderr")
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Event loops")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1024}))
      ->capture_default_str();
  command->add_option("--cpu-affinity", options->cpus, "CPUs to pin the loops to, e.g. 0,1")
      ->delimiter(',');
  command->add_option("--truth", options->truth,
                      "Write at the end when each event was due and sent, as CSV");
  command->add_flag("--json", options->json, "Print the summary as JSON");
  command->callback([options, &invocation] {
    invocation.run = [options, clock = invocation.clock] { return Run(*options, *clock); };
  });
}

}  // namespace roofscape::cli
