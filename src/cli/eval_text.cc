#include "cli/eval_text.h"

#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "domain/analysis/curve.h"

namespace roofscape::cli {
namespace {

constexpr double kPercent = 100.0;

std::string Interval(const std::optional<spec::ScoreInterval>& interval) {
  if (!interval) return "-";
  return fmt::format("{:.1f}-{:.1f}", kPercent * interval->low, kPercent * interval->high);
}

std::string Whole(const std::optional<std::int64_t>& number, std::string_view missing) {
  return number ? std::to_string(*number) : std::string(missing);
}

std::string Day(const spec::EvalRow& row) { return spec::DayOrTime(row.measured, true); }

}  // namespace

std::string EvalTable(std::span<const spec::EvalRow> rows, const Style& style) {
  // A table a task, for its name would take the room of the model's.
  std::map<std::string, Table> tables;
  for (const spec::EvalRow& row : rows) {
    const spec::Deployment& d = row.deployment;
    auto& table = tables
                      .try_emplace(row.task, std::vector<Column>{{"measured", Align::kLeft, false},
                                                                 {"model", Align::kLeft},
                                                                 {"served by", Align::kLeft},
                                                                 {"users"},
                                                                 {"measure", Align::kLeft, false},
                                                                 {"score\n%"},
                                                                 {"95 %\ninterval"}})
                      .first->second;
    for (const spec::EvalScore& score : row.scores) {
      table.AddRow({row.measured.unix_us == 0 ? "-" : Day(row), d.model,
                    fmt::format("{} {} {}", d.chip, d.engine, d.precision),
                    row.concurrency > 0 ? std::to_string(row.concurrency) : "-", score.measure,
                    fmt::format("{:.1f}", kPercent * score.score), Interval(score.interval)});
    }
  }
  std::string out;
  for (const auto& [task, table] : tables) {
    out += fmt::format("{}{}\n{}", out.empty() ? "" : "\n", Bold(WithoutControls(task), style),
                       table.ToText(style));
  }
  return out;
}

std::string EvalCsv(std::span<const spec::EvalRow> rows) {
  std::string out =
      "measured,model,precision,chip,chips,engine,engine_version,speculative,layout,concurrency,"
      "task,harness,measure,score,error,low,high,questions,source,url\n";
  for (const spec::EvalRow& row : rows) {
    const spec::Deployment& d = row.deployment;
    for (const spec::EvalScore& score : row.scores) {
      const std::array<std::string, 20> fields = {
          spec::DayOrTime(row.measured, row.day_only),
          d.model,
          d.precision,
          d.chip,
          Whole(spec::ChipCount(d), ""),
          d.engine,
          d.engine_version,
          d.speculative,
          analysis::LayoutName(d),
          row.concurrency > 0 ? std::to_string(row.concurrency) : "",
          row.task,
          row.harness,
          score.measure,
          FormatExact(score.score),
          FormatExact(score.error),
          FormatExact(score.interval ? std::optional(score.interval->low) : std::nullopt),
          FormatExact(score.interval ? std::optional(score.interval->high) : std::nullopt),
          Whole(score.questions, ""),
          row.origin.source,
          row.origin.url};
      for (std::size_t i = 0; i < fields.size(); ++i) {
        out += (i == 0 ? "" : ",") + CsvField(fields[i]);
      }
      out += '\n';
    }
  }
  return out;
}

}  // namespace roofscape::cli
