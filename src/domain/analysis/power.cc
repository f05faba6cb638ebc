#include "domain/analysis/power.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace roofscape::analysis {
namespace {

constexpr std::array<std::string_view, 19> kCodes = {
    "telemetry_file_missing",         "telemetry_file_empty",        "telemetry_file_unreadable",
    "timestamp_column_missing",       "power_column_missing",        "gpu_identity_column_missing",
    "invalid_timestamp_sample",       "invalid_power_sample",        "gpu_identity_missing",
    "no_usable_power_samples",        "expected_gpu_count_mismatch", "insufficient_power_samples",
    "benchmark_window_not_bracketed", "sampling_gap_exceeded",       "invalid_benchmark_window",
    "benchmark_duration_mismatch",    "invalid_expected_gpu_count",  "invalid_max_sample_gap",
    "aggregation_internal_error"};

using Track = std::map<double, double>;  // Power by time, of one device.
using Faults = std::set<PowerFault>;

bool Finite(std::optional<double> value) { return value && std::isfinite(*value); }

void CheckWindow(const PowerWindow& w, Faults& faults) {
  const bool window = std::isfinite(w.begin_s) && std::isfinite(w.end_s) && w.end_s > w.begin_s;
  if (!window) faults.insert(PowerFault::kInvalidWindow);
  if (w.expected_devices <= 0) faults.insert(PowerFault::kInvalidExpectedCount);
  if (!std::isfinite(w.max_gap_s) || w.max_gap_s <= 0) faults.insert(PowerFault::kInvalidMaxGap);
  if (!window) return;
  const double allowed = std::max(0.5, 0.01 * std::abs(w.duration_s));
  if (!(std::abs(w.end_s - w.begin_s - w.duration_s) <= allowed)) {
    faults.insert(PowerFault::kDurationMismatch);
  }
}

std::map<std::string, Track> ReadTracks(std::span<const PowerSample> samples, const PowerWindow& w,
                                        Faults& faults, std::int64_t& ignored) {
  std::map<std::string, Track> tracks;
  for (const PowerSample& sample : samples) {
    if (!Finite(sample.time_s)) {  // It could have been in the window.
      faults.insert(PowerFault::kInvalidTimestamp);
      continue;
    }
    const bool power = Finite(sample.power_w) && *sample.power_w >= 0;
    if (power && !sample.device.empty()) {
      tracks[sample.device][*sample.time_s] = *sample.power_w;
      continue;
    }
    if (*sample.time_s < w.begin_s || *sample.time_s > w.end_s) {
      ++ignored;
      continue;
    }
    faults.insert(power ? PowerFault::kDeviceMissing : PowerFault::kInvalidPower);
  }
  return tracks;
}

/// The part between two samples that lies in the window, by the trapezoid.
double Piece(const PowerWindow& w, double t0, double p0, double t1, double p1) {
  const double from = std::max(t0, w.begin_s);
  const double to = std::min(t1, w.end_s);
  if (to <= from) return 0.0;
  const auto at = [&](double t) { return p0 + (p1 - p0) * (t - t0) / (t1 - t0); };
  return 0.5 * (at(from) + at(to)) * (to - from);
}

double Integrate(const Track& track, const PowerWindow& w, Faults& faults) {
  if (track.size() < 2) {
    faults.insert(PowerFault::kTooFewSamples);
    return 0.0;
  }
  if (track.begin()->first > w.begin_s || track.rbegin()->first < w.end_s) {
    faults.insert(PowerFault::kWindowNotBracketed);
  }
  double energy = 0.0;
  for (auto at = track.begin(), next = std::next(at); next != track.end(); at = next++) {
    if (next->first <= w.begin_s || at->first >= w.end_s) continue;
    if (next->first - at->first > w.max_gap_s) faults.insert(PowerFault::kGapExceeded);
    energy += Piece(w, at->first, at->second, next->first, next->second);
  }
  return energy;
}

}  // namespace

std::string_view ReasonCode(PowerFault fault) { return kCodes[static_cast<std::size_t>(fault)]; }

PowerReading IntegratePower(std::span<const PowerSample> samples, const PowerWindow& window) {
  Faults faults;
  PowerReading reading;
  CheckWindow(window, faults);
  const auto tracks = ReadTracks(samples, window, faults, reading.ignored);
  if (tracks.empty()) faults.insert(PowerFault::kNoUsableSamples);
  if (static_cast<std::int64_t>(tracks.size()) != window.expected_devices) {
    faults.insert(PowerFault::kDeviceCountMismatch);
  }
  double energy = 0.0;
  for (const auto& [device, track] : tracks) energy += Integrate(track, window, faults);
  reading.faults.assign(faults.begin(), faults.end());
  if (!faults.empty()) return reading;
  const double seconds = window.end_s - window.begin_s;
  reading.energy_j = energy;
  reading.total_w = energy / seconds;
  reading.device_w = energy / seconds / static_cast<double>(tracks.size());
  return reading;
}

}  // namespace roofscape::analysis
