#include "cli/codesign_machines.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/parallel.h"

namespace roofscape::cli {
namespace {

using codesign::Served;

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

/// By how much a token costs more at a speed than at the slowest, on the machine that is best at
/// each.
std::string FastMode(const MachinesCase& c, std::size_t speed) {
  const auto slow = WinnerAt(c, 0);
  const auto here = WinnerAt(c, speed);
  if (!slow || !here) return "-";
  return fmt::format("{:.2f}", c.served[*slow][0]->value / c.served[*here][speed]->value);
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

Json ServedJson(const std::optional<Served>& served) {
  if (!served) return nullptr;
  return {{"value", served->value},
          {"low", served->low},
          {"high", served->high},
          {"tpot_mean_s", served->tpot_s},
          {"plan", served->plan}};
}

}  // namespace

std::optional<std::size_t> WinnerAt(const MachinesCase& c, std::size_t speed) {
  std::optional<std::size_t> best;
  for (std::size_t m = 0; m < c.served.size(); ++m) {
    const std::optional<Served>& served = c.served[m][speed];
    if (!served) continue;
    if (!best || served->value > c.served[*best][speed]->value) best = m;
  }
  return best;
}

Result<MachinesTable> ComputeMachines(const SpaceText& space, const catalog::Catalog& catalog,
                                      const calibrate::Model& fitted, perf::KernelBook* book,
                                      WallTime now) {
  MachinesTable out;
  out.space = space;
  std::sort(out.space.speeds_tps.begin(), out.space.speeds_tps.end());
  out.spending = SpendingOf(space.objective);
  if (space.machines.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: machine: needs one [[machine]] at least", space.path)};
  }
  if (!space.axes.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: model.shape: models are taken as they are with --machines: leave "
                             "it out, or ask for --portability",
                             space.path)};
  }
  RS_ASSIGN_OR_RETURN(out.targets, TargetsOf(space, catalog, now, out.spending));
  const unsigned threads = std::max(std::thread::hardware_concurrency(), 1U);
  const codesign::SearchOptions search{true, threads, OnThreads(threads)};
  std::vector<double> inputs = space.input_lengths;
  if (inputs.empty()) inputs = {space.input};
  for (const std::string& name : space.bases) {
    RS_ASSIGN_OR_RETURN(const catalog::Model* model, catalog::FindModel(catalog, name));
    for (const double input : inputs) {
      const codesign::Wish common = CommonWish(input, space.output, fitted);
      codesign::Portability values(common, out.targets, out.space.speeds_tps, space.ttft_s, search,
                                   book);
      MachinesCase c{model->entry.name, input, {}};
      for (std::size_t m = 0; m < out.targets.size(); ++m) {
        RS_ASSIGN_OR_RETURN(codesign::ServedAt served, values.BestOf(*model, m, {}, {}));
        c.served.push_back(std::move(served));
      }
      out.cases.push_back(std::move(c));
    }
  }
  return out;
}

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

Json MachinesJson(const MachinesTable& t) {
  Json machines = Json::array();
  for (const codesign::Target& target : t.targets) {
    machines.push_back(
        {{"name", target.name}, {"chips", target.chip.most}, {"wafers", target.wafer.has_value()}});
  }
  Json cases = Json::array();
  for (const MachinesCase& c : t.cases) {
    Json served = Json::array();
    for (const codesign::ServedAt& of_machine : c.served) {
      Json row = Json::array();
      for (const auto& one : of_machine) row.push_back(ServedJson(one));
      served.push_back(std::move(row));
    }
    Json winners = Json::array();
    for (std::size_t s = 0; s < t.space.speeds_tps.size(); ++s) {
      const auto winner = WinnerAt(c, s);
      winners.push_back(winner ? Json(*winner) : Json(nullptr));
    }
    cases.push_back({{"model", c.model},
                     {"input_tokens", c.input},
                     {"served", std::move(served)},
                     {"winners", std::move(winners)}});
  }
  Json stated = Json::array();
  for (const Stated& one : t.space.stated) {
    stated.push_back({{"what", one.what}, {"source", one.source}});
  }
  return {{"schema", "roofscape-machines-1"}, {"name", t.space.name},
          {"objective", t.spending.key},      {"spent", t.spending.source},
          {"output_tokens", t.space.output},  {"speeds_tps", t.space.speeds_tps},
          {"stated", std::move(stated)},      {"machines", std::move(machines)},
          {"cases", std::move(cases)}};
}

}  // namespace roofscape::cli
