#include "domain/analysis/series.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace roofscape::analysis {
namespace {

std::string Fact(const std::map<std::string, std::string>& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? std::string() : found->second;
}

std::string DeploymentName(const SeriesKey& key) {
  const spec::Deployment& d = key.deployment;
  if (!d.name.empty()) return d.name;
  const auto chips = spec::ChipCount(d);
  if (!d.chip.empty()) return chips ? fmt::format("{} x {}", *chips, d.chip) : d.chip;
  return key.server;
}

std::string WorkloadName(const SeriesKey& key) {
  const std::string& name = key.workload.name;
  const std::string shape = spec::ShapeName(key.workload);
  if (name.empty()) return shape;
  return name.find(shape) == std::string::npos ? name + " " + shape : name;
}

bool AllSame(const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(),
                     [&](const std::string& v) { return v == values.front(); });
}

}  // namespace

std::string ModelName(const spec::RunResult& run) {
  if (!run.plan.deployment.model.empty()) return run.plan.deployment.model;
  const std::string told = Fact(run.engine, "model");
  return told.empty() ? run.plan.target.model : told;
}

std::string EngineName(const spec::RunResult& run) {
  const spec::Deployment& d = run.plan.deployment;
  std::string name = d.engine.empty() ? Fact(run.engine, "name") : d.engine;
  const std::string version =
      d.engine_version.empty() ? Fact(run.engine, "version") : d.engine_version;
  if (!version.empty()) name += (name.empty() ? "" : " ") + version;
  return name;
}

SeriesKey KeyOf(const spec::RunResult& run, const spec::PointResult& point) {
  SeriesKey key;
  key.model = ModelName(run);
  key.engine = EngineName(run);
  key.deployment = run.plan.deployment;
  key.workload = run.plan.workload;
  key.api = run.plan.target.api;
  const bool known = !key.deployment.name.empty() || !key.deployment.chip.empty();
  if (!known) key.server = run.plan.target.url;
  key.protocol = point.protocol;
  key.way = run.way;
  return key;
}

std::vector<std::string> Labels(const std::vector<SeriesKey>& keys) {
  using Part = std::function<std::string(const SeriesKey&)>;
  const std::vector<Part> parts = {
      [](const SeriesKey& k) { return k.model; },
      [](const SeriesKey& k) { return DeploymentName(k); },
      [](const SeriesKey& k) { return k.deployment.precision; },
      [](const SeriesKey& k) { return k.engine; },
      [](const SeriesKey& k) { return std::string(spec::Name(k.api)); },
      [](const SeriesKey& k) { return k.protocol; },
      [](const SeriesKey& k) { return k.way; },
  };
  std::vector<std::string> labels;
  for (const SeriesKey& key : keys) labels.push_back(WorkloadName(key));
  for (const Part& part : parts) {
    std::vector<std::string> values;
    for (const SeriesKey& key : keys) values.push_back(part(key));
    if (values.empty() || AllSame(values)) continue;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!values[i].empty()) labels[i] += ", " + values[i];
    }
  }
  // What still looks alike differs in a setting: number it, so that no two lines share a name.
  for (std::size_t i = 0; i < labels.size(); ++i) {
    int number = 1;
    for (std::size_t j = i + 1; j < labels.size(); ++j) {
      if (labels[j] == labels[i]) labels[j] += fmt::format(" ({})", ++number);
    }
  }
  return labels;
}

}  // namespace roofscape::analysis
