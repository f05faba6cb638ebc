#include "cli/simulate_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/core/text.h"
#include "cli/catalog_source.h"
#include "cli/corrected_cluster.h"
#include "cli/model_source.h"
#include "model/calibrate/model.h"
#include "model/calibrate/own_chip.h"
#include "model/perf/wafer.h"
#include "model/sim/wafer_step.h"

namespace roofscape::cli {
namespace {

constexpr double kOpenLoopSeconds = 60.0;

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

Result<sim::EnginePolicy> PolicyOf(const SimulateOptions& o, const catalog::Chip& chip) {
  sim::EnginePolicy policy = sim::DefaultPolicy(perf::EngineClassOf(o.engine), chip);
  if (o.token_budget) policy.token_budget = *o.token_budget;
  if (o.max_sequences) policy.max_sequences = *o.max_sequences;
  if (o.block_tokens) policy.block_tokens = *o.block_tokens;
  if (!o.reserve.empty()) {
    RS_ASSIGN_OR_RETURN(policy.reserve, sim::ParseReserve(o.reserve));
  }
  if (!o.prompts.empty()) policy.prompts_first = o.prompts == "first";
  if (o.whole_prompts) policy.chunked = false;
  policy.prefix_cache = o.prefix_cache;
  return policy;
}

/// "WORKER:AT:LASTS".
Result<sim::Failure> FailureOf(const std::string& text) {
  const std::vector<std::string> parts = Split(text, ':');
  double numbers[3] = {};
  bool good = parts.size() == 3;
  for (std::size_t i = 0; good && i < 3; ++i) {
    const char* begin = parts[i].data();
    const char* end = begin + parts[i].size();
    const auto [rest, error] = std::from_chars(begin, end, numbers[i]);
    good = error == std::errc() && rest == end && numbers[i] >= 0.0 && numbers[i] < 1e9;
  }
  if (!good || numbers[0] != std::floor(numbers[0])) {
    return Wrong(
        fmt::format("--fail '{}': write WORKER:AT:SECONDS, e.g. 0:30:10", Printable(text, 40)));
  }
  return sim::Failure{static_cast<std::int64_t>(numbers[0]), numbers[1], numbers[2]};
}

calibrate::ServingRow LoadedRow(const SimulateOptions& options, double concurrency) {
  calibrate::ServingRow row = RowOf(options);
  row.input = static_cast<double>(options.input);
  row.output = static_cast<double>(options.output);
  row.concurrency = concurrency;
  return row;
}

/// Host memory of all chips of a worker, in chunks of one copy of attention each.
void SetHostTier(const SimulateOptions& o, const perf::Lowered& worker, sim::Cluster& cluster) {
  const double chunk_bytes =
      worker.cache_bytes_per_token * static_cast<double>(cluster.chunk_tokens);
  if (o.host_gb <= 0.0 || chunk_bytes <= 0.0) return;
  const double chunks = o.host_gb * 1e9 / chunk_bytes * cluster.serve.copies;
  cluster.host_chunks = static_cast<std::int64_t>(std::min(chunks, 1e7));
  cluster.host_chunk_s = chunk_bytes / (o.host_gbps * 1e9);
}

/// Wafers are another machine, and no row was measured on one: the datasheet's tier.
Result<SimulatedDeployment> MakeWaferDeployment(const SimulateOptions& o,
                                                const catalog::Catalog& catalog,
                                                const catalog::Chip& chip) {
  if (o.Disaggregated() || o.tp.value_or(1.0) * o.dp.value_or(1.0) * o.pp.value_or(1.0) > 1.0) {
    return Wrong(
        "--tp, --dp, --pp and --prefill-*: layers follow one another over wafers; say how "
        "many with --chips");
  }
  RS_ASSIGN_OR_RETURN(const perf::Wafer wafer, perf::MakeWafer(catalog, chip));
  RS_ASSIGN_OR_RETURN(const catalog::Model* model, catalog::FindModel(catalog, o.model));
  RS_ASSIGN_OR_RETURN(const perf::Formats formats, perf::FormatsOf(*model, o.precision));
  RS_ASSIGN_OR_RETURN(const perf::Lowered whole, perf::Lower(*model, {}, formats));
  RS_ASSIGN_OR_RETURN(const sim::EnginePolicy policy, PolicyOf(o, chip));
  std::optional<int> wafers;
  if (o.chips) wafers = static_cast<int>(*o.chips);
  RS_ASSIGN_OR_RETURN(
      sim::WaferDeployment made,
      sim::MakeWaferCluster(wafer, whole, CountParameters(*model).active, wafers, policy));
  SimulatedDeployment out;
  out.cluster = std::move(made.cluster);
  out.cluster.serve.workers = o.replicas.value_or(static_cast<std::int64_t>(o.workers.value_or(1)));
  out.chips = static_cast<double>(made.wafers * out.cluster.serve.workers);
  out.context_tokens = model->context_tokens;
  return out;
}

Result<bool> IsWafer(const catalog::Catalog& catalog, const catalog::Chip& chip) {
  if (chip.links.scale_up.empty()) return false;
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric,
                      catalog::FindFabric(catalog, chip.links.scale_up));
  return fabric->topology == catalog::Topology::kWafer;
}

/// Router and failures, which do not depend on the machine.
Result<SimulatedDeployment> Finish(const SimulateOptions& options, std::int64_t chunk_tokens,
                                   SimulatedDeployment out) {
  RS_ASSIGN_OR_RETURN(out.cluster.routing, sim::ParseRouting(options.router));
  if (!options.prefix_cache && out.cluster.routing == sim::Routing::kPrefixAware) {
    return Wrong("--router prefix-aware: nothing is cached without --prefix-cache; add it");
  }
  if (!options.prefix_cache && options.host_gb > 0.0) {
    return Wrong("--host-gb: keeps what the prefix cache drops; add --prefix-cache");
  }
  for (const std::string& text : options.failures) {
    RS_ASSIGN_OR_RETURN(const sim::Failure failure, FailureOf(text));
    out.cluster.failures.push_back(failure);
  }
  out.cluster.chunk_tokens = std::max(chunk_tokens, out.cluster.policy.block_tokens);
  RS_RETURN_IF_ERROR(sim::Validate(out.cluster));
  return out;
}

}  // namespace

Result<SimulatedDeployment> MakeDeployment(const SimulateOptions& options,
                                           std::int64_t chunk_tokens) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadDeploymentCatalog(options));
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, options.chip));
  RS_ASSIGN_OR_RETURN(const bool wafer, IsWafer(catalog, *chip));
  if (wafer) {
    RS_ASSIGN_OR_RETURN(SimulatedDeployment out, MakeWaferDeployment(options, catalog, *chip));
    return Finish(options, chunk_tokens, std::move(out));
  }
  RS_ASSIGN_OR_RETURN(const calibrate::Model model, LoadModel(options.params));
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  const calibrate::ServingRow row = LoadedRow(options, 1.0);
  RS_ASSIGN_OR_RETURN(calibrate::Case c, calibrate::MakeCase(catalog, row, &kernels->book));
  RS_RETURN_IF_ERROR(CheckFits(c));
  if (c.service.disaggregated && options.replicas) {
    return Wrong("--replicas: of disaggregated roles say --workers and --prefill-workers");
  }
  const double replicas =
      options.replicas ? static_cast<double>(*options.replicas) : options.workers.value_or(1.0);
  if (!c.service.disaggregated) c.service.serve.workers = replicas;
  c.service.speculation.drafts = static_cast<double>(options.acceptance.size());
  RS_ASSIGN_OR_RETURN(const sim::EnginePolicy policy, PolicyOf(options, *chip));
  SimulatedDeployment out;
  // A processor that measured its own kernels: nothing of it was fitted to rows.
  const perf::Coefficients<double> coefficients = c.own ? *c.own : model.CoefficientsOf(c);
  RS_ASSIGN_OR_RETURN(out.cluster, sim::MakeCluster(c.service, coefficients, policy));
  if (options.corrected && !c.own) {
    RS_RETURN_IF_ERROR(CorrectCluster(catalog, row, model, *kernels, out.cluster));
  }
  out.chips = c.chips * (c.service.disaggregated ? 1.0 : replicas);
  RS_ASSIGN_OR_RETURN(const catalog::Model* shape, catalog::FindModel(catalog, options.model));
  out.context_tokens = shape->context_tokens;
  out.cluster.acceptance = options.acceptance;
  out.cluster.chunk_tokens = std::max(chunk_tokens, policy.block_tokens);
  const perf::Pool& prompts = c.service.disaggregated ? c.service.prefill : c.service.serve;
  SetHostTier(options, prompts.worker, out.cluster);
  return Finish(options, chunk_tokens, std::move(out));
}

Result<calibrate::Prediction> PredictLoad(const SimulateOptions& options, double concurrency) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadDeploymentCatalog(options));
  RS_ASSIGN_OR_RETURN(const calibrate::Model model, LoadModel(options.params));
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  const calibrate::ServingRow row = LoadedRow(options, concurrency);
  RS_ASSIGN_OR_RETURN(const calibrate::Case c, calibrate::MakeCase(catalog, row, &kernels->book));
  return c.own ? calibrate::OwnChip().Predict(c) : model.Predict(c);
}

namespace {

/// A flag that would change nothing is a mistake of who gave it.
Result<> RefuseIdleFlags(const SimulateOptions& o) {
  if (o.rates.empty() && !o.arrivals.empty()) {
    return Wrong("--arrivals: say how many with --rate, e.g. --rate 4");
  }
  if (o.rates.empty() && o.duration_s) {
    return Wrong("--duration: of an open loop; with --concurrency or --trace say --requests");
  }
  if (o.arrivals != "gamma" && o.variation != 1.0) {
    return Wrong("--variation: of gamma gaps; add --arrivals gamma");
  }
  if (o.trace.empty() && o.trace_speed != 1.0) return Wrong("--trace-speed: give a --trace");
  return {};
}

}  // namespace

Result<std::vector<SimulatedLoad>> LoadsOf(const SimulateOptions& o) {
  const int kinds = static_cast<int>(!o.concurrency.empty()) + static_cast<int>(!o.rates.empty()) +
                    static_cast<int>(!o.trace.empty());
  if (kinds > 1) {
    return Wrong("--concurrency, --rate and --trace exclude each other: give one of them");
  }
  std::vector<SimulatedLoad> loads;
  if (!o.trace.empty()) {
    loads.push_back({});
  } else if (!o.rates.empty()) {
    for (const double rate : o.rates) loads.push_back({0, rate});
  } else if (o.concurrency.empty()) {
    for (const std::int64_t users : {1, 4, 16, 64}) loads.push_back({users, std::nullopt});
  } else {
    for (const std::int64_t users : o.concurrency) loads.push_back({users, std::nullopt});
  }
  RS_RETURN_IF_ERROR(RefuseIdleFlags(o));
  return loads;
}

std::unique_ptr<sim::RequestSource> MakeSource(const SimulateOptions& o, const SimulatedLoad& load,
                                               const std::optional<workload::Trace>& trace) {
  if (trace) return std::make_unique<sim::Replay>(*trace, o.trace_speed, o.requests);
  spec::Workload workload;
  workload.input = {o.input, o.spread};
  workload.output = {o.output, o.spread};
  if (!load.rate_rps) {
    const std::int64_t requests = o.requests.value_or(load.concurrency * o.requests_per_slot);
    return std::make_unique<sim::ClosedLoop>(workload, load.concurrency, requests, o.seed);
  }
  workload::Gaps gaps = workload::Gaps::kPoisson;
  if (o.arrivals == "constant") gaps = workload::Gaps::kConstant;
  if (o.arrivals == "gamma") gaps = workload::Gaps::kGamma;
  const workload::ArrivalStream arrivals(gaps, *load.rate_rps, o.seed, o.variation);
  std::optional<std::int64_t> duration_ns;
  if (o.duration_s || !o.requests) {
    duration_ns = std::llround(o.duration_s.value_or(kOpenLoopSeconds) * 1e9);
  }
  return std::make_unique<sim::OpenLoop>(workload, arrivals, o.requests, duration_ns, o.seed);
}

double RequestsOf(const SimulateOptions& o, const SimulatedLoad& load,
                  const std::optional<workload::Trace>& trace) {
  double all = static_cast<double>(load.concurrency * o.requests_per_slot);
  if (trace) {
    all = static_cast<double>(trace->requests.size());
  } else if (load.rate_rps) {
    all = *load.rate_rps * o.duration_s.value_or(kOpenLoopSeconds);
  }
  if (!o.requests) return all;
  const auto most = static_cast<double>(*o.requests);
  return trace || o.duration_s ? std::min(all, most) : most;
}

double TokensOf(const SimulateOptions& o, const SimulatedLoad& load,
                const std::optional<workload::Trace>& trace) {
  if (trace) {
    double sum = 0.0;
    for (const auto& r : trace->requests) sum += static_cast<double>(r.output_tokens);
    return sum;
  }
  return RequestsOf(o, load, trace) * static_cast<double>(o.output);
}

void AddPolicyOptions(Command& command, SimulateOptions& o) {
  command.AddOption("--replicas", o.replicas, "Copies of the deployment behind a router")
      ->Check(InRange(1, 100'000));
  command.AddOption("--router", o.router, "round-robin, least-loaded or prefix-aware")
      ->ShowDefault();
  command.AddOption("--token-budget", o.token_budget, "Tokens a step (default: the engine's)")
      ->Check(InRange(1, 100'000'000));
  command.AddOption("--max-sequences", o.max_sequences, "Admitted at once (default: the engine's)")
      ->Check(InRange(1, 10'000'000));
  command.AddOption("--block-tokens", o.block_tokens, "Of a cache block (default: the engine's)")
      ->Check(InRange(1, 65'536));
  command.AddOption("--reserve", o.reserve,
                    "Room for a new sequence: grow, estimate or full (default: the engine's)");
  command.AddOption("--prompts", o.prompts, "first, or beside decodes (default: the engine's)")
      ->Check(OneOf({"first", "beside"}));
  command.AddFlag("--whole-prompts", o.whole_prompts, "Prompts are not cut into pieces");
  command.AddFlag("--prefix-cache", o.prefix_cache, "Keep prompts' beginnings (of a trace)");
  command
      .AddOption("--acceptance", o.acceptance,
                 "Drafts a step: the probability of each, those before it accepted: 0.8,0.6")
      ->Delimiter(',')
      ->Check(InRange(0.0, 1.0));
  command.AddFlag("!--formulas-only", o.corrected,
                  "Times without the correction that measured rows teach");
  command.AddOption("--fail", o.failures, "Worker W stops at A for S seconds: W:A:S; repeatable")
      ->TakeAll();
  command.AddOption("--host-gb", o.host_gb, "Host memory a chip for evicted prompts, GB")
      ->Check(InRange(0.0, 1e6));
  command.AddOption("--host-gbps", o.host_gbps, "GB/s at which it is read back")
      ->Check(InRange(1e-3, 1e6))
      ->ShowDefault();
}

void AddWorkloadOptions(Command& command, SimulateOptions& o) {
  command.AddOption("--concurrency", o.concurrency, "Closed loop: users at once, one or more")
      ->Delimiter(',')
      ->Check(InRange(1, 10'000'000));
  command.AddOption("--rate", o.rates, "Open loop: requests a second, one or more")
      ->Delimiter(',')
      ->Check(InRange(1e-6, 1e9));
  command.AddOption("--arrivals", o.arrivals, "poisson (default), constant or gamma")
      ->Check(OneOf({"poisson", "constant", "gamma"}));
  command.AddOption("--variation", o.variation, "Of gamma gaps: standard deviation over mean")
      ->Check(InRange(0.01, 100.0))
      ->ShowDefault();
  command.AddOption("--trace", o.trace,
                    "Replay this file: Azure's or BurstGPT's CSV, Mooncake's JSON lines");
  command.AddOption("--trace-speed", o.trace_speed, "Times faster than it was recorded")
      ->Check(InRange(1e-6, 1e6))
      ->ShowDefault();
  command.AddOption("--input-tokens", o.input, "Prompt length")
      ->Check(InRange(1, 100'000'000))
      ->ShowDefault();
  command.AddOption("--output-tokens", o.output, "Answer length")
      ->Check(InRange(1, 100'000'000))
      ->ShowDefault();
  command
      .AddOption("--length-spread", o.spread,
                 "Lengths uniform between this share and 1 of the above")
      ->Check(InRange(0.0, 1.0))
      ->ShowDefault();
  command.AddOption("--requests", o.requests, "Requests a point")->Check(InRange(1, 1'000'000'000));
  command
      .AddOption("--requests-per-slot", o.requests_per_slot,
                 "Closed loop: requests of each user, where --requests is not given")
      ->Check(InRange(1, 1'000'000))
      ->ShowDefault();
  command
      .AddOption("--duration", o.duration_s,
                 "Open loop: send for so many seconds (default 60, or --requests)")
      ->Check(InRange(1e-3, 1e9));
  command.AddOption("--seed", o.seed, "Of lengths, arrivals and drafts")->ShowDefault();
}

}  // namespace roofscape::cli
