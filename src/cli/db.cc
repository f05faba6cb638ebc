// roofscape db: the care of the store. migrate, check, copy.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/text.h"
#include "cli/command.h"
#include "cli/table.h"
#include "results/store/care.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "The care of the store: bring its schema up to date, check it, copy it elsewhere.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape db check\n"
    "  roofscape db copy results.db postgresql://me@dbhost/roofscape\n\n"
    "A database is the path of a file or postgresql://USER@HOST:PORT/NAME. Leave the password to\n"
    "PGPASSWORD or ~/.pgpass: what stands on a command line, others on the machine can see.";

constexpr const char* kMigrateFooter =
    "Example:\n"
    "  roofscape db migrate --db postgresql://me@dbhost/roofscape\n\n"
    "Other commands do so too when they open an older store; on a server that takes the rights of\n"
    "the database's owner, which this command can be given alone.";

constexpr const char* kCheckFooter =
    "Example:\n"
    "  roofscape db check --db results.db\n\n"
    "Reads every row and changes nothing: schema, damage, rows that name what is not there, the\n"
    "triggers that refuse changes, every stored log and series, and imported files against the\n"
    "digests they came with. Exit status 1 when anything is wrong.";

constexpr const char* kCopyFooter =
    "Example:\n"
    "  roofscape db copy results.db postgresql://me@dbhost/roofscape\n"
    "  roofscape db copy postgresql://me@dbhost/roofscape saved.db\n\n"
    "TO is made or brought up to date, and must hold no rows. It is read again and compared "
    "before\n"
    "anything is kept: rows and SHA-256 of each table. FROM may be in use.\n"
    "When it fails, a file TO that was made for it is removed; an empty database on a server "
    "keeps\n"
    "its empty tables, and can be copied into again.";

struct Options {
  std::string db;
  std::string from;
  std::string to;
  bool json = false;
};

Json ToJson(const std::vector<store::TableContent>& tables) {
  Json json = Json::array();
  for (const store::TableContent& table : tables) {
    json.push_back({{"table", table.table}, {"rows", table.rows}, {"sha256", table.sha256}});
  }
  return json;
}

void PrintTables(const std::vector<store::TableContent>& tables) {
  Table table({{"table", Align::kLeft, false}, {"rows"}, {"sha256", Align::kLeft}});
  for (const store::TableContent& content : tables) {
    table.AddRow({content.table, WithCommas(content.rows), content.sha256.substr(0, 16)});
  }
  fmt::print("{}", table.ToText(StyleOf(stdout)));
}

void Print(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

int Migrate(const Options& options) {
  const auto change = store::MigrateStore(StorePathToWrite(options.db));
  if (!change) return Report(change.error());
  if (options.json) {
    Print({{"database", change->database}, {"from", change->from}, {"to", change->to}});
  } else if (change->from == change->to) {
    fmt::print("database '{}': schema {}, up to date already\n", change->database, change->to);
  } else {
    fmt::print("database '{}': schema {} -> {}{}\n", change->database, change->from, change->to,
               change->from == 0 ? " (it was empty)" : "");
  }
  return kDone;
}

int Check(const Options& options) {
  const auto report = store::CheckStore(StorePath(options.db));
  if (!report) return Report(report.error());
  if (options.json) {
    Print({{"database", report->database},
           {"schema", report->schema},
           {"newest_schema", report->newest_schema},
           {"append_only_tables", report->append_only_tables},
           {"log_chunks", report->log_chunks},
           {"files", report->files},
           {"series", report->series},
           {"tables", ToJson(report->tables)},
           {"problems", report->problems}});
  } else {
    PrintTables(report->tables);
    fmt::print(
        "database '{}': schema {} of {}, {} append-only tables guarded, {} log chunks, {} imported "
        "files and {} series read\n",
        report->database, report->schema, report->newest_schema, report->append_only_tables,
        WithCommas(report->log_chunks), WithCommas(report->files), WithCommas(report->series));
    for (const std::string& problem : report->problems) fmt::print("wrong: {}\n", problem);
    if (report->problems.empty()) fmt::print("nothing is wrong\n");
  }
  return report->problems.empty() ? kDone : kFailed;
}

int Copy(const Options& options) {
  const auto report = store::CopyStore(options.from, options.to);
  if (!report) return Report(report.error());
  if (options.json) {
    Print({{"from", report->from}, {"to", report->to}, {"tables", ToJson(report->tables)}});
    return kDone;
  }
  PrintTables(report->tables);
  fmt::print("copied '{}' to '{}': both hold the same rows\n", report->from, report->to);
  return kDone;
}

Command* AddAction(Command& group, const char* name, const char* description, const char* footer,
                   const std::shared_ptr<Options>& options, Invocation& invocation,
                   int (*act)(const Options&)) {
  Command* command = group.AddSubcommand(name, description);
  command->Footer(footer);
  command->AddFlag("--json", options->json, "Print an object");
  command->OnChosen(
      [options, &invocation, act] { invocation.run = [options, act] { return act(*options); }; });
  return command;
}

}  // namespace

void AddDbCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("db", kDescription);
  command->Footer(kFooter);
  command->RequireSubcommand();
  const auto options = std::make_shared<Options>();
  AddDbOption(*AddAction(*command, "migrate", "Bring the schema up to date.", kMigrateFooter,
                         options, invocation, &Migrate),
              options->db);
  AddDbOption(*AddAction(*command, "check", "Look for anything that is wrong.", kCheckFooter,
                         options, invocation, &Check),
              options->db);
  Command* copy = AddAction(*command, "copy", "Copy everything into another database and compare.",
                            kCopyFooter, options, invocation, &Copy);
  copy->AddOption("FROM", options->from, "A file or a URL")->Required();
  copy->AddOption("TO", options->to, "A new file, or a URL of an empty database")->Required();
}

}  // namespace roofscape::cli
