#include "cli/codesign_portability.h"

#include <algorithm>
#include <map>
#include <thread>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/parallel.h"

namespace roofscape::cli {
namespace {

using codesign::Served;
using codesign::ServedAt;

class Computer {
 public:
  Computer(PortabilityTable& out, codesign::Portability& portability)
      : out_(out), portability_(portability) {}

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
        RS_ASSIGN_OR_RETURN(ServedAt served, portability_.BestOf(model, x, {}, kernels));
        values.back().push_back(std::move(served));
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

  PortabilityTable& out_;
  codesign::Portability& portability_;
  std::map<std::tuple<std::size_t, std::size_t, bool>, ServedAt> softened_;
};

std::string LossCell(const std::optional<double>& loss) {
  if (!loss) return "-";
  return fmt::format("{:.1f} %", std::max(*loss, 0.0) * 100.0);
}

const char* Means(const std::string& name) {
  if (name == "kept") return "layout as at home";
  if (name == "anew") return "layout chosen anew";
  if (name == "groups") return "with a token's experts in few groups";
  return "with two batches overlapped";
}

/// "A", "B": names are too long for columns.
std::string Letter(std::size_t machine) {
  std::string letters(1, static_cast<char>('A' + machine % 26));
  if (machine >= 26) letters += std::to_string(machine / 26);
  return letters;
}

std::string MatrixText(const PortabilityTable& t, const codesign::Losses& losses,
                       const Style& style) {
  std::vector<Column> columns = {{"shaped for", Align::kLeft, false}};
  const std::size_t n = t.targets.size();
  for (std::size_t y = 0; y < n; ++y) columns.push_back({"on\n" + Letter(y)});
  Table table(columns);
  for (std::size_t x = 0; x < n; ++x) {
    std::vector<std::string> cells = {Letter(x) + "  " + t.targets[x].name};
    for (std::size_t y = 0; y < n; ++y) cells.push_back(LossCell(losses.loss[x * n + y]));
    table.AddRow(std::move(cells));
  }
  return table.ToText(style);
}

std::string BestText(const PortabilityTable& t, std::size_t s, const Style& style) {
  std::string text;
  for (std::size_t x = 0; x < t.targets.size(); ++x) {
    const auto& best = t.losses[s].best[x];
    std::string line = Letter(x) + "  " + t.targets[x].name + ": ";
    if (!best) {
      text += line + "no shape reaches the speed\n";
      continue;
    }
    const Served& served = *t.values[*best][x][s];
    line += FormatNumber(served.value) + " " + t.spending.name;
    if (served.low != served.high) {
      line += fmt::format(" ({} to {})", FormatNumber(served.low), FormatNumber(served.high));
    }
    line += fmt::format("; {}; {}", t.shapes.models[*best].entry.name, served.plan);
    text += Wrap(line, style.width, 3) + "\n";
  }
  return text;
}

std::string MovesText(const PortabilityTable& t, std::size_t s, const Style& style) {
  std::string text;
  for (const Move& move : t.moves) {
    const bool loses = std::any_of(move.rows.begin(), move.rows.end(), [](const Move::Row& row) {
      return row.means == "anew" && (!row.loss || *row.loss > 0.005);
    });
    if (move.speed != s || !loses) continue;
    text += fmt::format("{} -> {}\n", Letter(move.from), Letter(move.to));
    for (const Move::Row& row : move.rows) {
      const std::string loss = row.loss ? fmt::format("{:.1f} %", *row.loss * 100.0) : "all";
      text += Wrap(fmt::format("- {}: {}{}{}", Means(row.means), loss, row.plan.empty() ? "" : "; ",
                               row.plan),
                   style.width, 2) +
              "\n";
    }
  }
  return text.empty() ? "No move costs more than half a per cent.\n" : text;
}

std::string GrownText(const PortabilityTable& t, std::size_t s, const Style& style) {
  Table table({{"machine", Align::kLeft, false},
               {"now\n" + t.spending.name},
               {"kernels\ngrown up"},
               {"worth\nx"}});
  for (std::size_t x = 0; x < t.targets.size(); ++x) {
    if (t.targets[x].wafer) continue;  // Its layers' times are published, not its kernels'.
    const auto value = [&](const auto& values, const auto& losses) -> std::optional<double> {
      const auto& best = losses[s].best[x];
      if (!best) return {};
      return values[*best][x][s]->value;
    };
    const auto now = value(t.values, t.losses);
    const auto then = value(t.grown, t.grown_losses);
    table.AddRow({Letter(x) + "  " + t.targets[x].name, FormatNumber(now), FormatNumber(then),
                  now && then ? fmt::format("{:.2f}", *then / *now) : "-"});
  }
  return table.ToText(style);
}

Json ServedJson(const std::optional<Served>& served) {
  if (!served) return nullptr;
  return {{"value", served->value},
          {"low", served->low},
          {"high", served->high},
          {"tpot_mean_s", served->tpot_s},
          {"plan", served->plan}};
}

Json Optional(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

/// Losses, best models and values of one way to think of kernels.
Json MatrixJson(const PortabilityTable& t, const std::vector<std::vector<ServedAt>>& values,
                const codesign::Losses& losses, std::size_t s) {
  const std::size_t n = t.targets.size();
  Json matrix = Json::array();
  Json best = Json::array();
  for (std::size_t x = 0; x < n; ++x) {
    Json row = Json::array();
    for (std::size_t y = 0; y < n; ++y) row.push_back(Optional(losses.loss[x * n + y]));
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

Json SpeedJson(const PortabilityTable& t, std::size_t s) {
  Json out = MatrixJson(t, t.values, t.losses[s], s);
  out["interactivity_tps"] = t.space.speeds_tps[s];
  out["grown_kernels"] =
      t.grown.empty() ? Json(nullptr) : MatrixJson(t, t.grown, t.grown_losses[s], s);
  Json moves = Json::array();
  for (const Move& move : t.moves) {
    if (move.speed != s) continue;
    Json rows = Json::array();
    for (const Move::Row& row : move.rows) {
      rows.push_back({{"means", row.means}, {"loss", Optional(row.loss)}, {"plan", row.plan}});
    }
    moves.push_back({{"from", move.from}, {"to", move.to}, {"rows", std::move(rows)}});
  }
  out["moves"] = std::move(moves);
  return out;
}

}  // namespace

Result<PortabilityTable> ComputePortability(const SpaceText& space, const catalog::Catalog& catalog,
                                            const calibrate::Model& fitted, perf::KernelBook* book,
                                            WallTime now) {
  PortabilityTable out;
  out.space = space;
  out.spending = SpendingOf(space.objective);
  if (space.machines.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: machine: needs one [[machine]] at least, to move models between",
                             space.path)};
  }
  RS_ASSIGN_OR_RETURN(out.shapes, ShapesOf(space, catalog));
  RS_ASSIGN_OR_RETURN(out.targets, TargetsOf(space, catalog, now, out.spending));
  const codesign::Wish common = CommonWish(space.input, space.output, fitted);
  const unsigned threads = std::max(std::thread::hardware_concurrency(), 1U);
  const codesign::SearchOptions search{true, threads, OnThreads(threads)};
  codesign::Portability portability(common, out.targets, space.speeds_tps, space.ttft_s, search,
                                    book);
  RS_RETURN_IF_ERROR(Computer(out, portability).Run());
  out.evaluated = portability.evaluated();
  return out;
}

std::string PortabilityText(const PortabilityTable& t, const Style& style) {
  std::string text = t.space.name + "\n";
  const auto wrapped = [&](const std::string& line) { return Wrap(line, style.width, 2) + "\n"; };
  text += wrapped(fmt::format("Equally good: {}.", codesign::QualityText(t.space.quality)));
  text += wrapped(fmt::format("{} shapes meet it, {} do not; {} configurations computed.",
                              t.shapes.models.size(), t.shapes.refused.size(),
                              WithCommas(static_cast<std::int64_t>(t.evaluated))));
  if (!t.spending.source.empty()) text += wrapped("Spent: " + t.spending.source + ".");
  text += StatedText(t.space.stated, style.width);
  for (std::size_t s = 0; s < t.space.speeds_tps.size(); ++s) {
    text +=
        "\n" + Bold(fmt::format("At {:g} tokens/s for each user", t.space.speeds_tps[s]), style);
    text += "\n\n" + BestText(t, s, style);
    text += "\nLoss of a model shaped for one machine on another:\n" +
            MatrixText(t, t.losses[s], style);
    text += "\nWhat softens it:\n" + MovesText(t, s, style);
    if (t.grown.empty()) continue;
    text += "\nWhat grown-up kernels would be worth:\n" + GrownText(t, s, style);
    text += "\nLosses then:\n" + MatrixText(t, t.grown_losses[s], style);
  }
  return text + "\n" +
         wrapped(
             "By the formulas, without the correction by measured rows: most of these machines "
             "have none. Chips without measured kernels borrow those of the chip that is most "
             "alike, at the same share of their own peaks.");
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
  Json stated = Json::array();
  for (const Stated& one : t.space.stated) {
    stated.push_back({{"what", one.what}, {"source", one.source}});
  }
  Json refused = Json::array();
  for (const auto& r : t.shapes.refused) refused.push_back({{"name", r.name}, {"why", r.why}});
  return {{"schema", "roofscape-portability-1"},
          {"name", t.space.name},
          {"quality", codesign::QualityText(t.space.quality)},
          {"objective", t.spending.key},
          {"spent", t.spending.source},
          {"stated", std::move(stated)},
          {"machines", std::move(machines)},
          {"models", std::move(models)},
          {"refused", std::move(refused)},
          {"speeds", std::move(speeds)},
          {"configurations", t.evaluated}};
}

}  // namespace roofscape::cli
