#include "service/fleet/expand.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/spec/plan_parts.h"
#include "domain/spec/run_result.h"
#include "results/store/digest.h"

namespace roofscape::fleet {
namespace {

using Words = std::map<std::string, std::string>;

constexpr std::size_t kMostVariants = 100'000;
constexpr std::size_t kMostPoints = 1'000'000;

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

/// A deployment with a value for each of its axes.
struct Variant {
  spec::Deployment deployment;
  Launch launch;
  Words axes;
};

std::optional<std::int64_t> Integer(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return number;
}

/// Sets what an axis names.
Result<> SetAxis(const std::string& axis, const std::string& value, Variant& variant) {
  spec::Deployment& d = variant.deployment;
  const std::map<std::string, std::string*> texts = {{"model", &d.model},
                                                     {"precision", &d.precision},
                                                     {"engine", &d.engine},
                                                     {"chip", &d.chip},
                                                     {"speculative", &d.speculative},
                                                     {"engine_version", &d.engine_version},
                                                     {"image", &variant.launch.image}};
  if (const auto text = texts.find(axis); text != texts.end()) {
    *text->second = value;
    return {};
  }
  static const std::set<std::string> kNumbers = {"tp", "pp",      "ep",
                                                 "dp", "workers", "chips_per_worker"};
  if (!kNumbers.contains(axis)) {
    // A setting of the engine where it is made from the catalog; in a command of the plan's own
    // it stands as {axis}.
    if (variant.launch.command.empty()) variant.launch.settings[axis] = value;
    return {};
  }
  const std::optional<std::int64_t> number = Integer(value);
  if (!number || *number > 1'000'000) {
    return Wrong(fmt::format("deployment '{}': axes.{}: must be a whole number from 1 on, got '{}'",
                             d.name, axis, value));
  }
  if (d.roles.empty()) d.roles.emplace_back();
  spec::Role& role = d.roles.front();
  if (axis == "tp") role.tp = number;
  if (axis == "pp") role.pp = number;
  if (axis == "ep") role.ep = number;
  if (axis == "dp") role.dp = number;
  if (axis == "workers") role.workers = *number;
  if (axis == "chips_per_worker") role.chips_per_worker = *number;
  return {};
}

/// A cut over more chips takes them, unless the plan counts chips itself.
void CountChips(const PlannedDeployment& planned, Variant& variant) {
  const bool cut = planned.axes.contains("tp") || planned.axes.contains("pp");
  if (!cut || planned.axes.contains("chips_per_worker")) return;
  spec::Role& role = variant.deployment.roles.front();
  role.chips_per_worker = role.tp.value_or(1) * role.pp.value_or(1);
}

Result<std::vector<Variant>> VariantsOf(const PlannedDeployment& planned) {
  std::vector<Variant> variants = {{planned.deployment, planned.launch, {}}};
  for (const auto& [axis, values] : planned.axes) {
    std::vector<Variant> next;
    if (variants.size() * values.size() > kMostVariants) {
      return Wrong(
          fmt::format("deployment '{}': axes: make more than {} combinations: leave values "
                      "out, or split the plan",
                      planned.deployment.name, kMostVariants));
    }
    for (const Variant& variant : variants) {
      for (const std::string& value : values) {
        Variant one = variant;
        one.axes[axis] = value;
        RS_RETURN_IF_ERROR(SetAxis(axis, value, one));
        next.push_back(std::move(one));
      }
    }
    variants = std::move(next);
  }
  for (Variant& variant : variants) CountChips(planned, variant);
  return variants;
}

/// Fields in the order of their names, whatever order they were written in.
std::string Canonical(const Json& json) { return nlohmann::json::parse(json.dump()).dump(); }

Json LayoutCore(const Layout& layout) {
  spec::Deployment deployment = layout.deployment;
  deployment.name.clear();
  Json files = Json::object();
  for (const auto& [path, text] : layout.files) files[path] = store::Sha256Hex(text);
  Json core = {{"format", 1},
               {"deployment", spec::ToJson(deployment)},
               {"command", layout.start.command},
               {"env", Json(layout.start.env)},
               {"files", std::move(files)}};
  // Of containers it stands in the command.
  if (!layout.start.image.empty()) core["image"] = layout.start.image;
  return core;
}

Json PointCore(const Point& point) {
  spec::Workload workload = point.plan.workload;
  workload.name.clear();
  Json request = {{"api", spec::Name(point.plan.target.api)},
                  {"token_counts", spec::Name(point.plan.target.token_counts)},
                  {"model", point.plan.target.model},
                  {"extra_body", point.plan.target.extra_body}};
  return {{"format", 1},
          {"layout", point.layout},
          {"workload", spec::ToJson(workload)},
          {"load", spec::ToJson(point.plan.load)},
          {"request", std::move(request)},
          {"timeouts", spec::ToJson(point.plan.timeouts)},
          {"client", spec::ToJson(point.plan.client)},
          {"seed", point.plan.seed}};
}

bool Excluded(const std::vector<Exclusion>& exclusions, const Words& facts) {
  return std::any_of(exclusions.begin(), exclusions.end(), [&](const Exclusion& exclusion) {
    return std::all_of(exclusion.begin(), exclusion.end(), [&](const auto& rule) {
      const auto fact = facts.find(rule.first);
      return fact != facts.end() &&
             std::find(rule.second.begin(), rule.second.end(), fact->second) != rule.second.end();
    });
  });
}

bool Names(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

/// A load of one level and one repeat.
spec::Load OneLoad(const spec::Load& load, const spec::LoadLevel& level) {
  spec::Load one = load;
  one.concurrency.clear();
  one.rates_rps.clear();
  if (level.concurrency > 0) one.concurrency = {level.concurrency};
  if (level.rate_rps) one.rates_rps = {*level.rate_rps};
  return one;
}

/// By how hard a point is: the first one is the canary's, and a server that breaks down breaks
/// down late.
double Weight(const Point& point) {
  const spec::Load& load = point.plan.load;
  if (!load.concurrency.empty()) return static_cast<double>(load.concurrency.front());
  return load.rates_rps.empty() ? 1e9 : 1e6 + load.rates_rps.front();
}

class Expander {
 public:
  Expander(const SweepPlan& plan, const KnownEngines& engines, const Surroundings& around)
      : plan_(plan), engines_(engines), around_(around) {}

  Result<Expansion> Run() {
    for (const PlannedDeployment& planned : plan_.deployments) {
      RS_ASSIGN_OR_RETURN(const std::vector<Variant> variants, VariantsOf(planned));
      for (const Variant& variant : variants) RS_RETURN_IF_ERROR(AddVariant(variant));
    }
    if (out_.points.empty()) {
      return Wrong(
          "the plan has no point: its exclusions, or the names in its loads, leave nothing");
    }
    return std::move(out_);
  }

 private:
  Result<> AddVariant(const Variant& variant) {
    RS_ASSIGN_OR_RETURN(Layout layout, LayoutOf(variant));
    if (!layouts_.insert(layout.id).second) {
      return Wrong(
          fmt::format("deployment '{}': {} is started exactly as another one of the plan: "
                      "leave one of them out",
                      variant.deployment.name, layout.name));
    }
    std::vector<Point> points;
    for (const PlannedLoad& load : plan_.loads) {
      if (!Names(load.deployments, variant.deployment.name)) continue;
      for (const spec::Workload& workload : plan_.workloads) {
        if (!Names(load.workloads, workload.name)) continue;
        for (const spec::LoadLevel& level : spec::LevelsOf(load.load)) {
          if (Excluded(plan_.exclusions, FactsOf(variant, workload, level))) continue;
          RS_RETURN_IF_ERROR(AddPoints(layout, workload, OneLoad(load.load, level), points));
        }
      }
    }
    if (points.empty()) return {};
    std::stable_sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
      return std::pair(a.repeat, Weight(a)) < std::pair(b.repeat, Weight(b));
    });
    out_.layouts.push_back(std::move(layout));
    for (Point& point : points) out_.points.push_back(std::move(point));
    return {};
  }

  Result<Layout> LayoutOf(const Variant& variant) {
    Layout layout;
    layout.name = variant.deployment.name;
    for (const auto& [axis, value] : variant.axes)
      layout.name += fmt::format(" {}={}", axis, value);
    layout.deployment = variant.deployment;
    layout.deployment.name = layout.name;
    if (layout.deployment.engine_version.empty()) {
      const auto version = around_.engine_versions.find(
          VersionCommandOf(variant.deployment, variant.launch, engines_));
      if (version != around_.engine_versions.end()) {
        layout.deployment.engine_version = version->second;
      }
    }
    RS_ASSIGN_OR_RETURN(layout.start,
                        ServerStartOf(variant.deployment, variant.launch, variant.axes, engines_));
    for (const std::string& file : variant.launch.files) {
      const std::string path = FillIn(file, variant.axes);
      const auto text = around_.files.find(path);
      if (text == around_.files.end()) {
        return Wrong(fmt::format("deployment '{}': launch.files: '{}' was not read",
                                 variant.deployment.name, path));
      }
      layout.files[path] = text->second;
    }
    layout.id = store::Sha256Hex(Canonical(LayoutCore(layout)));
    return layout;
  }

  static Words FactsOf(const Variant& variant, const spec::Workload& workload,
                       const spec::LoadLevel& level) {
    Words facts = variant.axes;
    facts["deployment"] = variant.deployment.name;
    facts["workload"] = workload.name;
    if (level.concurrency > 0) facts["concurrency"] = std::to_string(level.concurrency);
    if (level.rate_rps) facts["rate_rps"] = Json(*level.rate_rps).dump();
    return facts;
  }

  Result<> AddPoints(const Layout& layout, const spec::Workload& workload, const spec::Load& load,
                     std::vector<Point>& points) {
    Point point;
    point.layout = layout.id;
    point.plan.target = plan_.target;
    point.plan.deployment = layout.deployment;
    point.plan.workload = workload;
    point.plan.load = load;
    point.plan.timeouts = plan_.timeouts;
    point.plan.client = plan_.client;
    point.plan.seed = static_cast<std::uint64_t>(plan_.seed);
    if (const Result<> valid = spec::Validate(point.plan); !valid) {
      return valid.error().In(fmt::format("workload '{}'", workload.name));
    }
    point.recipe = store::Sha256Hex(Canonical(PointCore(point)));
    if (!recipes_.insert(point.recipe).second) {
      return Wrong(fmt::format("{}: {} stands twice in the plan: leave one of them out",
                               layout.name, point.Title()));
    }
    const auto repeats = static_cast<std::size_t>(plan_.repeats);
    if (out_.points.size() + points.size() + repeats > kMostPoints) {
      return Wrong(fmt::format("the plan has more than {} points: split it", kMostPoints));
    }
    for (point.repeat = 0; point.repeat < plan_.repeats; ++point.repeat) points.push_back(point);
    return {};
  }

  const SweepPlan& plan_;
  const KnownEngines& engines_;
  const Surroundings& around_;
  std::set<std::string> layouts_;
  std::set<std::string> recipes_;
  Expansion out_;
};

}  // namespace

std::string Point::Title() const {
  return fmt::format("{}, {}, repeat {}", plan.workload.name, spec::LoadsName(plan.load),
                     repeat + 1);
}

Result<Wanted> WantedBy(const SweepPlan& plan, const KnownEngines& engines) {
  std::set<std::string> files;
  std::set<std::string> commands;
  for (const PlannedDeployment& planned : plan.deployments) {
    RS_ASSIGN_OR_RETURN(const std::vector<Variant> variants, VariantsOf(planned));
    for (const Variant& variant : variants) {
      for (const std::string& file : variant.launch.files) {
        files.insert(FillIn(file, variant.axes));
      }
      const std::string command = VersionCommandOf(variant.deployment, variant.launch, engines);
      if (!command.empty() && variant.deployment.engine_version.empty()) commands.insert(command);
    }
  }
  return Wanted{{files.begin(), files.end()}, {commands.begin(), commands.end()}};
}

Result<Expansion> Expand(const SweepPlan& plan, const KnownEngines& engines,
                         const Surroundings& surroundings) {
  return Expander(plan, engines, surroundings).Run();
}

}  // namespace roofscape::fleet
