#include "report.h"

#include <utility>

#include <fmt/format.h>

namespace roofscape::kernel_curves {

void Report::AddCurve(std::string_view chip, const perf::KernelCurve& curve) {
  const perf::KernelCurve::Parts& parts = curve.parts();
  const auto rows = static_cast<double>(parts.rows);
  const Group group = {parts.key.op, std::string(chip), parts.key.engine};
  for (Line* const line : {&lines_[group], &totals_[parts.key.op]}) {
    ++line->curves;
    line->rows += parts.rows;
    line->bytes += parts.values.size();
    line->fit_median += rows * static_cast<double>(parts.error.fit_median);
    line->fit_p90 += rows * static_cast<double>(parts.error.fit_p90);
    line->held_out_median += rows * static_cast<double>(parts.error.held_out_median);
    line->held_out_p90 += rows * static_cast<double>(parts.error.held_out_p90);
  }
}

void Report::AddDropped(std::string_view chip, const perf::KernelCurve& curve) {
  const perf::KernelCurve::Parts& parts = curve.parts();
  dropped_.push_back(fmt::format("- {}, {}, {}, {}, variant {}: {} rows, {:.0f} %\n",
                                 Name(parts.key.op), chip, Name(parts.key.engine),
                                 Name(parts.key.precision), parts.key.variant, parts.rows,
                                 100 * static_cast<double>(parts.error.fit_median)));
}

void Report::AddRejected(std::string_view chip, const Samples::Rejected& rejected) {
  rejected_[std::string(chip)] = rejected;
}

std::string Report::Matrix() const {
  std::string text =
      "\nBy chip and engine: fit's median / 90th, held-out median / 90th.\n\n| op | chip |";
  for (int e = 0; e < perf::kKernelEngines; ++e) {
    text += fmt::format(" {} |", Name(static_cast<perf::KernelEngine>(e)));
  }
  text += "\n|---|---|---|---|---|---|";
  std::pair<perf::KernelOp, std::string> last;
  int filled = perf::kKernelEngines;
  const auto fill = [&](int until) {
    for (; filled < until; ++filled) text += " |";
  };
  for (const auto& [group, line] : lines_) {
    const auto& [op, chip, engine] = group;
    if (filled == perf::kKernelEngines || last != std::pair(op, chip)) {
      fill(perf::kKernelEngines);
      text += fmt::format("\n| {} | {} |", Name(op), chip);
      last = {op, chip};
      filled = 0;
    }
    fill(static_cast<int>(engine));
    const auto percent = [&](double sum) { return 100 * sum / static_cast<double>(line.rows); };
    text += fmt::format(" {:.1f} / {:.1f}, {:.1f} / {:.1f} |", percent(line.fit_median),
                        percent(line.fit_p90), percent(line.held_out_median),
                        percent(line.held_out_p90));
    ++filled;
  }
  fill(perf::kKernelEngines);
  return text + "\n";
}

std::string Report::Text(std::size_t file_bytes) const {
  const auto cells = [](const Line& line) {
    const auto percent = [&](double sum) { return 100 * sum / static_cast<double>(line.rows); };
    return fmt::format("{} | {} | {:.1f} | {:.1f} / {:.1f} | {:.1f} / {:.1f} |\n", line.curves,
                       line.rows, static_cast<double>(line.bytes) / 1e3, percent(line.fit_median),
                       percent(line.fit_p90), percent(line.held_out_median),
                       percent(line.held_out_p90));
  };
  std::string text = fmt::format(
      "The file has {} bytes. Errors are |ln(curve / measured)| in percent, median / 90th\n"
      "percentile, averaged over a line's curves by rows.\n\n"
      "| op | curves | rows | kB | error of the fit | held-out sites |\n"
      "|---|---|---|---|---|---|\n",
      file_bytes);
  for (const auto& [op, line] : totals_) text += fmt::format("| {} | {}", Name(op), cells(line));
  text += Matrix();
  text +=
      "\n| chip | rows read | without a time | faster than 1.05 × the roof |\n"
      "|---|---|---|---|\n";
  for (const auto& [chip, rejected] : rejected_) {
    text += fmt::format("| {} | {} | {} | {} |\n", chip, rejected.rows, rejected.no_time,
                        rejected.impossible);
  }
  text += "\nNot kept, since the curve misses half of its own rows by more than 15 %:\n\n";
  for (const std::string& line : dropped_) text += line;
  return text;
}

}  // namespace roofscape::kernel_curves
