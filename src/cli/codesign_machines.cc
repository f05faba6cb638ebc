#include "cli/codesign_machines.h"

#include <fmt/format.h>

#include "cli/codesign_stated.h"

namespace roofscape::cli {
namespace {

using codesign::Served;
using study::MachinesCase;
using study::MachinesTable;
using study::WinnerAt;

/// "7.27 USD" a million tokens, or what the objective is.
std::string Cell(const MachinesTable& t, const std::optional<Served>& served) {
  if (!served) return "-";
  const auto show = [&](double value) {
    return FormatNumber(t.space.objective == "usd" ? 1e6 / value : value);
  };
  if (served->low == served->high) return show(served->value);
  // The better end of a value is the worse one of its price.
  const bool price = t.space.objective == "usd";
  const double first = price ? served->high : served->low;
  const double last = price ? served->low : served->high;
  return fmt::format("{} ({} to {})", show(served->value), show(first),
                     last > 0.0 ? show(last) : std::string("-"));
}

std::string Unit(const MachinesTable& t) {
  return t.space.objective == "usd" ? "USD a million tokens" : t.spending.name;
}

std::string FastMode(const MachinesCase& c, std::size_t speed) {
  const auto times = study::TimesSlowest(c, speed);
  return times ? fmt::format("{:.2f}", *times) : "-";
}

std::string CaseTable(const MachinesTable& t, const MachinesCase& c, const Style& style) {
  std::vector<Column> columns = {{"tokens/s\na user"}};
  for (const codesign::Target& target : t.targets)
    columns.push_back({target.name + "\n" + Unit(t)});
  columns.push_back({"best", Align::kLeft, false});
  columns.push_back({"times the\nslowest's price"});
  Table table(columns);
  for (std::size_t s = 0; s < t.space.speeds_tps.size(); ++s) {
    std::vector<std::string> cells = {fmt::format("{:g}", t.space.speeds_tps[s])};
    for (const codesign::ServedAt& served : c.served) cells.push_back(Cell(t, served[s]));
    const auto winner = WinnerAt(c, s);
    cells.push_back(winner ? t.targets[*winner].name : "none");
    cells.push_back(FastMode(c, s));
    table.AddRow(std::move(cells));
  }
  return table.ToText(style);
}

/// The last speed that a machine reaches, and how it is laid out there.
std::string Reach(const MachinesTable& t, const MachinesCase& c, std::size_t machine) {
  for (std::size_t s = t.space.speeds_tps.size(); s > 0; --s) {
    const std::optional<Served>& served = c.served[machine][s - 1];
    if (!served) continue;
    return fmt::format("{}: {:g} tokens/s at most of these ({})", t.targets[machine].name,
                       t.space.speeds_tps[s - 1], served->plan);
  }
  return fmt::format("{}: none of these speeds on {} {}", t.targets[machine].name,
                     t.targets[machine].chip.most, t.targets[machine].wafer ? "wafers" : "chips");
}

}  // namespace

std::string MachinesText(const MachinesTable& t, const Style& style) {
  const auto wrapped = [&](const std::string& line) { return Wrap(line, style.width, 2) + "\n"; };
  std::string text = t.space.name + "\n";
  if (!t.spending.source.empty()) text += wrapped("Spent: " + t.spending.source + ".");
  text += StatedText(t.space.stated, style.width);
  for (const MachinesCase& c : t.cases) {
    const std::string title =
        fmt::format("{}, {:g} tokens in, {:g} out", c.model, c.input, t.space.output);
    text += "\n" + Bold(title, style) + "\n" + CaseTable(t, c, style);
    for (std::size_t m = 0; m < t.targets.size(); ++m) text += wrapped(Reach(t, c, m));
  }
  return text + "\n" +
         wrapped(
             "By the formulas, without the correction by measured rows. Of wafers only speeds "
             "were published: their figures are intervals, and prompts cost them their "
             "arithmetic alone.");
}

}  // namespace roofscape::cli
