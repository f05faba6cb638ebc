// roofscape imports: what was imported, what was kept aside, and the text of a row as published.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/table.h"
#include "results/store/archive.h"
#include "results/store/bundle_log.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "List what was imported, and what was kept aside and why.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape imports\n"
    "  roofscape imports 3\n"
    "  roofscape imports 3 --place 17\n"
    "  roofscape imports --bundles\n\n"
    "With an import's number, the rows of it that could not be understood. With a place, the text\n"
    "of that row as it was published.";

struct Options {
  std::string db;
  std::optional<std::int64_t> id;
  std::optional<std::int64_t> place;
  bool bundles = false;
  bool json = false;
};

void PrintImports(const std::vector<store::ImportRecord>& records, bool json) {
  if (json) {
    Json all = Json::array();
    for (const store::ImportRecord& record : records) {
      all.push_back({{"id", record.id},
                     {"known", record.known.ToIso()},
                     {"format", record.format},
                     {"source", record.source},
                     {"sha256", record.digest},
                     {"version", record.version},
                     {"added", record.counts.added},
                     {"already_known", record.counts.known},
                     {"newer", record.counts.newer},
                     {"aside", record.counts.aside},
                     {"evals", record.counts.evals}});
    }
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  Table table({{"import"},
               {"known since", Align::kLeft, false},
               {"format", Align::kLeft, false},
               {"added"},
               {"known"},
               {"newer"},
               {"aside"},
               {"evals"},
               {"source", Align::kLeft}});
  for (const store::ImportRecord& record : records) {
    const store::ImportCounts& counts = record.counts;
    table.AddRow({std::to_string(record.id), FormatMinute(record.known), record.format,
                  std::to_string(counts.added), std::to_string(counts.known),
                  std::to_string(counts.newer), std::to_string(counts.aside),
                  std::to_string(counts.evals), record.source});
  }
  fmt::print("{}", table.ToText(StyleOf(stdout)));
}

void PrintBundles(const std::vector<store::BundleRecord>& bundles, bool json) {
  Json all = Json::array();
  Table table({{"known since", Align::kLeft, false},
               {"manifest", Align::kLeft, false},
               {"runs"},
               {"source", Align::kLeft}});
  constexpr std::size_t kShort = 12;
  for (const store::BundleRecord& bundle : bundles) {
    all.push_back({{"known", bundle.known.ToIso()},
                   {"source", bundle.source},
                   {"manifest_sha256", bundle.digest},
                   {"version", bundle.version},
                   {"runs", bundle.runs}});
    table.AddRow({FormatMinute(bundle.known), bundle.digest.substr(0, kShort),
                  std::to_string(bundle.runs.size()), bundle.source});
  }
  if (json) {
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}", table.ToText(StyleOf(stdout)));
  }
}

void PrintAsides(const std::vector<spec::AsideRow>& rows, bool json) {
  if (json) {
    Json all = Json::array();
    for (const spec::AsideRow& row : rows) {
      all.push_back({{"place", row.place}, {"code", row.code}, {"reason", row.reason}});
    }
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  if (rows.size() == 1) {  // The reason has room.
    const std::string what = fmt::format("place {}: {}: ", rows[0].place, rows[0].code);
    fmt::print("{}\n", Wrap(what + rows[0].reason, StyleOf(stdout).width, 2));
    return;
  }
  Table table({{"place"}, {"code", Align::kLeft, false}, {"reason", Align::kLeft}});
  for (const spec::AsideRow& row : rows) {
    table.AddRow({std::to_string(row.place), row.code, row.reason});
  }
  fmt::print("{}{} rows were kept aside\n", rows.empty() ? "" : table.ToText(StyleOf(stdout)),
             rows.size());
}

Result<> Imports(const Options& options) {
  if (options.bundles) {
    RS_ASSIGN_OR_RETURN(const auto bundles, store::ListBundles(StorePath(options.db)));
    PrintBundles(bundles, options.json);
    return {};
  }
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Archive> archive,
                      store::OpenArchive(StorePath(options.db), store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const std::vector<store::ImportRecord> records, archive->Imports());
  if (!options.id) {
    PrintImports(records, options.json);
    return {};
  }
  const bool known =
      std::any_of(records.begin(), records.end(),
                  [&](const store::ImportRecord& record) { return record.id == *options.id; });
  if (!known) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("import {}: there is none of that number. All of them: roofscape "
                             "imports",
                             *options.id)};
  }
  if (options.place) {
    RS_ASSIGN_OR_RETURN(const std::string text, archive->Original(*options.id, *options.place));
    fmt::print("{}\n", text);
    return {};
  }
  RS_ASSIGN_OR_RETURN(const std::vector<spec::AsideRow> asides, archive->Asides(*options.id));
  PrintAsides(asides, options.json);
  return {};
}

}  // namespace

void AddImportsCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("imports", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  CommandOption* const id =
      command->AddOption("IMPORT", options->id, "The number of an import (default: list them)");
  command->AddOption("--place", options->place, "The text of the row at this place of the file")
      ->Needs(id);
  command->AddFlag("--bundles", options->bundles, "The evidence bundles that were read instead")
      ->Excludes(id);
  command->AddFlag("--json", options->json, "Print an array of objects");
  AddDbOption(*command, options->db);
  command->OnChosen([options, &invocation] {
    invocation.run = [options] {
      const Result<> done = Imports(*options);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
