#include "cli/sweep_telemetry.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "domain/analysis/point_power.h"
#include "results/store/digest.h"

namespace roofscape::cli {
namespace {

/// A series a source, metric and device.
std::vector<store::Series> SeriesOf(const std::vector<host::TelemetrySample>& samples,
                                    WallTime now) {
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, std::map<std::int64_t, double>> tracks;
  for (const host::TelemetrySample& sample : samples) {
    const host::SensorReading& reading = sample.reading;
    tracks[{sample.source, reading.metric, reading.device}][sample.at.unix_us] = reading.value;
  }
  std::vector<store::Series> all;
  for (const auto& [key, track] : tracks) {
    store::Series& series = all.emplace_back();
    std::tie(series.source, series.metric, series.device) = key;
    series.known = now;
    series.begin = WallTime{track.begin()->first};
    std::string text = series.source;
    for (const auto& [us, value] : track) {
      series.offsets_us.push_back(us - series.begin.unix_us);
      series.values.push_back(value);
      text += fmt::format("\n{} {}", us, value);
    }
    series.digest = store::Sha256Hex(text);
  }
  return all;
}

int RankOf(const std::string& source) {
  if (source == "nvml") return 0;
  return source == "powercap" ? 2 : 1;
}

std::vector<analysis::PowerSample> PowerOf(const std::vector<host::TelemetrySample>& samples) {
  std::map<int, std::vector<analysis::PowerSample>> by_rank;
  for (const host::TelemetrySample& sample : samples) {
    if (sample.reading.metric != host::kDevicePower) continue;
    by_rank[RankOf(sample.source)].push_back({static_cast<double>(sample.at.unix_us) / 1e6,
                                              sample.reading.value, sample.reading.device});
  }
  return by_rank.empty() ? std::vector<analysis::PowerSample>() : by_rank.begin()->second;
}

}  // namespace

Result<> KeepTelemetry(const std::string& run, const std::vector<host::TelemetrySample>& samples,
                       bool wanted, store::Store& store, WallTime now) {
  const std::vector<store::Series> series = SeriesOf(samples, now);
  RS_ASSIGN_OR_RETURN(const std::int64_t added, store.AddSeries(run, series));
  static_cast<void>(added);
  const std::vector<analysis::PowerSample> power = PowerOf(samples);
  if (power.empty() && !wanted) return {};
  std::set<std::string> devices;
  for (const analysis::PowerSample& sample : power) devices.insert(sample.device);
  RS_ASSIGN_OR_RETURN(spec::RunResult kept, store.LoadRun(run));
  const auto seen = std::max<std::int64_t>(static_cast<std::int64_t>(devices.size()), 1);
  const std::int64_t expected = spec::ChipCount(kept.plan.deployment).value_or(seen);
  for (spec::PointResult& point : kept.points) {
    if (!point.complete) continue;
    const spec::PointResult before = point;
    analysis::SetPower(power, expected, point);
    if (!(point == before)) RS_RETURN_IF_ERROR(store.FinishPoint({run, point.index}, point));
  }
  return {};
}

}  // namespace roofscape::cli
