#include "service/api/recipe.h"

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/analysis/curve.h"
#include "results/report/bench_command.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

void AddLine(std::string& text, std::string_view name, const std::string& value) {
  if (!value.empty()) text += fmt::format("{}: {}\n", name, value);
}

std::string SettingsText(const spec::Row& row) {
  const spec::Deployment& d = row.deployment;
  std::string text;
  AddLine(text, "model", d.model);
  const auto chips = spec::ChipCount(d);
  AddLine(text, "chips", chips ? fmt::format("{} x {}", *chips, d.chip) : d.chip);
  AddLine(text, "engine", d.engine);
  AddLine(text, "engine version", d.engine_version);
  AddLine(text, "precision", d.precision);
  AddLine(text, "speculative decoding", d.speculative);
  AddLine(text, "layout", analysis::LayoutName(d));
  AddLine(text, "workload", spec::ShapeName(row.workload));
  AddLine(text, "protocol", row.protocol);
  if (row.concurrency > 0) AddLine(text, "concurrency", std::to_string(row.concurrency));
  if (row.rate_rps) AddLine(text, "requests/s", fmt::format("{}", *row.rate_rps));
  for (const auto& [name, value] : d.engine_settings) AddLine(text, name, value);
  for (const auto& [name, value] : row.facts) AddLine(text, name, value);
  AddLine(text, "run", row.origin.url);
  return text;
}

}  // namespace

Json RecipeOf(const spec::Row& row) {
  const bool linked = !row.origin.url.empty();
  return {{"kind", linked ? "run_link" : "settings"},
          {"command", nullptr},
          {"url", OptionalText(row.origin.url)},
          {"text", SettingsText(row)}};
}

Json RecipeOf(const spec::Plan& plan) {
  const std::string command = report::BenchCommand(plan);
  return {{"kind", "command"}, {"command", command}, {"url", nullptr}, {"text", command}};
}

}  // namespace roofscape::api
