#include "cli/validate_text.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

std::string Percent(double fraction) { return fmt::format("{:.1f}", 100.0 * fraction); }

void AddLine(Table& table, const calibrate::GroupErrors& group, std::string_view figure,
             const calibrate::ErrorSummary& s) {
  if (s.rows == 0) return;
  table.AddRow({group.by == "all" ? "" : group.by, group.name, std::string(figure),
                std::to_string(s.rows), Percent(s.median), Percent(s.p75), Percent(s.p90),
                Percent(s.mean), fmt::format("{:+.1f}", 100.0 * s.bias),
                s.coverage80 > 0.0 ? Percent(s.coverage80) : "-"});
}

Json SummaryJson(const calibrate::ErrorSummary& s) {
  if (s.rows == 0) return nullptr;
  return {{"rows", s.rows},
          {"median", s.median},
          {"p75", s.p75},
          {"mean", s.mean},
          {"p90", s.p90},
          {"bias", s.bias},
          {"coverage80", s.coverage80}};
}

std::string Figure3(const calibrate::Figure& f, double scale) {
  return fmt::format("{:.6g},{:.6g},{:.6g}", f.value * scale, f.low80 * scale, f.high80 * scale);
}

}  // namespace

std::string BadRowsText(std::span<const calibrate::BadRow> bad) {
  if (bad.empty()) return {};
  std::map<std::string, std::size_t> reasons;
  for (const auto& b : bad) ++reasons[b.reason];
  std::string text = fmt::format(" {} rows cannot be predicted:", bad.size());
  std::string_view separator = " ";
  for (const auto& [reason, count] : reasons) {
    text += fmt::format("{}{} ({})", separator, reason, count);
    separator = "; ";
  }
  return text + ".";
}

std::string ValidationTable(const ValidationReport& report, const Style& style) {
  Table table({{"by", Align::kLeft, false},
               {"", Align::kLeft, false},
               {"figure", Align::kLeft, false},
               {"rows"},
               {"median\n%"},
               {"p75\n%"},
               {"p90\n%"},
               {"mean\n%"},
               {"bias\n%"},
               {"in 80 %\ninterval"}});
  for (const auto& group : report.groups) {
    AddLine(table, group, "TPOT", group.tpot);
    AddLine(table, group, "TTFT", group.ttft);
    AddLine(table, group, "tok/s/chip", group.tput);
  }
  calibrate::GroupErrors oracle{"repeats", "aggregated, by their own median", {}, {}, {}};
  AddLine(table, oracle, "TPOT", report.oracle.tpot);
  AddLine(table, oracle, "TTFT", report.oracle.ttft);
  std::string text = "Errors, " + report.how + "\n\n" + table.ToText(style) + "\n";
  for (const auto& r : report.regrets) {
    if (r.choices == 0) continue;
    text += fmt::format(
        "Regret of the chosen layout at {:g} tok/s/user: median {} %, p90 {} % of {} "
        "choices.\n",
        r.interactivity_tps, Percent(r.median), Percent(r.p90), r.choices);
  }
  text += "\"?\": rows that do not say whether tokens were drafted.\n";
  if (report.fitted_rows > 0) {
    text += Wrap(fmt::format("{} of these rows lie on curves that the model was fitted to: their "
                             "errors prove nothing. Hold rows out with --hold-out.",
                             report.fitted_rows),
                 style.width, 0) +
            "\n";
  }
  const std::string bad = BadRowsText(report.bad);
  if (!bad.empty()) text += Wrap(bad.substr(1), style.width, 0) + "\n";
  return text;
}

Json ValidationJson(const ValidationReport& report) {
  Json groups = Json::array();
  for (const auto& g : report.groups) {
    groups.push_back({{"by", g.by},
                      {"name", g.name},
                      {"tpot", SummaryJson(g.tpot)},
                      {"ttft", SummaryJson(g.ttft)},
                      {"tput_per_chip", SummaryJson(g.tput)}});
  }
  Json regrets = Json::array();
  for (const auto& r : report.regrets) {
    regrets.push_back({{"interactivity_tps", r.interactivity_tps},
                       {"choices", r.choices},
                       {"median", r.median},
                       {"p90", r.p90}});
  }
  Json bad = Json::array();
  for (const auto& b : report.bad) bad.push_back({{"row", b.index + 1}, {"reason", b.reason}});
  return {{"schema", "roofscape-validation-1"},
          {"how", report.how},
          {"rows_on_fitted_curves", report.fitted_rows},
          {"groups", std::move(groups)},
          {"repeat_oracle",
           {{"tpot", SummaryJson(report.oracle.tpot)}, {"ttft", SummaryJson(report.oracle.ttft)}}},
          {"regret", std::move(regrets)},
          {"unpredicted", std::move(bad)}};
}

std::string CoefficientTableText(const calibrate::Model& model, const Style& style) {
  Table table({{"coefficient", Align::kLeft, false},
               {"prior"},
               {"vllm\nHopper"},
               {"vllm\nBlackwell"},
               {"sglang\nHopper"},
               {"sglang\nBlackwell"},
               {"trtllm\nHopper"},
               {"trtllm\nBlackwell"}});
  std::vector<perf::Coefficients<double>> values;
  for (const auto engine : {perf::kVllm, perf::kSglang, perf::kTensorRtLlm}) {
    for (const auto generation : {perf::Generation::kHopper, perf::Generation::kBlackwell}) {
      values.push_back(model.CoefficientsOf({engine, generation, perf::kBurstProtocol}));
    }
  }
  for (std::size_t c = 0; c < perf::kCoefficients; ++c) {
    const auto& info = perf::CoefficientTable()[c];
    std::vector<std::string> cells = {std::string(info.name), fmt::format("{:.3g}", info.prior)};
    for (const auto& v : values) cells.push_back(fmt::format("{:.3g}", v[c]));
    table.AddRow(std::move(cells));
  }
  return table.ToText(style);
}

std::string PerRowCsv(const calibrate::ServingRows& rows, std::span<const calibrate::Judged> judged,
                      std::span<const calibrate::BadRow> bad) {
  std::vector<const calibrate::Judged*> predictions(rows.table.rows.size(), nullptr);
  for (const auto& j : judged) predictions[rows.rows[j.row->row].index] = &j;
  std::vector<std::string_view> errors(rows.table.rows.size());
  for (const auto& b : bad) errors[b.index] = b.reason;
  std::string text = calibrate::CsvLine(rows.table.columns);
  for (const char* figure : {"mean_ttft_ms", "mean_tpot_ms", "tput_per_gpu"}) {
    text += fmt::format(",pred_{0},pred_{0}_lo80,pred_{0}_hi80", figure);
  }
  text += ",pred_domain,pred_error\n";
  for (std::size_t i = 0; i < rows.table.rows.size(); ++i) {
    text += calibrate::CsvLine(rows.table.rows[i]) + ",";
    if (const calibrate::Judged* j = predictions[i]) {
      const auto& p = j->prediction;
      text += fmt::format("{},{},{},{},\n", Figure3(p.ttft_s, 1e3), Figure3(p.tpot_s, 1e3),
                          Figure3(p.tput_per_chip, 1.0), Name(p.domain));
    } else {
      const std::string reason = errors[i].empty() ? "not judged" : std::string(errors[i]);
      text += ",,,,,,,,,," + calibrate::CsvLine({reason}) + "\n";
    }
  }
  return text;
}

}  // namespace roofscape::cli
