#include "cli/agreement_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

const AgreementRow* Find(std::span<const AgreementRow> rows, std::string_view load,
                         std::string_view way) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const AgreementRow& row) {
    return row.load == load && row.way == way;
  });
  return found == rows.end() ? nullptr : &*found;
}

std::optional<double> Change(const std::optional<double>& value,
                             const std::optional<double>& reference) {
  if (!value || !reference || *reference == 0.0) return std::nullopt;
  return *value / *reference - 1.0;
}

std::string FormatChange(std::optional<double> change) {
  return change ? fmt::format("{:+.1f} %", 100.0 * *change) : std::string();
}

Json Value(std::optional<double> value) { return value ? Json(*value) : Json(); }

}  // namespace

AgreementRow RowOfPoint(const spec::PointResult& point, std::string_view way) {
  const spec::PointMetrics* primary = point.Primary();
  const spec::PointMetrics& m = primary == nullptr ? point.whole : *primary;
  AgreementRow row;
  row.load = spec::LoadMark(point);
  row.way = way;
  row.ttft_mean_s = m.ttft_s.mean;
  row.ttft_p50_s = m.ttft_s.p50;
  row.tpot_mean_s = m.tpot_s.mean;
  row.output_tps = m.output_tps;
  return row;
}

std::string AgreementTable(std::span<const AgreementRow> rows, std::string_view reference,
                           const Style& style) {
  Table table({{"load"},
               {"way"},
               {"TTFT ms\nmean"},
               {"\np50"},
               {"TPOT ms\nmean"},
               {"output\ntok/s"},
               {"TTFT\np50"},
               {"TPOT\nmean"},
               {"output\ntok/s"},
               {"remark"}});
  std::string_view load;
  for (const AgreementRow& row : rows) {
    const AgreementRow* other = row.way == reference ? nullptr : Find(rows, row.load, reference);
    const auto change = [&](auto member) {
      return other == nullptr ? std::string() : FormatChange(Change(row.*member, other->*member));
    };
    table.AddRow({row.load == load ? "" : row.load, row.way, FormatMillis(row.ttft_mean_s),
                  FormatMillis(row.ttft_p50_s), FormatMillis(row.tpot_mean_s),
                  FormatNumber(row.output_tps), change(&AgreementRow::ttft_p50_s),
                  change(&AgreementRow::tpot_mean_s), change(&AgreementRow::output_tps),
                  row.remark});
    load = row.load;
  }
  return table.ToText(style) + fmt::format("differences are from what was {}\n", reference);
}

Json AgreementJson(std::span<const AgreementRow> rows, std::string_view reference) {
  Json all = Json::array();
  for (const AgreementRow& row : rows) {
    const AgreementRow* other = Find(rows, row.load, reference);
    Json json = {{"load", row.load},
                 {"way", row.way},
                 {"ttft_mean_s", Value(row.ttft_mean_s)},
                 {"ttft_p50_s", Value(row.ttft_p50_s)},
                 {"tpot_mean_s", Value(row.tpot_mean_s)},
                 {"output_tps", Value(row.output_tps)},
                 {"remark", row.remark}};
    if (other != nullptr && other != &row) {
      json["ttft_p50_difference_fraction"] = Value(Change(row.ttft_p50_s, other->ttft_p50_s));
      json["tpot_difference_fraction"] = Value(Change(row.tpot_mean_s, other->tpot_mean_s));
      json["output_difference_fraction"] = Value(Change(row.output_tps, other->output_tps));
    }
    all.push_back(std::move(json));
  }
  return all;
}

}  // namespace roofscape::cli
