#include "service/study/portability.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "service/study/served_json.h"

namespace roofscape::study {
namespace {

using codesign::Served;
using codesign::ServedAt;

class Computer {
 public:
  Computer(PortabilityTable& out, codesign::Portability& portability, const Means& means)
      : out_(out), portability_(portability), means_(means) {}

  Result<> Run() {
    RS_ASSIGN_OR_RETURN(out_.values, Values({}));
    const std::size_t speeds = out_.space.speeds_tps.size();
    for (std::size_t s = 0; s < speeds; ++s) {
      out_.losses.push_back(codesign::LossesOf(out_.values, s));
    }
    if (out_.space.utilisation > 0.0) {
      RS_ASSIGN_OR_RETURN(out_.grown, Values({out_.space.utilisation}));
      for (std::size_t s = 0; s < speeds; ++s) {
        out_.grown_losses.push_back(codesign::LossesOf(out_.grown, s));
      }
    }
    return AddMoves();
  }

 private:
  Result<std::vector<std::vector<ServedAt>>> Values(const codesign::Kernels& kernels) {
    std::vector<std::vector<ServedAt>> values;
    for (const catalog::Model& model : out_.shapes.models) {
      values.emplace_back();
      for (std::size_t x = 0; x < out_.targets.size(); ++x) {
        RS_RETURN_IF_ERROR(means_.Continue());
        RS_ASSIGN_OR_RETURN(ServedAt served, portability_.BestOf(model, x, {}, kernels));
        values.back().push_back(std::move(served));
        means_.Tell(static_cast<double>(++done_) / static_cast<double>(All()));
      }
    }
    return values;
  }

  Result<> AddMoves() {
    const std::size_t n = out_.targets.size();
    for (std::size_t s = 0; s < out_.losses.size(); ++s) {
      for (std::size_t x = 0; x < n; ++x) {
        for (std::size_t y = 0; y < n; ++y) {
          const codesign::Losses& losses = out_.losses[s];
          const bool moved = x != y && losses.best[x] && losses.best[y];
          if (moved) RS_RETURN_IF_ERROR(AddMove(s, x, y));
        }
      }
    }
    return {};
  }

  Result<> AddMove(std::size_t s, std::size_t x, std::size_t y) {
    RS_RETURN_IF_ERROR(means_.Continue());
    const std::size_t model = *out_.losses[s].best[x];
    const Served& own = *out_.values[*out_.losses[s].best[y]][y][s];
    Move move{x, y, s, {}};
    const auto add = [&](const char* means, const std::optional<Served>& served) {
      Move::Row row{means, {}, ""};
      if (served) {
        row.loss = 1.0 - served->value / own.value;
        row.plan = served->plan;
      }
      move.rows.push_back(std::move(row));
    };
    const std::optional<Served>& at_home = out_.values[model][x][s];
    std::optional<Served> anew = out_.values[model][y][s];
    if (at_home->kept && !out_.targets[y].wafer) {
      RS_ASSIGN_OR_RETURN(const ServedAt kept,
                          portability_.KeptOn(out_.shapes.models[model], y, *at_home->kept));
      add("kept", kept[s]);
      // It is one of those to choose from; loads between those of the grid may favour it.
      if (kept[s] && (!anew || kept[s]->value > anew->value)) anew = kept[s];
    }
    add("anew", anew);
    if (!out_.targets[y].wafer) {
      const perf::Travel groups = out_.space.groups.value_or(perf::Travel{});
      perf::Travel two = {};
      two.two_batches = true;
      if (out_.space.groups) {
        RS_ASSIGN_OR_RETURN(const ServedAt* served, Softened(model, y, groups));
        add("groups", (*served)[s]);
      }
      if (out_.space.two_batches) {
        RS_ASSIGN_OR_RETURN(const ServedAt* served, Softened(model, y, two));
        add("two_batches", (*served)[s]);
      }
    }
    out_.moves.push_back(std::move(move));
    return {};
  }

  /// Remembers what it has computed: many moves share it.
  Result<const ServedAt*> Softened(std::size_t model, std::size_t y, const perf::Travel& travel) {
    const auto key = std::tuple(model, y, travel.two_batches);
    auto found = softened_.find(key);
    if (found == softened_.end()) {
      RS_ASSIGN_OR_RETURN(ServedAt served,
                          portability_.BestOf(out_.shapes.models[model], y, travel, {}));
      found = softened_.emplace(key, std::move(served)).first;
    }
    return &found->second;
  }

  /// Values to compute; what softens moves comes on top.
  std::size_t All() const {
    const std::size_t once = out_.shapes.models.size() * out_.targets.size();
    return out_.space.utilisation > 0.0 ? 2 * once : once;
  }

  PortabilityTable& out_;
  codesign::Portability& portability_;
  const Means& means_;
  std::size_t done_ = 0;
  std::map<std::tuple<std::size_t, std::size_t, bool>, ServedAt> softened_;
};

/// Losses, best models and values of one way to think of kernels.
Json MatrixJson(const PortabilityTable& t, const std::vector<std::vector<ServedAt>>& values,
                const codesign::Losses& losses, std::size_t s) {
  const std::size_t n = t.targets.size();
  Json matrix = Json::array();
  Json best = Json::array();
  for (std::size_t x = 0; x < n; ++x) {
    Json row = Json::array();
    for (std::size_t y = 0; y < n; ++y) row.push_back(NumberOrNull(losses.loss[x * n + y]));
    matrix.push_back(std::move(row));
    if (!losses.best[x]) {
      best.push_back(nullptr);
      continue;
    }
    Json served = ServedJson(values[*losses.best[x]][x][s]);
    served["model"] = t.shapes.models[*losses.best[x]].entry.name;
    best.push_back(std::move(served));
  }
  return {{"loss", std::move(matrix)}, {"best", std::move(best)}};
}

/// By machine: what grown-up kernels give over what is; null of wafers, whose layers' times are
/// published, not their kernels'.
Json WorthJson(const PortabilityTable& t, std::size_t s) {
  Json worth = Json::array();
  for (std::size_t x = 0; x < t.targets.size(); ++x) {
    const auto& now = t.losses[s].best[x];
    const auto& then = t.grown_losses[s].best[x];
    const bool both = now && then && !t.targets[x].wafer;
    worth.push_back(both ? Json(t.grown[*then][x][s]->value / t.values[*now][x][s]->value)
                         : Json(nullptr));
  }
  return worth;
}

Json SpeedJson(const PortabilityTable& t, std::size_t s) {
  Json out = MatrixJson(t, t.values, t.losses[s], s);
  out["interactivity_tps"] = t.space.speeds_tps[s];
  out["grown_kernels"] = nullptr;
  if (!t.grown.empty()) {
    Json& grown = out["grown_kernels"] = MatrixJson(t, t.grown, t.grown_losses[s], s);
    grown["worth"] = WorthJson(t, s);
  }
  Json moves = Json::array();
  for (const Move& move : t.moves) {
    if (move.speed != s) continue;
    Json rows = Json::array();
    for (const Move::Row& row : move.rows) {
      rows.push_back({{"means", row.means}, {"loss", NumberOrNull(row.loss)}, {"plan", row.plan}});
    }
    moves.push_back({{"from", move.from}, {"to", move.to}, {"rows", std::move(rows)}});
  }
  out["moves"] = std::move(moves);
  return out;
}

}  // namespace

Result<PortabilityTable> ComputePortability(const SpaceText& space, const Means& means) {
  PortabilityTable out;
  out.space = space;
  out.spending = analysis::SpendingOf(space.objective);
  if (space.machines.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: machine: needs one [[machine]] at least, to move models between",
                             space.path)};
  }
  RS_ASSIGN_OR_RETURN(out.shapes, ShapesOf(space, means.catalog));
  RS_ASSIGN_OR_RETURN(out.targets, TargetsOf(space, means.catalog, means.now, out.spending));
  const codesign::Wish common = CommonWish(space.input, space.output, means.fitted);
  codesign::Portability portability(common, out.targets, space.speeds_tps, space.ttft_s,
                                    means.search, means.book);
  RS_RETURN_IF_ERROR(Computer(out, portability, means).Run());
  out.evaluated = portability.evaluated();
  return out;
}

Json PortabilityJson(const PortabilityTable& t) {
  Json machines = Json::array();
  for (const codesign::Target& target : t.targets) {
    machines.push_back({{"name", target.name},
                        {"chips", target.chip.most},
                        {"wafers", target.wafer.has_value()},
                        {"kernel_time", target.kernel_time}});
  }
  Json models = Json::array();
  for (std::size_t m = 0; m < t.shapes.models.size(); ++m) {
    Json values = Json::array();
    for (const ServedAt& served : t.values[m]) {
      Json row = Json::array();
      for (const auto& one : served) row.push_back(ServedJson(one));
      values.push_back(std::move(row));
    }
    models.push_back({{"name", t.shapes.models[m].entry.name}, {"values", std::move(values)}});
  }
  Json speeds = Json::array();
  for (std::size_t s = 0; s < t.space.speeds_tps.size(); ++s) speeds.push_back(SpeedJson(t, s));
  Json refused = Json::array();
  for (const auto& r : t.shapes.refused) refused.push_back({{"name", r.name}, {"why", r.why}});
  return {{"schema", "roofscape-portability-1"},
          {"name", t.space.name},
          {"quality", codesign::QualityText(t.space.quality)},
          {"objective", t.spending.key},
          {"spent", t.spending.source},
          {"stated", StatedJson(t.space.stated)},
          {"machines", std::move(machines)},
          {"models", std::move(models)},
          {"refused", std::move(refused)},
          {"speeds", std::move(speeds)},
          {"configurations", t.evaluated}};
}

}  // namespace roofscape::study
