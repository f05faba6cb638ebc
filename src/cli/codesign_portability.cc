#include "cli/codesign_portability.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/core/text.h"
#include "cli/codesign_stated.h"

namespace roofscape::cli {
namespace {

using codesign::Served;
using study::Move;
using study::PortabilityTable;

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

}  // namespace

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

}  // namespace roofscape::cli
