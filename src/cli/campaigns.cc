// roofscape campaigns: what was measured and collected for one question.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/run_selection.h"
#include "cli/table.h"
#include "results/store/store.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "List campaigns: runs and imported points that belong to one question. Or make one.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape campaigns\n"
    "  roofscape campaigns spring --purpose 'SGLang or vLLM on B200?' --label site=lab\n"
    "  roofscape campaigns spring 20261123-190222-1a2b3c\n"
    "  roofscape import inferencex benchmarks.json --campaign spring\n"
    "  roofscape compare engine=sglang engine=vllm --campaign spring\n\n"
    "With NAME: makes it where there is none of that name, and adds the runs. Nothing leaves a\n"
    "campaign, and its purpose and labels stay as they were made.";

struct Options {
  std::string db;
  std::string name;
  std::vector<std::string> runs;
  std::string purpose;
  std::vector<std::string> labels;
  bool json = false;
};

void Print(const std::vector<store::Campaign>& campaigns, bool json) {
  if (json) {
    Json all = Json::array();
    for (const store::Campaign& c : campaigns) {
      all.push_back({{"name", c.name},
                     {"purpose", c.purpose},
                     {"started", c.started.ToIso()},
                     {"labels", Json(c.labels)},
                     {"runs", c.runs},
                     {"points", c.points}});
    }
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  if (campaigns.empty()) {
    fmt::print(stderr, "No campaign yet. The first one: roofscape campaigns NAME\n");
    return;
  }
  Table table({{"campaign", Align::kLeft, false},
               {"started", Align::kLeft, false},
               {"runs"},
               {"points"},
               {"purpose", Align::kLeft}});
  for (const store::Campaign& c : campaigns) {
    table.AddRow({c.name, FormatMinute(c.started), std::to_string(c.runs), std::to_string(c.points),
                  c.purpose});
  }
  fmt::print("{}", table.ToText(StyleOf(stdout)));
}

Result<> Campaigns(const Options& options, WallTime now) {
  const bool list = options.name.empty();
  RS_ASSIGN_OR_RETURN(
      const std::unique_ptr<store::Store> store,
      store::OpenStore(list ? StorePath(options.db) : StorePathToWrite(options.db),
                       list ? store::OpenMode::kReadOnly : store::OpenMode::kReadWrite));
  if (list) {
    RS_ASSIGN_OR_RETURN(const std::vector<store::Campaign> campaigns, store->Campaigns());
    Print(campaigns, options.json);
    return {};
  }
  std::vector<std::string> ids;
  for (const std::string& run : options.runs) {
    RS_ASSIGN_OR_RETURN(ids.emplace_back(), store->FindRun(run));
  }
  RS_RETURN_IF_ERROR(EnterCampaign(*store, options.name, now, options.purpose, options.labels));
  RS_RETURN_IF_ERROR(store->JoinCampaign(options.name, ids));
  RS_ASSIGN_OR_RETURN(std::vector<store::Campaign> campaigns, store->Campaigns());
  std::erase_if(campaigns, [&](const store::Campaign& c) { return c.name != options.name; });
  Print(campaigns, options.json);
  return {};
}

}  // namespace

void AddCampaignsCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("campaigns", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  CommandOption* const name =
      command->AddOption("NAME", options->name, "A campaign (default: list them)");
  command->AddOption("RUN", options->runs, "Runs that belong to it")->Needs(name);
  command->AddOption("--purpose", options->purpose, "What a new campaign is to answer")
      ->Needs(name);
  command->AddOption("--label", options->labels, "NAME=VALUE of a new one; may be repeated")
      ->AllowExtraArgs(false)
      ->Needs(name);
  command->AddFlag("--json", options->json, "Print an array of objects");
  AddDbOption(*command, options->db);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] {
      const Result<> done = Campaigns(*options, invocation.clock->Wall());
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
