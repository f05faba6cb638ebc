// roofscape compare: two runs, two engines, two dates, held against each other.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/compare_text.h"
#include "cli/row_selection.h"
#include "domain/analysis/compare.h"
#include "results/store/recompute.h"
#include "results/store/store.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Show the difference of two runs or of two sets of points.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape compare 20261128-190222 last\n"
    "  roofscape compare engine=sglang engine=tensorrt-llm --chip b200 --precision fp8 \\\n"
    "    --speculative none --shape 1024/1024 --at 30,50,100\n"
    "  roofscape compare until=2026-01-31 since=2026-05-01 --chip h200 --shape 1024/1024 \\\n"
    "    --at 30,50,100\n\n"
    "A and B are runs, by id, beginning of an id or 'last'; or conditions joined by commas on\n"
    "model, chip, engine, precision, speculative, since and until, beside those of the flags,\n"
    "which hold for both. Points are matched by load, or with --at read at the same interactivity. "
    "Only repeats\n"
    "decide that there is a difference: bench --repeat 5. Exit status 4: B is worse.";

struct Options {
  std::string a, b;
  RowSelection rows;
  std::string catalog;
  std::string metric = "total_tps_per_chip";
  std::string x = "interactivity_p50_tps";
  std::vector<double> at;
  bool json = false;
};

bool IsCondition(const std::string& side) { return side.find('=') != std::string::npos; }

/// Adds "engine=sglang,chip=b200" to what the flags say.
Result<> AddConditions(const std::string& side, RowSelection& selection) {
  for (const std::string& condition : Split(side, ',')) {
    const std::size_t equals = condition.find('=');
    const std::string name = condition.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : condition.substr(equals + 1);
    const std::pair<std::string_view, std::string*> fields[] = {
        {"model", &selection.model},
        {"chip", &selection.chip},
        {"engine", &selection.engine},
        {"precision", &selection.precision},
        {"speculative", &selection.speculative},
        {"since", &selection.since},
        {"until", &selection.until},
        {"campaign", &selection.campaign},
    };
    std::string* field = nullptr;
    for (const auto& [known, place] : fields) {
      if (known == name) field = place;
    }
    if (field == nullptr || value.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("'{}': must be NAME=VALUE with one of model, chip, engine, "
                               "precision, speculative, since, until, campaign",
                               condition)};
    }
    *field = value;
  }
  return {};
}

Result<std::vector<spec::Row>> SideOf(const std::string& side, const Options& options,
                                      const catalog::Catalog& catalog) {
  if (IsCondition(side)) {
    RowSelection selection = options.rows;
    RS_RETURN_IF_ERROR(AddConditions(side, selection));
    return LoadRows(selection, catalog);
  }
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(options.rows.db), store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(spec::RunResult run, store->LoadRun(side));
  RS_RETURN_IF_ERROR(store::RecomputeUnfinished(*store, run));
  return spec::RowsOf(run);
}

struct Answer {
  std::string pool_a, pool_b;
  std::size_t points_a = 0, points_b = 0;
  std::string at;  // Heads the column of what was matched.
  analysis::Comparison comparison;
};

Result<Answer> Compute(const Options& options) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_ASSIGN_OR_RETURN(const analysis::RowAxis metric, analysis::MetricAxis(options.metric));
  RS_ASSIGN_OR_RETURN(const std::vector<spec::Row> a, SideOf(options.a, options, catalog));
  RS_ASSIGN_OR_RETURN(const std::vector<spec::Row> b, SideOf(options.b, options, catalog));
  Answer answer{analysis::PooledOver(a), analysis::PooledOver(b), a.size(), b.size(), "load", {}};
  if (options.at.empty()) {
    RS_ASSIGN_OR_RETURN(answer.comparison, analysis::CompareByLoad(a, b, metric));
    return answer;
  }
  RS_ASSIGN_OR_RETURN(const analysis::RowAxis x, analysis::MetricAxis(options.x));
  answer.at = x.unit;
  RS_ASSIGN_OR_RETURN(answer.comparison, analysis::CompareAt(a, b, x, metric, options.at));
  return answer;
}

int Compare(const Options& options) {
  const auto answer = Compute(options);
  if (!answer) return Report(answer.error());
  if (options.json) {
    Json json = ComparisonJson(answer->comparison, answer->at);
    json["a"] = options.a;
    json["b"] = options.b;
    json["pooled_a"] = answer->pool_a;
    json["pooled_b"] = answer->pool_b;
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("a: {} ({} points)\n", options.a, answer->points_a);
    if (!answer->pool_a.empty()) fmt::print("   the best of: {}\n", answer->pool_a);
    fmt::print("b: {} ({} points)\n", options.b, answer->points_b);
    if (!answer->pool_b.empty()) fmt::print("   the best of: {}\n", answer->pool_b);
    fmt::print("\n{}", ComparisonTable(answer->comparison, answer->at, StyleOf(stdout)));
  }
  return answer->comparison.finding == analysis::Finding::kWorse ? kRegression : kDone;
}

}  // namespace

void AddCompareCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("compare", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("A", options->a, "A run, or conditions: engine=sglang,chip=b200")->Required();
  command->AddOption("B", options->b, "What A is held against")->Required();
  command->AddOption("--metric", options->metric, "What is compared")->ShowDefault();
  command->AddOption("--at", options->at, "Read both sides where x meets these")
      ->Check(Positive())
      ->Delimiter(',');
  command->AddOption("--x", options->x, "The metric of --at")->ShowDefault();
  AddRowSelection(*command, options->rows);
  command->AddFlag("--json", options->json, "Print one object");
  AddCatalogOption(*command, options->catalog);
  command->OnChosen(
      [options, &invocation] { invocation.run = [options] { return Compare(*options); }; });
}

}  // namespace roofscape::cli
