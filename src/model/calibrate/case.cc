#include "model/calibrate/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/perf/own_times.h"
#include "model/perf/power.h"

namespace roofscape::calibrate {
namespace {

/// "DeepSeek-R1-0528 (labelled DeepSeek-V3)" is the model before the remark.
std::string_view WithoutRemark(std::string_view name) {
  const std::size_t remark = name.find(" (");
  return remark == std::string_view::npos ? name : name.substr(0, remark);
}

/// The model, also where its name carries a precision: "Qwen3-32B-NVFP4".
Result<const catalog::Model*> FindModelOfRow(const catalog::Catalog& catalog,
                                             std::string_view name) {
  std::string_view known = WithoutRemark(name);
  auto found = catalog::FindModel(catalog, known);
  if (found) return found;
  const Error first = found.error();
  std::string shorter(known);
  if (const auto slash = shorter.rfind('/'); slash != std::string::npos)
    shorter.erase(0, slash + 1);
  for (const char* ending :
       {"", "-NVFP4", "-FP8", "-FP4", "-MXFP4", "-BF16", "-Instruct", "-Instruct-FP8"}) {
    std::string candidate = shorter;
    const std::string_view suffix = ending;
    if (!candidate.ends_with(suffix)) continue;
    candidate.erase(candidate.size() - suffix.size());
    if (auto model = catalog::FindModel(catalog, candidate)) return model;
  }
  return first;
}

std::string ShapeOf(const catalog::Model& model) {
  std::string shape;
  const auto has = [&](auto test) {
    return std::any_of(model.mixers.begin(), model.mixers.end(), test);
  };
  if (has([](const auto& m) { return m.mixer == catalog::Mixer::kMla; })) shape += "latent ";
  if (has([](const auto& m) {
        return m.mixer != catalog::Mixer::kGqa && m.mixer != catalog::Mixer::kMla;
      }))
    shape += "recurrent ";
  const bool routed =
      std::any_of(model.ffns.begin(), model.ffns.end(), [](const auto& f) { return f.routed; });
  return shape + (routed ? "routed" : "dense");
}

double Log2(double x) { return std::log2(std::max(x, 1.0)); }

/// A worker's layout; chips missing are tp x dp.
perf::Layout LayoutOf(const RowPool& p, std::optional<double> chips) {
  perf::Layout layout;
  const double tp = p.tp.value_or(1.0);
  layout.dp = p.dp.value_or(1.0);
  layout.ep = p.ep.value_or(1.0);
  layout.pp = p.pp.value_or(1.0);
  layout.chips = chips.value_or(std::max(tp * layout.dp, layout.ep) * layout.pp);
  layout.dp = std::min(layout.dp, layout.chips);
  layout.ep = std::min(layout.ep, layout.chips);
  return layout;
}

Result<perf::Pool> MakePool(const catalog::Model& model, const perf::Layout& layout,
                            const perf::Formats& formats, double workers) {
  RS_ASSIGN_OR_RETURN(perf::Lowered worker, perf::Lower(model, layout, formats));
  return perf::Pool{worker, workers};
}

/// Chips of a pool where a row gives no number of workers: what the other pool leaves.
Result<> SetPools(const catalog::Model& model, const ServingRow& row, const perf::Formats& formats,
                  Case& out) {
  perf::Service& s = out.service;
  if (!row.disaggregated) {
    const perf::Layout layout = LayoutOf(row.serve, row.chips);
    RS_ASSIGN_OR_RETURN(s.serve, MakePool(model, layout, formats, 1.0));
    out.chips = layout.chips;
    return {};
  }
  s.disaggregated = true;
  const perf::Layout prefill = LayoutOf(row.prefill, std::nullopt);
  const perf::Layout decode = LayoutOf(row.decode, std::nullopt);
  double prefills = row.prefill.workers.value_or(1.0);
  double decodes = row.decode.workers.value_or(1.0);
  if (row.chips && !row.prefill.workers && !row.decode.workers) {
    decodes = std::max(1.0, std::floor((*row.chips - prefill.chips) / decode.chips));
  }
  RS_ASSIGN_OR_RETURN(s.prefill, MakePool(model, prefill, formats, prefills));
  RS_ASSIGN_OR_RETURN(s.serve, MakePool(model, decode, formats, decodes));
  out.chips = row.chips.value_or(prefills * prefill.chips + decodes * decode.chips);
  return {};
}

/// A processor's own kernel times in place of those of rows and curves.
Result<> UseOwnTimes(const catalog::Chip& chip, const catalog::Model& model, const ServingRow& row,
                     const std::string& format, Case& out) {
  const auto whole = [](double number) { return static_cast<std::int64_t>(std::llround(number)); };
  const perf::OwnKernels own = {format,
                                whole(row.threads.value_or(0.0)),
                                std::string(perf::LibraryOf(row.engine)),
                                {whole(row.slots.value_or(0.0)), whole(row.concurrency),
                                 whole(row.requests_per_slot), row.length_low, row.output}};
  out.service.serial = true;
  out.service.machine.host_beside = false;  // One thread does both.
  out.service.sequences = row.slots.value_or(0.0);
  if (row.disaggregated || out.service.serve.worker.layout.chips > 1.0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is a processor that measured itself: one of them is predicted, "
                             "leave --tp, --chips and --prefill-* out",
                             chip.entry.id)};
  }
  RS_ASSIGN_OR_RETURN(out.service.serve.worker.kernels, perf::OwnTimes(chip, model, own));
  out.own = perf::OwnCoefficients(chip, own);
  return {};
}

/// Rows that hide whether they drafted: most of the disaggregated ones are twice as fast as without
/// drafts, few of the others are. The correction learns the rest from rows that hide it too.
bool Drafts(const ServingRow& row) {
  return row.speculative == "mtp" ||
         (row.disaggregated && row.speculative == "unknown(none or mtp)");
}

/// How far a row says what ran. One whose layout is not known teaches nothing about kernels.
double TrustOf(const ServingRow& row, const perf::Service& service) {
  if (service.unlimited_cache || row.doubt.find("not meaningful") != std::string::npos) return 0.0;
  double trust = 1.0;
  if (row.speculative == "unknown(none or mtp)") trust *= 0.1;
  if (row.disaggregated && !row.decode.workers) trust *= 0.2;
  return trust;
}

Error Wrong(std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message)}; }

/// A cap must be one: below the TDP, and above what a chip draws for nothing.
Result<> SetPowerCap(const ServingRow& row, perf::Machine& machine) {
  if (!row.power_cap_w) return {};
  if (machine.tdp_w <= 0.0) {
    return Wrong(fmt::format("a power cap: the TDP of '{}' is not known; add tdp_w to its file",
                             machine.chip));
  }
  const double least = perf::PowerShares().idle * machine.tdp_w;
  if (*row.power_cap_w > machine.tdp_w || *row.power_cap_w <= least) {
    return Wrong(
        fmt::format("a power cap of {:g} W: '{}' has a TDP of {:g} W and draws about "
                    "{:.0f} W idle; give something between",
                    *row.power_cap_w, machine.chip, machine.tdp_w, least));
  }
  machine.power_cap_w = *row.power_cap_w;
  return {};
}

/// What of the prompts is not computed again.
Result<> SetCached(const ServingRow& row, const catalog::Chip& chip, Case& out) {
  if (row.cached <= 0.0 && row.fetched <= 0.0) return {};
  out.load.cached = row.cached * out.load.input;
  out.load.fetched = row.fetched * out.load.input;
  if (out.load.Fresh() < 1.0) {
    return Wrong("the prefix cache holds whole prompts: at least one token of each is computed");
  }
  if (row.fetched <= 0.0) return {};
  constexpr double kGiga = 1e9;
  out.service.host_bandwidth =
      row.host_bytes_per_s.value_or(chip.host.link_gb_s.value_or(0.0) * kGiga);
  if (out.service.host_bandwidth <= 0.0) {
    return Wrong(
        fmt::format("how fast '{}' reads the host's memory is not known: say it", chip.entry.id));
  }
  return {};
}

}  // namespace

Result<Case> MakeCase(const catalog::Catalog& catalog, const ServingRow& row,
                      perf::KernelBook* book) {
  Case out;
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, row.chip));
  RS_ASSIGN_OR_RETURN(const catalog::Model* model, FindModelOfRow(catalog, row.model));
  RS_ASSIGN_OR_RETURN(out.service.machine, perf::MakeMachine(catalog, *chip));
  RS_ASSIGN_OR_RETURN(const perf::Formats formats, perf::FormatsOf(*model, row.precision));
  RS_RETURN_IF_ERROR(SetPools(*model, row, formats, out));
  const std::string& format = row.precision.empty() ? model->precision : row.precision;
  RS_RETURN_IF_ERROR(SetPowerCap(row, out.service.machine));
  const bool own = perf::MeasuredItself(*chip, format);
  if (own) {
    RS_RETURN_IF_ERROR(UseOwnTimes(*chip, *model, row, format, out));
  } else if (row.threads) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--threads: '{}' holds no measured products in {}: leave it out, or "
                             "name a chip file of roofscape probe",
                             chip->entry.id, format)};
  } else if (book != nullptr) {
    for (perf::Pool* pool : {&out.service.serve, &out.service.prefill}) {
      if (pool == &out.service.prefill && !row.disaggregated) continue;
      pool->worker.kernels = book->TimesOf(out.service.machine, *model, pool->worker.layout,
                                           formats, perf::EngineClassOf(row.engine));
    }
  }
  // Whoever measures with `bench` takes the steady window: no ramp, no tail.
  const bool fixed = row.source == "nv" || own;
  // What was measured did fit: where the label says it cannot, the label is wrong.
  out.service.unlimited_cache =
      perf::CacheBytes(out.service.machine, out.service.serve.worker, 0.9) < 1e9;
  out.setting = {perf::EngineClassOf(row.engine), out.service.machine.generation,
                 fixed ? std::size_t{perf::kFixedProtocol} + perf::EngineClassOf(row.engine)
                       : std::size_t{perf::kBurstProtocol}};
  perf::SetEngine(out.setting.engine, out.service);
  const double mean_length = row.length_share.value_or(row.source == "nv" ? 1.0 : 0.9);
  out.load = {row.concurrency, row.input * mean_length, row.output * mean_length};
  RS_RETURN_IF_ERROR(SetCached(row, *chip, out));
  if (row.drafts) {
    out.service.speculation = {*row.drafts, row.accepted};
  } else if (Drafts(row)) {
    out.service.speculation.drafts = 2.0;
  }
  const perf::Lowered& w = out.service.serve.worker;
  const perf::Pool& pp = out.service.prefill;
  const double workers = out.service.serve.workers;
  out.sizes = {Log2(row.concurrency / w.layout.dp / workers),
               Log2(row.input),
               Log2(row.output),
               Log2(w.layout.chips),
               Log2(w.layout.ep),
               Log2(w.layout.dp),
               Log2(workers),
               row.disaggregated ? Log2(pp.workers * pp.worker.layout.chips) : 0.0};
  constexpr const char* kEngines[perf::kEngineClasses] = {"other", "vllm", "sglang", "trtllm"};
  out.kinds = {kEngines[out.setting.engine],
               std::to_string(static_cast<int>(out.setting.generation)),
               chip->entry.id,
               model->entry.id,
               ShapeOf(*model),
               std::string(perf::Name(formats.experts)),
               row.disaggregated ? "disaggregated" : "aggregated",
               row.speculative == "unknown(probably none)" ? "none" : row.speculative,
               fixed ? "fixed" : "burst",
               row.curve,
               row.source + row.date};
  out.trust = TrustOf(row, out.service);
  out.ttft_s = row.ttft_s.value_or(0.0);
  out.tpot_s = row.tpot_s.value_or(0.0);
  return out;
}

}  // namespace roofscape::calibrate
