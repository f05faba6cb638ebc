#include "service/api/evidence.h"

#include <utility>

#include <fmt/format.h>

#include "service/api/serving_row.h"

namespace roofscape::api {
namespace {

/// The mean, or the median where no mean was published.
std::optional<double> Typical(const spec::Row& row, std::string_view quantity) {
  const auto mean = row.values.Get(fmt::format("{}_mean_s", quantity));
  return mean ? mean : row.values.Get(fmt::format("{}_p50_s", quantity));
}

/// What rows of one curve have in common: all but the load.
std::string CurveOf(const calibrate::ServingRow& row) {
  const auto pool = [](const calibrate::RowPool& p) {
    return fmt::format("{}/{}/{}/{}/{}", p.workers.value_or(0), p.tp.value_or(0), p.ep.value_or(0),
                       p.dp.value_or(0), p.pp.value_or(0));
  };
  return fmt::format("{} {} {} {} {} {} {} {} {} {}", row.chip, row.engine, row.precision,
                     row.speculative, row.disaggregated, row.chips.value_or(0), pool(row.serve),
                     pool(row.prefill), pool(row.decode), row.date);
}

bool IsAbout(const spec::Row& row, const study::AttributionTable& gain) {
  return row.way == "measured" && row.concurrency > 0 && row.deployment.model == gain.model &&
         static_cast<double>(row.workload.input.tokens) == gain.ask.input &&
         static_cast<double>(row.workload.output.tokens) == gain.ask.output;
}

}  // namespace

Result<study::Evidence> EvidenceOf(const ViewInput& input, const study::AttributionTable& gain) {
  std::vector<calibrate::Case> cases;
  std::vector<std::optional<double>> tput;
  for (const spec::Row& row : input.snapshot->rows()) {
    if (!IsAbout(row, gain)) continue;
    auto serving = ServingRowOf(row);
    if (!serving) continue;
    serving->concurrency = static_cast<double>(row.concurrency);
    serving->ttft_s = Typical(row, "ttft");
    serving->tpot_s = Typical(row, "tpot");
    serving->date = row.measured.ToIso().substr(0, 10);
    serving->curve = CurveOf(*serving);
    // Rooflines will do: only names and figures of the case are read.
    auto made = calibrate::MakeCase(input.catalog(), *serving, nullptr);
    if (!made) continue;  // Of something that the model does not know.
    cases.push_back(*std::move(made));
    tput.push_back(row.values.Get("total_tps_per_chip"));
  }
  return study::FindEvidence(gain, input.catalog(), cases, tput);
}

}  // namespace roofscape::api
