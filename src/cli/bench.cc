// roofscape bench: flags to plan, run it, print what came out.

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "base/net/http_parser.h"
#include "base/net/url.h"
#include "cli/bench_run.h"
#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/conformance.h"
#include "cli/interrupt.h"
#include "cli/run_selection.h"
#include "cli/run_text.h"
#include "cli/write_file.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Measure a running OpenAI-compatible server at one load or a sweep of them: in a\n"
    "closed loop (each of N users sends its next request when its last answer has\n"
    "ended), or in an open loop (--rate: requests go out when a schedule says,\n"
    "whatever the server does).";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape bench http://127.0.0.1:8080 --api completions \\\n"
    "    --concurrency 1,2,4,8 --input-tokens 128 --output-tokens 32 --chip cpu --chips 1\n"
    "  roofscape bench http://127.0.0.1:8080 --rate 5,10,20 --duration 60\n\n"
    "Every prompt is new from its first token on and prompt caches are told off, so that no cache\n"
    "fakes a TTFT. Everything measured is kept in the store, also after Ctrl-C:\n"
    "see `roofscape show last`, `roofscape frontier` and `roofscape report`.";

struct Options {
  std::string url;
  std::string db;
  std::string model;
  std::string api = "chat";
  std::string token_counts = "auto";
  std::string api_key;
  std::vector<std::string> headers;
  std::string extra_body;
  std::string ca_file;
  bool insecure = false;
  bool wire = false;
  std::string deployment_file;
  std::string chip;
  std::optional<std::int64_t> chips;
  std::string concurrency;
  std::string rate;
  std::string arrivals;
  std::string protocol = "steady";
  std::int64_t threads = 1;
  std::string cpu_affinity;
  std::int64_t input_tokens = 1024;
  std::int64_t output_tokens = 1024;
  std::optional<double> length_spread;
  std::string prompt_form = "auto";
  std::optional<std::int64_t> requests;
  std::int64_t requests_per_slot = 20;
  std::optional<double> duration_s;
  std::optional<std::int64_t> warmup;
  std::int64_t repeat = 1;
  std::optional<std::int64_t> seed;
  std::vector<std::string> labels;
  std::string campaign;
  spec::Timeouts timeouts;
  bool may_stop_early = false;
  bool prompt_cache = false;
  bool keep_text = false;
  bool json = false;
  bool conformance = false;
  std::vector<std::string> given;  // Names of the flags that were given.
};

bool Given(const Options& options, const char* flag) {
  return std::count(options.given.begin(), options.given.end(), flag) > 0;
}

/// Numbers separated by commas, none below `least`. `what` completes "'x' is no ...".
template <class Number>
Result<std::vector<Number>> ParseList(const std::string& text, Number least, const char* flag,
                                      const char* what) {
  std::vector<Number> numbers;
  for (const std::string& part : Split(text, ',')) {
    const std::string word(Trim(part));
    Number number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    // Written so that "nan" does not pass.
    if (error != std::errc() || end != word.data() + word.size() || !(number >= least)) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{}: '{}' is no {}", flag, Printable(word, 40), what)};
    }
    numbers.push_back(number);
  }
  return numbers;
}

constexpr double kOpenLoopSeconds = 60;

/// One flag says when a point ends; a second would go unheard. (--requests is told to count more.)
Result<> CheckEnds(const Options& options) {
  if (!Given(options, "--requests-per-slot")) return {};
  for (const char* other : {"--duration", "--protocol", "--rate"}) {
    const bool ends = other != std::string_view("--protocol") || options.protocol == "inferencex";
    if (!ends || !Given(options, other)) continue;
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("--requests-per-slot and {}: the second says already how many requests "
                    "there are: leave one of the two out",
                    ends && options.protocol == "inferencex" ? "--protocol inferencex" : other)};
  }
  return {};
}

/// The part of the plan that says how hard and how long.
Result<spec::Load> MakeLoad(const Options& options) {
  spec::Load load;
  RS_ASSIGN_OR_RETURN(load.protocol, spec::ParseProtocol(options.protocol));
  std::string arrivals = options.arrivals;
  if (arrivals.empty()) arrivals = options.rate.empty() ? "closed" : "poisson";
  RS_ASSIGN_OR_RETURN(load.arrivals, spec::ParseArrivals(arrivals));
  const bool open = load.arrivals != spec::Arrivals::kClosed;
  load.concurrency.clear();
  if (!options.concurrency.empty() || !open) {
    RS_ASSIGN_OR_RETURN(
        load.concurrency,
        ParseList<std::int64_t>(options.concurrency.empty() ? "1" : options.concurrency, 1,
                                "--concurrency",
                                "number of users: give 1 or more, separated by commas, e.g. "
                                "1,2,4,8"));
  }
  if (!options.rate.empty()) {
    RS_ASSIGN_OR_RETURN(load.rates_rps,
                        ParseList<double>(options.rate, 1e-9, "--rate",
                                          "number of requests a second: give more than 0, "
                                          "separated by commas, e.g. 2,4,8"));
  }
  load.requests = options.requests;
  load.requests_per_slot = options.requests_per_slot;
  load.duration_s = options.duration_s;
  if (open && !load.requests && !load.duration_s && load.arrivals != spec::Arrivals::kBurst) {
    load.duration_s = kOpenLoopSeconds;
  }
  load.warmup = options.warmup;
  load.repeat = options.repeat;
  return load;
}

Result<spec::Deployment> MakeDeployment(const Options& options) {
  if (!options.deployment_file.empty()) {
    if (!options.chip.empty() || options.chips) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("--deployment and {}: the file says what serves: leave one of the "
                               "two out",
                               options.chip.empty() ? "--chips" : "--chip")};
    }
    RS_ASSIGN_OR_RETURN(const std::string text,
                        ReadFlagFile("--deployment", options.deployment_file));
    return spec::ParseDeployment(text, options.deployment_file);
  }
  spec::Deployment deployment;
  deployment.chip = options.chip;
  if (options.chips) {
    spec::Role role;
    role.chips_per_worker = *options.chips;
    deployment.roles.push_back(role);
  }
  return deployment;
}

/// A chip by another name than the catalog's is measured all the same, but then nothing finds it
/// beside other rows, and no price fits: that is told before, not after hours. "cpu" stands for
/// a socket of whatever kind.
void NoteUnknownChip(const std::string& chip) {
  if (chip.empty() || chip == "cpu") return;
  const auto catalog = LoadCatalog("", Scores::kLeaveOut);
  if (!catalog) return;
  const auto found = catalog::FindChip(*catalog, chip);
  if (found) return;
  fmt::print(stderr, "roofscape: note: {}; it is kept as you wrote it\n", found.error().message);
}

Result<load::Headers> MakeHeaders(const Options& options) {
  load::Headers headers;
  std::string key = options.api_key;
  if (const char* value = std::getenv("OPENAI_API_KEY"); key.empty() && value != nullptr) {
    key = value;
  }
  bool authorized = false;
  for (const std::string& line : options.headers) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) {
      return Error{ErrorCode::kInvalidArgument,
                   "--header: write it as 'Name: value', e.g. --header 'X-Team: a'"};
    }
    headers.push_back({line.substr(0, colon), std::string(Trim(line.substr(colon + 1)))});
    authorized = authorized || net::EqualsIgnoreCase(headers.back().name, "authorization");
  }
  // A header that the user wrote replaces the key: an unrelated key must not reach this server.
  if (!key.empty() && !authorized) headers.push_back({"Authorization", "Bearer " + key});
  return headers;
}

Result<spec::Plan> MakePlan(const Options& options, const Clock& clock) {
  spec::Plan plan;
  RS_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(options.url));
  if (url.path.find('?') != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument,
                 "URL: its query ('?...') cannot be sent: the API's paths are put behind the URL. "
                 "Give parameters with --header or --extra-body"};
  }
  plan.target.url = url.Origin() + (url.path == "/" ? "" : url.path);
  RS_ASSIGN_OR_RETURN(plan.target.api, spec::ParseApi(options.api));
  RS_ASSIGN_OR_RETURN(plan.target.token_counts, spec::ParseTokenCounts(options.token_counts));
  plan.target.model = options.model;
  plan.target.extra_body = options.extra_body;
  if (url.scheme != "https" && (options.insecure || !options.ca_file.empty())) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: is about the certificate of a server, and {} has none: write the "
                             "URL with https://, or leave the flag out",
                             options.insecure ? "--insecure" : "--ca-file", url.Origin())};
  }
  plan.target.ca_file = options.ca_file;
  plan.target.insecure = options.insecure;
  for (const std::string& header : options.headers) {
    plan.target.header_names.push_back(header.substr(0, header.find(':')));
  }
  RS_ASSIGN_OR_RETURN(plan.deployment, MakeDeployment(options));
  RS_ASSIGN_OR_RETURN(plan.load, MakeLoad(options));
  const bool inferencex = plan.load.protocol == spec::Protocol::kInferencex;
  if (inferencex && options.length_spread && *options.length_spread != 0.8) {
    return Error{ErrorCode::kInvalidArgument,
                 "--length-spread: the protocol inferencex has 0.8: leave it away"};
  }
  const double spread = options.length_spread.value_or(inferencex ? 0.8 : 1.0);
  plan.workload.input = {options.input_tokens, spread};
  plan.workload.output = {options.output_tokens, spread};
  RS_ASSIGN_OR_RETURN(plan.workload.prompt_form, spec::ParsePromptForm(options.prompt_form));
  plan.workload.ignore_eos = !options.may_stop_early;
  plan.workload.prompt_cache = options.prompt_cache;
  plan.client.threads = options.threads;
  plan.client.wire = options.wire;
  if (!options.cpu_affinity.empty()) {
    RS_ASSIGN_OR_RETURN(plan.client.cpu_affinity,
                        ParseList<std::int64_t>(
                            options.cpu_affinity, 0, "--cpu-affinity",
                            "number of a CPU: give them from 0, separated by commas, e.g. 2,3"));
  }
  plan.timeouts = options.timeouts;
  plan.keep_text = options.keep_text;
  RS_ASSIGN_OR_RETURN(plan.labels, ParseLabels(options.labels));
  if (options.seed.value_or(0) < 0) {
    return Error{ErrorCode::kInvalidArgument, "--seed: must be 0 or more"};
  }
  // A new seed each time: a server's prefix cache may still hold the prompts of the run before.
  plan.seed =
      static_cast<std::uint64_t>(options.seed.value_or(clock.Wall().unix_us % 1'000'000'000));
  RS_RETURN_IF_ERROR(spec::Validate(plan));
  RS_RETURN_IF_ERROR(CheckEnds(options));
  return plan;
}

void PrintResult(const BenchRun& bench, const Options& options) {
  if (options.json) {
    fmt::print("{}\n", spec::ToJson(bench.run).dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  const Style style = StyleOf(stdout);
  fmt::print("{}\n{}", RunHeader(bench.run, style),
             PointTable(bench.run, WindowChoice::kSteady, style));
}

int StatusOf(const BenchRun& bench, const std::string& path) {
  const bool early = bench.aborted || bench.stopped;
  if (bench.aborted) fmt::print(stderr, "roofscape: {}\n", bench.aborted->message);
  if (early) {
    fmt::print(stderr, "roofscape: what was measured until then is kept as run {} in {}\n",
               bench.run.id, path);
    return kFailed;
  }
  int status = kDone;
  for (const spec::PointResult& point : bench.run.points) {
    if (point.whole.successes == 0) {
      fmt::print(stderr, "roofscape: no request succeeded at {}: see the reasons\n",
                 spec::LoadName(point));
      return kFailed;
    }
    if (point.verdict.instrument == spec::Fitness::kInvalid) status = kInstrumentInvalid;
  }
  return status;
}

/// --conformance sends requests of its own choice: a load that somebody gave would go unheard.
Result<> CheckNoLoad(const Options& o) {
  const std::pair<const char*, bool> given[] = {
      {"--concurrency", !o.concurrency.empty()},
      {"--rate", !o.rate.empty()},
      {"--arrivals", !o.arrivals.empty()},
      {"--requests", o.requests.has_value()},
      {"--duration", o.duration_s.has_value()},
      {"--warmup", o.warmup.has_value()},
      {"--repeat", o.repeat != 1},
      {"--threads", o.threads != 1},
      {"--wire", o.wire},
      {"--label", !o.labels.empty()},
      {"--campaign", !o.campaign.empty()},
      {"--keep-text", o.keep_text},
  };
  for (const auto& [flag, is_given] : given) {
    if (!is_given) continue;
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: --conformance measures nothing and stores nothing: leave one of "
                             "them out",
                             flag)};
  }
  return {};
}

int Run(const Options& options, const Clock& clock) {
  if (options.conformance) {
    if (const Result<> alone = CheckNoLoad(options); !alone) return Report(alone.error());
  }
  const auto plan = MakePlan(options, clock);
  if (!plan) return Report(plan.error());
  const auto headers = MakeHeaders(options);
  if (!headers) return Report(headers.error());
  NoteUnknownChip(plan->deployment.chip);
  CatchInterrupts();
  if (options.conformance) {
    return ShowConformance(*plan, *headers, options.json, Interrupted(), clock);
  }
  auto store = store::OpenStore(StorePathToWrite(options.db), store::OpenMode::kReadWrite);
  if (!store) return Report(store.error());
  // Made before anything is measured: a name that cannot be is told at once.
  if (!options.campaign.empty()) {
    const Result<> made = EnterCampaign(**store, options.campaign, clock.Wall());
    if (!made) return Report(made.error());
  }
  const auto bench = RunBench(*plan, *headers, **store, Interrupted(), clock);
  if (!bench) return Report(bench.error());
  if (!options.campaign.empty()) {
    const Result<> joined = (*store)->JoinCampaign(options.campaign, {&bench->run.id, 1});
    if (!joined) return Report(joined.error());
  }
  PrintResult(*bench, options);
  return StatusOf(*bench, (*store)->path());
}

void AddTargetOptions(Command& command, Options& o) {
  command.AddOption("url", o.url, "The server, e.g. http://127.0.0.1:8080")->Required();
  command.AddOption("--model", o.model, "Name of the model (default: the first the server lists)");
  command
      .AddOption("--api", o.api,
                 "chat, completions, responses, messages; a server's own: sglang, tgi, llamacpp")
      ->ShowDefault();
  command
      .AddOption("--token-counts", o.token_counts,
                 "Of each chunk: auto, chunk (ask the server), or final (its total alone)")
      ->ShowDefault();
  command.AddOption("--api-key", o.api_key,
                    "Sent as bearer token, never shown or stored (default $OPENAI_API_KEY)");
  command.AddOption("--header", o.headers, "Extra header 'Name: value'; values are not stored")
      ->TakeAll();
  command.AddOption("--extra-body", o.extra_body,
                    "JSON object merged into each request's body; it is stored");
  command.AddOption("--ca-file", o.ca_file,
                    "https://: trust the certificates of this PEM file instead of the system's");
  command.AddFlag("--insecure", o.insecure, "https://: do not look at the certificate");
  command.AddOption("--deployment", o.deployment_file,
                    "TOML or JSON file that describes what serves");
  command.AddOption("--chip", o.chip,
                    "Name of the accelerator, as the catalog has it; cpu: a socket");
  command.AddOption("--chips", o.chips, "How many of them serve; without, no rates per chip")
      ->Check(InRange(std::int64_t{1}, std::int64_t{10'000'000}));
}

void AddLoadOptions(Command& command, Options& o) {
  command.AddOption("--concurrency", o.concurrency,
                    "Closed loop: users at once, or a list: 1,2,4 (default 1)");
  command.AddOption("--rate", o.rate, "Open loop: requests a second, or a list: 2,4,8");
  command.AddOption("--arrivals", o.arrivals,
                    "poisson (default with --rate), constant, or burst: --requests at once");
  command
      .AddOption("--protocol", o.protocol,
                 "steady, or inferencex: that benchmark's own rules and window")
      ->ShowDefault();
  command.AddOption("--input-tokens", o.input_tokens, "Prompt length")->ShowDefault();
  command.AddOption("--output-tokens", o.output_tokens, "Answer length")->ShowDefault();
  command.AddOption("--length-spread", o.length_spread,
                    "Lengths uniform between this share and 1 of the above (default 1: fixed)");
  command.AddOption("--prompt-form", o.prompt_form, "auto, token_ids or text")->ShowDefault();
  command.AddOption("--requests", o.requests, "Measured requests a point");
  command
      .AddOption("--requests-per-slot", o.requests_per_slot,
                 "Measured requests a point for each user, where --requests is not given")
      ->ShowDefault();
  command.AddOption("--duration", o.duration_s,
                    "Send for so many seconds instead (open loop: default 60)");
  command.AddOption("--warmup", o.warmup, "Warm-up requests a point (default: one a user)");
  command.AddOption("--repeat", o.repeat, "Measure each point so often")->ShowDefault();
  command.AddOption("--seed", o.seed, "Of prompts and lengths (default: a new one each run)");
  command.AddOption("--threads", o.threads, "Event loops, each on a core")->ShowDefault();
  command.AddOption("--cpu-affinity", o.cpu_affinity, "CPUs to pin the loops to, e.g. 2,3");
  command.AddFlag("--wire", o.wire,
                  "Stamp every event by a packet tap (needs root or CAP_NET_RAW; not https://)");
  command.AddFlag("--may-stop-early", o.may_stop_early,
                  "Let the model end its answers (no ignore_eos)");
  command.AddFlag("--prompt-cache", o.prompt_cache, "Do not tell the server's prompt cache off");
}

void AddOutputOptions(Command& command, Options& o) {
  command.AddOption("--connect-timeout", o.timeouts.connect_s, "Seconds")->ShowDefault();
  command.AddOption("--first-byte-timeout", o.timeouts.first_byte_s, "Seconds")->ShowDefault();
  command.AddOption("--idle-timeout", o.timeouts.idle_s, "Seconds between two reads")
      ->ShowDefault();
  command.AddOption("--request-timeout", o.timeouts.request_s, "Seconds for a whole request")
      ->ShowDefault();
  command.AddOption("--label", o.labels, "NAME=VALUE kept with the run; may be repeated")
      ->TakeAll();
  command.AddOption("--campaign", o.campaign, "The campaign to which the run belongs");
  command.AddFlag("--keep-text", o.keep_text, "Keep the generated text: roofscape show RUN --text");
  command.AddFlag("--conformance", o.conformance,
                  "Measure nothing: tell which promises the server keeps, and how bench asks it");
  command.AddFlag("--json", o.json, "Print the run as JSON (schema/run.schema.json)");
  AddDbOption(command, o.db);
}

}  // namespace

void AddBenchCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("bench", kDescription);
  command->Footer(kFooter);
  auto options = std::make_shared<Options>();
  command->LastValueCounts();  // A flag given again overrides; lists say take_all.
  AddTargetOptions(*command, *options);
  AddLoadOptions(*command, *options);
  AddOutputOptions(*command, *options);
  command->OnChosen([options, command, &invocation] {
    options->given = command->Given();
    invocation.run = [options, clock = invocation.clock] { return Run(*options, *clock); };
  });
}

}  // namespace roofscape::cli
