#include "service/study/machines.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "service/study/served_json.h"

namespace roofscape::study {
namespace {

/// With what a million tokens cost; the better end of a value is the worse one of its price.
Json PricedJson(const MachinesTable& t, const std::optional<codesign::Served>& served) {
  Json json = ServedJson(served);
  if (!served) return json;
  const auto price = [&](double value) {
    return t.space.objective == "usd" && value > 0.0 ? Json(1e6 / value) : Json(nullptr);
  };
  json["usd_per_mtok"] = price(served->value);
  json["usd_per_mtok_low"] = price(served->high);
  json["usd_per_mtok_high"] = price(served->low);
  return json;
}

}  // namespace

std::optional<std::size_t> WinnerAt(const MachinesCase& c, std::size_t speed) {
  std::optional<std::size_t> best;
  for (std::size_t m = 0; m < c.served.size(); ++m) {
    const std::optional<codesign::Served>& served = c.served[m][speed];
    if (!served) continue;
    if (!best || served->value > c.served[*best][speed]->value) best = m;
  }
  return best;
}

Result<MachinesTable> ComputeMachines(const SpaceText& space, const Means& means) {
  MachinesTable out;
  out.space = space;
  std::sort(out.space.speeds_tps.begin(), out.space.speeds_tps.end());
  out.spending = analysis::SpendingOf(space.objective);
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
  RS_ASSIGN_OR_RETURN(out.targets, TargetsOf(space, means.catalog, means.now, out.spending));
  std::vector<double> inputs = space.input_lengths;
  if (inputs.empty()) inputs = {space.input};
  for (const std::string& name : space.bases) {
    RS_ASSIGN_OR_RETURN(const catalog::Model* model, catalog::FindModel(means.catalog, name));
    for (const double input : inputs) {
      const codesign::Wish common = CommonWish(input, space.output, means.fitted);
      codesign::Portability values(common, out.targets, out.space.speeds_tps, space.ttft_s,
                                   means.search, means.book);
      MachinesCase c{model->entry.name, input, {}};
      for (std::size_t m = 0; m < out.targets.size(); ++m) {
        RS_RETURN_IF_ERROR(means.Continue());
        RS_ASSIGN_OR_RETURN(codesign::ServedAt served, values.BestOf(*model, m, {}, {}));
        c.served.push_back(std::move(served));
      }
      out.cases.push_back(std::move(c));
      means.Tell(static_cast<double>(out.cases.size()) /
                 static_cast<double>(space.bases.size() * inputs.size()));
    }
  }
  return out;
}

std::optional<double> TimesSlowest(const MachinesCase& c, std::size_t speed) {
  const auto slow = WinnerAt(c, 0);
  const auto here = WinnerAt(c, speed);
  if (!slow || !here) return {};
  return c.served[*slow][0]->value / c.served[*here][speed]->value;
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
      for (const auto& one : of_machine) row.push_back(PricedJson(t, one));
      served.push_back(std::move(row));
    }
    Json winners = Json::array();
    Json times = Json::array();
    for (std::size_t s = 0; s < t.space.speeds_tps.size(); ++s) {
      const auto winner = WinnerAt(c, s);
      winners.push_back(winner ? Json(*winner) : Json(nullptr));
      times.push_back(NumberOrNull(TimesSlowest(c, s)));
    }
    cases.push_back({{"model", c.model},
                     {"input_tokens", c.input},
                     {"served", std::move(served)},
                     {"winners", std::move(winners)},
                     {"times_slowest_price", std::move(times)}});
  }
  return {{"schema", "roofscape-machines-1"},
          {"name", t.space.name},
          {"objective", t.spending.key},
          {"spent", t.spending.source},
          {"output_tokens", t.space.output},
          {"speeds_tps", t.space.speeds_tps},
          {"stated", StatedJson(t.space.stated)},
          {"machines", std::move(machines)},
          {"cases", std::move(cases)}};
}

}  // namespace roofscape::study
