// roofscape catalog: chips, fabrics, models, engines, prices and scores, each number with its
// source.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/catalog_add_model.h"
#include "cli/catalog_source.h"
#include "cli/catalog_text.h"
#include "cli/command.h"
#include "domain/catalog/check.h"
#include "domain/catalog/entry_json.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Facts about chips, fabrics, models, engines, prices and scores, each number with its source.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape catalog list chips\n"
    "  roofscape catalog show h100\n"
    "  roofscape catalog check\n\n"
    "The catalog is inside the program; --catalog DIR reads a folder in its place.";

struct Options {
  std::string folder;
  std::string name;
  bool json = false;
};

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

/// "price book" stands in the folder "prices", and so on.
bool IsOfKind(std::string_view entry_kind, std::string_view folder) {
  if (entry_kind == "price book") return folder == "prices";
  if (entry_kind == "eval") return folder == "scores";
  return folder.substr(0, folder.size() - 1) == entry_kind;
}

int List(const Options& options) {
  const auto catalog = LoadCatalog(options.folder);
  if (!catalog) return Report(catalog.error());
  const Style style = StyleOf(stdout);
  if (options.json) {
    Json all = Json::array();
    for (const catalog::Found& found : catalog::AllEntries(*catalog)) {
      if (options.name.empty() || IsOfKind(found.kind, options.name)) {
        all.push_back(catalog::EntryJson(found, false));
      }
    }
    fmt::print("{}\n", Dump(all));
  } else if (options.name.empty()) {
    fmt::print("{}", CatalogSummary(*catalog, style));
  } else {
    fmt::print("{}", CatalogTable(*catalog, options.name, style));
  }
  return kDone;
}

Error NothingNamed(const catalog::Catalog& catalog, const std::string& name) {
  std::vector<std::string> known;
  for (const catalog::Found& found : catalog::AllEntries(catalog)) {
    known.push_back(found.entry->id);
    known.insert(known.end(), found.entry->aliases.begin(), found.entry->aliases.end());
  }
  return Error{ErrorCode::kNotFound,
               fmt::format("nothing in the catalog is called '{}'.{} See what there is with "
                           "'roofscape catalog list chips' (or models, prices, ...)",
                           Printable(name, 60), DidYouMean(name, known))};
}

int Show(const Options& options) {
  const auto catalog = LoadCatalog(options.folder);
  if (!catalog) return Report(catalog.error());
  const std::vector<catalog::Found> found = catalog::FindEntries(*catalog, options.name);
  if (found.empty()) return Report(NothingNamed(*catalog, options.name));
  const Style style = StyleOf(stdout);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (options.json) {
      fmt::print("{}\n", Dump(catalog::EntryJson(found[i], true)));
    } else {
      fmt::print("{}{}", i == 0 ? "" : "\n", EntryText(*catalog, found[i], style));
    }
  }
  return kDone;
}

int Check(const Options& options) {
  const auto files = CatalogFiles(options.name.empty() ? options.folder : options.name);
  if (!files) return Report(files.error());
  const catalog::Parsed parsed = catalog::ParseFiles(*files);
  std::vector<std::string> problems;
  for (const Error& error : parsed.errors) problems.push_back(error.message);
  for (const catalog::Problem& problem : catalog::Check(parsed.catalog)) {
    problems.push_back(problem.ToText());
  }
  if (options.json) {
    fmt::print("{}\n", Dump({{"files", files->size()}, {"problems", problems}}));
  } else {
    for (const std::string& problem : problems) fmt::print("{}\n", problem);
    fmt::print(stderr, "{} files, {} problem{}\n", files->size(), problems.size(),
               problems.size() == 1 ? "" : "s");
  }
  return problems.empty() ? kDone : kFailed;
}

using Action = int (*)(const Options&);

/// One subcommand of `catalog`; what it still needs can be added to the result.
std::pair<Command*, std::shared_ptr<Options>> AddPart(Command& parent, Invocation& invocation,
                                                      const char* name, const char* description,
                                                      const char* footer, Action action) {
  Command* command = parent.AddSubcommand(name, description);
  command->Footer(footer);
  auto options = std::make_shared<Options>();
  AddCatalogOption(*command, options->folder);
  command->AddFlag("--json", options->json, "Print JSON");
  command->OnChosen([options, &invocation, action] {
    invocation.run = [options, action] { return action(*options); };
  });
  return {command, options};
}

}  // namespace

void AddCatalogCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("catalog", kDescription);
  command->Footer(kFooter);
  command->RequireSubcommand();
  const auto [list, list_options] = AddPart(
      *command, invocation, "list", "A table of one kind, or how many there are of each.",
      "Example:\n  roofscape catalog list models\n  roofscape catalog list prices --json", List);
  list->AddOption("KIND", list_options->name, "chips, fabrics, models, engines, prices or scores")
      ->Check(OneOf({"chips", "fabrics", "models", "engines", "prices", "scores"}));
  const auto [show, show_options] = AddPart(
      *command, invocation, "show", "One entry with all its values and their sources.",
      "Example:\n  roofscape catalog show b200\n  roofscape catalog show dsr1 --json", Show);
  show->AddOption("NAME", show_options->name, "Its id, or a name that other data use")->Required();
  const auto [check, check_options] = AddPart(
      *command, invocation, "check",
      "Look for numbers without a source, prices without a date, and what cannot be.",
      "Example:\n  roofscape catalog check\n\nExit status 1 when anything is wrong.", Check);
  check->AddOption("DIR", check_options->name, "A folder to check (default: as --catalog)");
  AddCatalogAddModel(*command, invocation);
}

}  // namespace roofscape::cli
