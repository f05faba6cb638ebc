#include "cli/import_power.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/table.h"
#include "cli/write_file.h"
#include "domain/analysis/point_power.h"
#include "results/ingest/power_csv.h"
#include "results/store/digest.h"
#include "results/store/recompute.h"
#include "results/store/store.h"

namespace roofscape::cli {
namespace {

/// The samples that can be kept, a series a device.
std::vector<store::Series> SeriesOf(const std::vector<analysis::PowerSample>& samples,
                                    const std::string& file, const std::string& digest,
                                    WallTime now) {
  std::map<std::string, std::map<std::int64_t, double>> tracks;
  for (const analysis::PowerSample& sample : samples) {
    if (!sample.time_s || !sample.power_w || sample.device.empty()) continue;
    tracks[sample.device][static_cast<std::int64_t>(*sample.time_s * 1e6)] = *sample.power_w;
  }
  std::vector<store::Series> all;
  for (const auto& [device, track] : tracks) {
    store::Series& series = all.emplace_back();
    series.metric = "device_power_w";
    series.device = device;
    series.source = file;
    series.digest = digest;
    series.known = now;
    series.begin = WallTime{track.begin()->first};
    for (const auto& [us, watts] : track) {
      series.offsets_us.push_back(us - series.begin.unix_us);
      series.values.push_back(watts);
    }
  }
  return all;
}

struct PointOutcome {
  spec::PointResult point;
  std::vector<analysis::PowerFault> faults;
};

struct Outcome {
  std::string run;
  std::int64_t devices = 0;
  std::int64_t samples = 0;
  std::int64_t series_added = 0;
  std::vector<PointOutcome> points;
};

Result<std::vector<analysis::PowerSample>> ReadTraces(const PowerImport& import,
                                                      const std::string& run, store::Store& store,
                                                      WallTime now, Outcome& outcome) {
  std::vector<analysis::PowerSample> all;
  for (const std::string& file : import.files) {
    RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("FILE", file));
    ingest::PowerTrace trace = ingest::ReadPowerCsv(text, import.offset_s);
    if (!trace.faults.empty()) {
      return Error{ErrorCode::kProtocol,
                   fmt::format("{}: no trace of power: {}: expected a head line with timestamp, "
                               "index and power.draw [W], as nvidia-smi writes with "
                               "--query-gpu=timestamp,index,power.draw --format=csv",
                               file, analysis::CodesOf(trace.faults))};
    }
    // Another offset gives other times: it is another series of the same file.
    const std::string digest =
        store::Sha256Hex(fmt::format("{} {}", store::Sha256Hex(text), import.offset_s));
    const auto series = SeriesOf(trace.samples, file, digest, now);
    RS_ASSIGN_OR_RETURN(const std::int64_t added, store.AddSeries(run, series));
    outcome.series_added += added;
    std::move(trace.samples.begin(), trace.samples.end(), std::back_inserter(all));
  }
  return all;
}

Result<Outcome> Import(const PowerImport& import, WallTime now) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePathToWrite(import.db), store::OpenMode::kReadWrite));
  RS_ASSIGN_OR_RETURN(spec::RunResult run, store->LoadRun(import.run));
  Outcome outcome;
  outcome.run = run.id;
  RS_ASSIGN_OR_RETURN(const std::vector<analysis::PowerSample> samples,
                      ReadTraces(import, run.id, *store, now, outcome));
  std::set<std::string> devices;
  for (const analysis::PowerSample& sample : samples) devices.insert(sample.device);
  devices.erase("");
  outcome.devices = static_cast<std::int64_t>(devices.size());
  outcome.samples = static_cast<std::int64_t>(samples.size());
  // Of a run that does not say how many chips served it, those that were read are all.
  const std::int64_t expected = spec::ChipCount(run.plan.deployment).value_or(outcome.devices);
  for (spec::PointResult& point : run.points) {
    if (!point.complete) continue;
    const spec::PointResult before = point;
    auto faults = analysis::SetPower(samples, expected, point);
    // What says nothing new is no correction.
    if (!(point == before)) RS_RETURN_IF_ERROR(store->FinishPoint({run.id, point.index}, point));
    outcome.points.push_back({std::move(point), std::move(faults)});
  }
  return outcome;
}

void Print(const Outcome& outcome) {
  fmt::print("run {}: {} devices, {} samples, {} series added\n", outcome.run, outcome.devices,
             outcome.samples, outcome.series_added);
  Table table({{"point"},
               {"load", Align::kLeft},
               {"power\nW"},
               {"output\nJ/token"},
               {"power not valid", Align::kLeft}});
  for (const auto& [point, faults] : outcome.points) {
    const spec::PointMetrics* const m = point.Primary() ? point.Primary() : &point.whole;
    table.AddRow({std::to_string(point.index), spec::LoadMark(point),
                  FormatNumber(m->device_power_w), FormatNumber(m->joules_per_output_token_device),
                  analysis::CodesOf(faults)});
  }
  if (table.row_count() > 0) fmt::print("{}", table.ToText(StyleOf(stdout)));
}

Json ToJson(const Outcome& outcome) {
  const auto number = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  Json points = Json::array();
  for (const auto& [point, faults] : outcome.points) {
    Json codes = Json::array();
    for (const analysis::PowerFault fault : faults) codes.push_back(analysis::ReasonCode(fault));
    const spec::PointMetrics* const m = point.Primary() ? point.Primary() : &point.whole;
    points.push_back(
        {{"point", point.index},
         {"power_valid", faults.empty()},
         {"reasons", std::move(codes)},
         {"device_power_w", number(m->device_power_w)},
         {"joules_per_output_token_device", number(m->joules_per_output_token_device)}});
  }
  return {{"run", outcome.run},
          {"devices", outcome.devices},
          {"samples", outcome.samples},
          {"series_added", outcome.series_added},
          {"points", std::move(points)}};
}

}  // namespace

int ImportPower(const PowerImport& import, WallTime now) {
  const auto outcome = Import(import, now);
  if (!outcome) return Report(outcome.error());
  if (import.json) {
    fmt::print("{}\n", ToJson(*outcome).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    Print(*outcome);
  }
  const bool valid = std::all_of(outcome->points.begin(), outcome->points.end(),
                                 [](const PointOutcome& point) { return point.faults.empty(); });
  return valid ? kDone : kFailed;
}

}  // namespace roofscape::cli
