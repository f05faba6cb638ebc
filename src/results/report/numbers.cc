#include "results/report/numbers.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::report {

std::string Number(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return kMissing;
  const double size = std::abs(*value);
  if (size >= 99.95) return WithCommas(std::llround(*value));
  if (size == 0) return "0";
  if (size < 1e-6) return fmt::format("{:.2e}", *value);
  // Rounding may carry into the next digit (9.996 -> 10.0), so the exponent is that of the rounded.
  const int exponent = static_cast<int>(std::floor(std::log10(size * 1.0005)));
  return fmt::format("{:.{}f}", *value, std::max(0, 2 - exponent));
}

std::string Millis(std::optional<double> seconds) {
  return seconds ? Number(*seconds * 1e3) : Number(std::nullopt);
}

std::string Duration(std::optional<double> seconds) {
  if (!seconds || !std::isfinite(*seconds)) return kMissing;
  const double size = std::abs(*seconds);
  if (size < 1e-3) return Number(*seconds * 1e6) + " \u00b5s";
  if (size < 1) return Number(*seconds * 1e3) + " ms";
  return Number(*seconds) + " s";
}

std::string Percent(std::optional<double> fraction) {
  if (!fraction || !std::isfinite(*fraction)) return kMissing;
  return fmt::format("{:.{}f} %", *fraction * 100, std::abs(*fraction) < 0.0995 ? 1 : 0);
}

std::string PlusMinus(const spec::Interval& interval, double scale) {
  const double half = 0.5 * (interval.high - interval.low) * scale;
  constexpr double kWhole = 9.95;
  constexpr double kLargest = 1e15;
  const std::string text = half >= kWhole && half < kLargest ? WithCommas(std::llround(half))
                                                             : fmt::format("{:.2g}", half);
  return fmt::format("<span class=\"note\"> \u00b1 {}</span>", text);
}

std::string Attempted(std::optional<double> seconds, double scale) {
  if (seconds && std::isinf(*seconds)) return "inf";
  return seconds ? Number(*seconds * scale) : std::string(kMissing);
}

std::string Count(std::int64_t value) { return WithCommas(value); }

std::string Counted(std::int64_t value, const std::string& noun) {
  return fmt::format("{} {}{}", Count(value), noun, value == 1 ? "" : "s");
}

}  // namespace roofscape::report
