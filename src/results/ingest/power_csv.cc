#include "results/ingest/power_csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "base/core/text.h"
#include "results/ingest/dates.h"

namespace roofscape::ingest {
namespace {

using analysis::PowerFault;

constexpr auto kTimes = std::to_array<std::string_view>({"timestamp", "time"});
constexpr auto kPowers =
    std::to_array<std::string_view>({"power.draw [w]", "power.draw.instant [w]",
                                     "power.draw.average [w]", "power.draw", "power_w"});
constexpr auto kDevices =
    std::to_array<std::string_view>({"index", "uuid", "gpu_uuid", "gpu", "device"});

std::optional<double> Number(std::string_view text) {
  double number = 0.0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  const bool whole = error == std::errc() && at == end && std::isfinite(number);
  return whole ? std::optional(number) : std::nullopt;
}

/// "380.42 W"; another unit is none of ours.
std::optional<double> Watts(std::string_view text) {
  if (text.ends_with('W')) text.remove_suffix(1);
  return Number(Trim(text));
}

/// "2026/09/08 07:20:19.279", the same with dashes and 'T', or seconds since 1970.
std::optional<double> Seconds(std::string_view text) {
  if (const auto number = Number(text)) {
    return TimeOfUnixSeconds(*number) ? number : std::nullopt;
  }
  std::string normal(text);
  std::replace(normal.begin(), normal.end(), '/', '-');
  const auto when = ReadTime(normal);
  if (!when || when->day_only) return std::nullopt;
  double fraction = 0.0;
  if (const std::size_t point = normal.find('.'); point != std::string::npos) {
    const std::size_t end = normal.find_first_not_of("0123456789", point + 1);
    fraction = Number("0" + normal.substr(point, end - point)).value_or(0.0);
  }
  return static_cast<double>(when->time.unix_us) * 1e-6 + fraction;
}

/// The first column that has one of the names.
template <std::size_t kCount>
std::optional<std::size_t> Column(const std::vector<std::string>& head,
                                  const std::array<std::string_view, kCount>& names) {
  for (const std::string_view name : names) {
    for (std::size_t i = 0; i < head.size(); ++i) {
      std::string column(Trim(head[i]));
      std::transform(column.begin(), column.end(), column.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      if (column == name) return i;
    }
  }
  return std::nullopt;
}

}  // namespace

PowerTrace ReadPowerCsv(std::string_view text, double offset_s) {
  PowerTrace trace;
  if (Trim(text).empty()) {
    trace.faults.push_back(PowerFault::kFileEmpty);
    return trace;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t head_end = std::min(text.find('\n'), text.size());
  const std::vector<std::string> head = Split(text.substr(0, head_end), ',');
  const auto time = Column(head, kTimes);
  const auto power = Column(head, kPowers);
  const auto device = Column(head, kDevices);
  if (!time) trace.faults.push_back(PowerFault::kTimestampColumnMissing);
  if (!power) trace.faults.push_back(PowerFault::kPowerColumnMissing);
  if (!device) trace.faults.push_back(PowerFault::kDeviceColumnMissing);
  if (!trace.faults.empty()) return trace;
  for (std::size_t at = head_end + 1; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = Trim(text.substr(at, end - at));
    at = end + 1;
    if (line.empty()) continue;
    const std::vector<std::string> cells = Split(line, ',');
    const auto cell = [&](std::size_t column) {
      return column < cells.size() ? Trim(cells[column]) : std::string_view();
    };
    analysis::PowerSample sample;
    if (const auto seconds = Seconds(cell(*time))) sample.time_s = *seconds + offset_s;
    sample.power_w = Watts(cell(*power));
    sample.device = cell(*device);
    trace.samples.push_back(std::move(sample));
  }
  return trace;
}

}  // namespace roofscape::ingest
