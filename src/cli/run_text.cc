#include "cli/run_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/interval_text.h"
#include "domain/spec/metric_registry.h"

namespace roofscape::cli {
namespace {

constexpr std::size_t kNameWidth = 11;
// Among the facts about the server for whoever reads its counters; it told no such thing.
constexpr const char* kProbeTokens = "probe_output_tokens";

/// "  name       value", the value wrapped under itself; "" for an empty value.
std::string Field(std::string_view name, std::string_view value, const Style& style) {
  if (value.empty()) return "";
  return WrapUnder(fmt::format("  {:<{}} ", name, kNameWidth), WithoutControls(value),
                   style.width) +
         "\n";
}

std::string Joined(const std::map<std::string, std::string>& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

std::string Started(const spec::RunResult& run) {
  const std::string when = FormatMinute(run.started) + " UTC";
  if (!run.ended) return when + ", no end: still running, or killed";
  const auto took_us = run.ended->unix_us - run.started.unix_us;
  return fmt::format("{}, took {}", when, FormatAge(static_cast<double>(took_us) * 1e-6));
}

std::string Engine(const spec::RunResult& run) {
  const spec::Deployment& deployment = run.plan.deployment;
  std::string text = deployment.engine;
  if (!deployment.engine_version.empty()) text += " " + deployment.engine_version;
  if (!deployment.engine_settings.empty()) text += ": " + Joined(deployment.engine_settings);
  return text;
}

std::string Model(const spec::RunResult& run) {
  const spec::Plan& plan = run.plan;
  std::string text = plan.deployment.model.empty() ? plan.target.model : plan.deployment.model;
  if (!plan.deployment.precision.empty()) text += " in " + plan.deployment.precision;
  if (!plan.target.model.empty() && plan.target.model != plan.deployment.model &&
      !plan.deployment.model.empty()) {
    text += fmt::format(" ('{}' on the server)", plan.target.model);
  }
  return text;
}

std::string Chips(const spec::Deployment& deployment) {
  const auto count = spec::ChipCount(deployment);
  if (!count && deployment.chip.empty()) return "";
  if (!count) return deployment.chip + ", number not given: rates are of the whole deployment";
  std::string text = deployment.chip.empty()
                         ? fmt::format("{} of a chip that was not named", *count)
                         : fmt::format("{} x {}", *count, deployment.chip);
  if (deployment.roles.size() < 2) return text;
  for (std::size_t i = 0; i < deployment.roles.size(); ++i) {
    const spec::Role& role = deployment.roles[i];
    text += fmt::format("{}{} {} x {}", i == 0 ? ": " : ", ", role.name, role.workers,
                        role.chips_per_worker);
  }
  return text;
}

std::string Workload(const spec::Workload& workload) {
  const std::string shape = spec::ShapeName(workload) + " tokens in/out";
  return workload.name.empty() ? shape : fmt::format("{} ({})", workload.name, shape);
}

std::string LoadText(const spec::Load& load) {
  std::string text = spec::LoadsName(load);
  if (load.duration_s) {
    text += fmt::format("; {} s a point", FormatNumber(*load.duration_s));
  } else if (load.requests) {
    text += fmt::format("; {} requests a point", *load.requests);
  } else {
    text += fmt::format("; {} requests a user", spec::RequestsAt(load, 1).value_or(0));
  }
  if (load.protocol != spec::Protocol::kSteady) {
    text += fmt::format("; by the rules of {}", spec::Name(load.protocol));
  }
  if (load.repeat > 1) text += fmt::format("; each {} times", load.repeat);
  return text;
}

struct Chosen {
  const spec::PointMetrics* metrics;
  bool stand_in;  // The whole window in place of a steady one.
};

Chosen Choose(const spec::PointResult& point, WindowChoice window) {
  const spec::PointMetrics* primary = point.Primary();
  if (window == WindowChoice::kSteady && primary != nullptr) return {primary, false};
  return {&point.whole, window == WindowChoice::kSteady};
}

std::string VerdictCell(const spec::PointResult& point) {
  return point.complete ? std::string(spec::Name(point.verdict.instrument)) : "partial";
}

/// The numbers of one row, behind the point's name.
std::vector<std::string> Numbers(const Chosen& chosen, bool per_chip) {
  const spec::PointMetrics& metrics = *chosen.metrics;
  // Of what was not steady, batches say nothing.
  const std::string rate = chosen.stand_in
                               ? FormatNumber(metrics.output_tps)
                               : WithInterval(metrics.output_tps, metrics, "output_tps");
  std::vector<std::string> cells = {WithCommas(metrics.requests),
                                    WithCommas(metrics.failures),
                                    FormatMillis(metrics.ttft_s.p50),
                                    FormatMillis(metrics.ttft_s.p99),
                                    FormatMillis(metrics.itl_s.p50),
                                    FormatMillis(metrics.itl_s.p99),
                                    FormatNumber(metrics.interactivity_tps.p50),
                                    rate};
  if (per_chip) cells.push_back(FormatNumber(metrics.total_tps_per_chip));
  return cells;
}

std::vector<std::string> Reasons(const spec::PointResult& point) {
  std::vector<std::string> reasons;
  for (const std::string& reason : point.verdict.instrument_reasons) {
    reasons.push_back("instrument: " + reason);
  }
  for (const std::string& reason : point.verdict.server_reasons) {
    reasons.push_back("server: " + reason);
  }
  return reasons;
}

std::string ReasonLines(const spec::RunResult& run, WindowChoice window, const Style& style) {
  std::string text;
  for (const spec::PointResult& point : run.points) {
    std::vector<std::string> reasons = Reasons(point);
    const std::string attempted = AttemptedText(*Choose(point, window).metrics);
    if (!attempted.empty()) reasons.push_back("server: " + attempted);
    for (const std::string& reason : reasons) {
      text += Wrap(WithoutControls(
                       fmt::format("#{} ({}): {}", point.index, spec::LoadName(point), reason)),
                   style.width, 4) +
              "\n";
    }
  }
  return text;
}

std::string AuditValue(const std::string& name, const Json& value) {
  if (value.is_null()) return "-";
  if (name.ends_with("_fraction")) return FormatPercent(value.get<double>());
  if (name.ends_with("_s")) return HumanSeconds(value.get<double>());
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    return text.empty() ? "-" : text;
  }
  return WithCommas(value.get<std::int64_t>());
}

std::string WindowText(const spec::Window& window) {
  return fmt::format("{:.3f} s to {:.3f} s of the point",
                     static_cast<double>(window.begin_ns) * 1e-9,
                     static_cast<double>(window.end_ns) * 1e-9);
}

/// Counts without decimals.
std::string MetricCell(std::optional<double> value) {
  constexpr double kLargest = 1e15;
  if (value && std::isinf(*value)) return "inf";
  const bool whole = value && std::fabs(*value) < kLargest && *value == std::floor(*value);
  return whole ? WithCommas(std::llround(*value)) : FormatNumber(value);
}

std::string MetricTable(const spec::PointResult& point, const Style& style) {
  Table table({{"metric", Align::kLeft},
               {"steady"},
               {"whole"},
               {"unit", Align::kLeft},
               {"95 %", Align::kLeft}});
  const spec::PointMetrics* const chosen = point.Primary();
  const spec::PointMetrics& primary = chosen != nullptr ? *chosen : point.whole;
  for (const spec::MetricInfo& info : spec::AllMetrics()) {
    const std::optional<double> whole = info.value(point.whole);
    std::optional<double> steady;
    if (point.steady) steady = info.value(*point.steady);
    if (!steady && !whole) continue;
    // Without failures these are the percentiles once more, but for the rule of ranks.
    if (point.whole.failures == 0 && info.name.find("_attempted_") != std::string::npos) continue;
    table.AddRow({info.name, MetricCell(steady), MetricCell(whole), info.unit,
                  HalfWidth(primary, info.name)});
  }
  return table.ToText(style);
}

}  // namespace

std::string RunHeader(const spec::RunResult& run, const Style& style) {
  std::string text =
      fmt::format("{}: {}, {} by Roofscape {}\n", Bold("Run " + run.id, style),
                  spec::Name(run.status), WithoutControls(run.way), WithoutControls(run.version));
  text += Field("started", Started(run), style);
  const spec::Target& target = run.plan.target;
  text += Field("server", fmt::format("{} ({})", target.url, spec::Name(target.api)), style);
  text += Field("name", run.plan.deployment.name, style);
  text += Field("model", Model(run), style);
  text += Field("engine", Engine(run), style);
  std::map<std::string, std::string> told = run.engine;
  const auto probe = told.extract(kProbeTokens);
  text += Field("server told", Joined(told), style);
  if (!probe.empty()) {
    text += Field("probe", probe.mapped() + " output tokens, before the first point", style);
  }
  text += Field("chips", Chips(run.plan.deployment), style);
  text += Field("workload", Workload(run.plan.workload), style);
  text += Field("load", LoadText(run.plan.load), style);
  text += Field("seed", std::to_string(run.plan.seed), style);
  text += Field("labels", Joined(run.plan.labels), style);
  text += Field("client", Joined(run.host), style);
  for (const std::string& note : run.notes) text += Field("note", note, style);
  return text;
}

std::string PointTable(const spec::RunResult& run, WindowChoice window, const Style& style) {
  if (run.points.empty()) return "No point was begun.\n";
  const auto any = [&](auto&& test) {
    return std::any_of(run.points.begin(), run.points.end(), test);
  };
  const bool repeats = any([](const spec::PointResult& point) { return point.repeat > 0; });
  const bool per_chip = any([&](const spec::PointResult& point) {
    return Choose(point, window).metrics->total_tps_per_chip.has_value();
  });
  std::vector<Column> columns = {{"#"}, {"conc"}};
  if (repeats) columns.push_back({"rep"});
  columns.insert(columns.end(), {{"req"},
                                 {"fail"},
                                 {"TTFT ms\np50"},
                                 {"\np99"},
                                 {"ITL ms\np50"},
                                 {"\np99"},
                                 {"tok/s\n/user"},
                                 {"out\ntok/s"}});
  if (per_chip) columns.push_back({"tok/s\n/chip"});
  columns.push_back({"verdict", Align::kLeft, /*may_be_cut=*/false});

  Table table(std::move(columns));
  bool any_stand_in = false;
  bool any_steady = false;
  bool any_interval = false;
  for (const spec::PointResult& point : run.points) {
    const Chosen chosen = Choose(point, window);
    any_stand_in = any_stand_in || chosen.stand_in;
    any_steady = any_steady || (point.steady && chosen.metrics == &*point.steady);
    any_interval =
        any_interval || (!chosen.stand_in && chosen.metrics->intervals.contains("output_tps"));
    std::vector<std::string> cells = {std::to_string(point.index), spec::LoadMark(point)};
    if (repeats) cells.push_back(std::to_string(point.repeat));
    for (std::string& cell : Numbers(chosen, per_chip)) cells.push_back(std::move(cell));
    cells.push_back(VerdictCell(point) + (chosen.stand_in ? "*" : ""));
    table.AddRow(std::move(cells));
  }
  std::string text = table.ToText(style);
  if (any_stand_in) text += "* no steady window: these numbers are of the whole point\n";
  if (any_steady && any([](const spec::PointResult& point) { return !Reasons(point).empty(); })) {
    text += "numbers are of the steady windows, reasons of the whole points\n";
  }
  if (any_interval) text += "±: 95 % within this run, by batch means\n";
  return text + ReasonLines(run, window, style) + RepeatTable(run, style);
}

std::string PointDetails(const spec::PointResult& point, const Style& style) {
  std::string text =
      fmt::format("{}: {}, repeat {}, {}\n", Bold(fmt::format("Point {}", point.index), style),
                  spec::LoadName(point), point.repeat, VerdictCell(point));
  text += Field("started", FormatMinute(point.started) + " UTC", style);
  text += Field("protocol", point.protocol, style);
  text += Field("steady", point.steady ? WindowText(point.steady->window) : "not found", style);
  text += Field("whole", WindowText(point.whole.window), style);
  for (const std::string& reason : Reasons(point)) text += Field("reason", reason, style);
  for (const auto& [kind, count] : point.failures_by_kind) {
    text += Field("failed", fmt::format("{} x {}", WithCommas(count), kind), style);
  }
  text += "\n" + MetricTable(point, style);
  text +=
      Wrap(fmt::format(
               "95 %: interval within this run of the {} window, by batch means",
               point.Primary() == nullptr || point.Primary() == &point.whole ? "whole" : "steady"),
           style.width, 0) +
      "\n\n";

  Table audit({{"of the instrument itself", Align::kLeft}, {"value"}});
  const Json facts = spec::ToJson(point.audit);
  for (const auto& [name, value] : facts.items()) audit.AddRow({name, AuditValue(name, value)});
  return text + audit.ToText(style);
}

std::string PointsCsv(const spec::RunResult& run, WindowChoice window) {
  std::vector<Column> columns = {{"run"},      {"index"},    {"concurrency"},
                                 {"rate_rps"}, {"repeat"},   {"protocol"},
                                 {"window"},   {"complete"}, {"verdict"}};
  for (const spec::MetricInfo& info : spec::AllMetrics()) columns.push_back({info.name});
  Table table(std::move(columns));
  for (const spec::PointResult& point : run.points) {
    const Chosen chosen = Choose(point, window);
    const bool steady = chosen.metrics != &point.whole;
    std::vector<std::string> cells = {run.id,
                                      std::to_string(point.index),
                                      std::to_string(point.concurrency),
                                      FormatExact(point.rate_rps),
                                      std::to_string(point.repeat),
                                      point.protocol,
                                      steady ? "steady" : "whole",
                                      point.complete ? "true" : "false",
                                      std::string(spec::Name(point.verdict.instrument))};
    for (const spec::MetricInfo& info : spec::AllMetrics()) {
      cells.push_back(FormatExact(info.value(*chosen.metrics)));
    }
    table.AddRow(std::move(cells));
  }
  return table.ToCsv();
}

}  // namespace roofscape::cli
