// roofscape import: results that others published, into the store.

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/import_bundle.h"
#include "cli/import_power.h"
#include "cli/row_selection.h"
#include "cli/table.h"
#include "cli/version.h"
#include "cli/write_file.h"
#include "domain/analysis/catalog_names.h"
#include "results/ingest/ingest.h"
#include "results/ingest/read_ahead.h"
#include "results/ingest/zip.h"
#include "results/store/archive.h"

namespace roofscape::cli {
namespace {

/// Not a format of rows: a trace beside a run.
constexpr std::string_view kPower = "power";
/// Whole runs with all that they rest on.
constexpr std::string_view kBundle = "bundle";

constexpr const char* kDescription = "Bring in results that others published.";

std::string Footer() {
  std::string text =
      "Example:\n"
      "  roofscape import inferencex benchmarks.json\n"
      "  roofscape import vllm result.json --deployment server.toml\n"
      "  roofscape import power power.csv --run last\n"
      "  roofscape import bundle evidence.tar.zst\n\n"
      "To import a file again adds nothing. What can be corrected is corrected, and every "
      "correction\n"
      "is kept beside the row; what cannot be understood is kept aside with the reason. The file\n"
      "itself is kept whole.\n\nFormats:\n";
  for (const ingest::Format& format : ingest::AllFormats()) {
    text += WrapUnder(fmt::format("  {:<15}", format.name), format.reads, 80) + "\n";
  }
  text += WrapUnder(fmt::format("  {:<15}", kPower),
                    "a trace of nvidia-smi --query-gpu=timestamp,index,power.draw --format=csv, "
                    "for the run of --run: energy a token, where the trace covers the points",
                    80) +
          "\n";
  text += WrapUnder(fmt::format("  {:<15}", kBundle),
                    "evidence bundles of roofscape bundle: runs with their logs, and the campaign",
                    80) +
          "\n";
  return text;
}

struct Options {
  std::string format;
  std::vector<std::string> files;
  std::string db;
  std::string catalog;
  std::string measured;
  std::string deployment;
  std::string campaign;
  std::string run;
  double offset_s = 0.0;
  double most_bytes = 4.0 * (1 << 30);
  bool again = false;
  bool json = false;
};

volatile std::sig_atomic_t stop_requested = 0;

void OnSignal(int /*signal*/) { stop_requested = 1; }

/// What came of one file.
struct Outcome {
  std::string file;
  bool done_before = false;
  store::ImportCounts counts;
};

std::string Codes(const std::map<std::string, std::int64_t>& codes) {
  std::string text;
  for (const auto& [code, count] : codes) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", code, count);
  }
  return text.empty() ? "none" : text;
}

void Print(const Outcome& outcome) {
  if (outcome.done_before) {
    fmt::print("{}: imported before; --again reads it once more\n", outcome.file);
    return;
  }
  const store::ImportCounts& counts = outcome.counts;
  fmt::print("{}: {} rows: {} added, {} known, {} newer, {} aside\n", outcome.file, counts.read(),
             counts.added, counts.known, counts.newer, counts.aside);
  if (counts.evals > 0) fmt::print("  evals: {} of these; see: roofscape evals\n", counts.evals);
  if (counts.joined > 0) fmt::print("  campaign: {} points joined\n", counts.joined);
  if (!counts.corrected.empty()) fmt::print("  corrected: {}\n", Codes(counts.corrected));
  if (!counts.asides.empty()) fmt::print("  aside: {}\n", Codes(counts.asides));
}

/// A file that is understood, and that holds no rows.
bool HoldsNoPoints(const store::ImportCounts& counts) {
  return counts.asides.contains(std::string(ingest::kJobCounts)) ||
         counts.asides.contains(std::string(ingest::kAvailability));
}

/// Nothing of the file was understood, or it breaks off: said on stderr, for it looks like success.
bool Failed(const Outcome& outcome) {
  const store::ImportCounts& counts = outcome.counts;
  if (HoldsNoPoints(counts)) {
    fmt::print(stderr,
               "roofscape: {}: holds nothing to make a row of, and was kept whole; 'roofscape "
               "imports' tells why\n",
               outcome.file);
    return false;
  }
  const bool nothing = counts.read() > 0 && counts.read() == counts.aside;
  const bool broken = counts.asides.contains("broken_end");
  if (broken) {
    fmt::print(stderr, "roofscape: {}: breaks off: {}\n", outcome.file,
               nothing ? "no row could be read" : "what stands before that was read");
  } else if (nothing) {
    fmt::print(stderr, "roofscape: {}: no row could be read: is it of this format?\n",
               outcome.file);
  }
  return nothing || broken;
}

Json ToJson(const Outcome& outcome) {
  const store::ImportCounts& counts = outcome.counts;
  return {{"file", outcome.file},
          {"imported_before", outcome.done_before},
          {"rows", counts.read()},
          {"added", counts.added},
          {"known", counts.known},
          {"newer", counts.newer},
          {"aside", counts.aside},
          {"evals", counts.evals},
          {"joined", counts.joined},
          {"corrected", Json(counts.corrected)},
          {"aside_codes", Json(counts.asides)}};
}

Result<Outcome> ImportFile(store::Archive& archive, const ingest::Format& format,
                           ingest::Source source, const Options& options, WallTime now) {
  RS_ASSIGN_OR_RETURN(std::string text, ReadFlagFile("FILE", source.name));
  if (format.unpack != nullptr && ingest::IsZip(text)) {
    RS_ASSIGN_OR_RETURN(
        text, format.unpack(text, source.name, static_cast<std::uint64_t>(options.most_bytes)));
  }
  Outcome outcome;
  outcome.file = source.name;
  const std::string digest = store::DigestOf(text);
  // What the flags say may be new even where the file is not.
  if (!options.again && options.measured.empty() && options.deployment.empty() &&
      options.campaign.empty()) {
    RS_ASSIGN_OR_RETURN(const auto before, archive.FindImport(digest, format.name, kVersion));
    outcome.done_before = before.has_value();
    if (outcome.done_before) return outcome;
  }
  RS_RETURN_IF_ERROR(archive.Begin(
      {std::string(format.name), source.name, std::string(kVersion), now, options.campaign, digest},
      text));
  const auto take = [&](const ingest::Batch& batch) -> Result<> {
    if (stop_requested != 0) {
      return Error{ErrorCode::kCancelled,
                   source.name + ": stopped: nothing of it was taken into the store"};
    }
    RS_RETURN_IF_ERROR(archive.Add(batch.rows));
    RS_RETURN_IF_ERROR(archive.AddEvals(batch.evals));
    return archive.SetAside(batch.aside);
  };
  const Result<> read = ingest::ReadAhead(format, text, source, take);
  if (!read) {
    archive.Abandon();
    return read.error();
  }
  RS_ASSIGN_OR_RETURN(outcome.counts, archive.Commit());
  return outcome;
}

Result<ingest::Source> SourceOf(const Options& options, const catalog::Catalog& catalog) {
  ingest::Source source;
  source.catalog = &catalog;
  if (!options.measured.empty()) {
    RS_ASSIGN_OR_RETURN(source.measured, ParseDay("--measured", options.measured));
  }
  if (!options.deployment.empty()) {
    RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("--deployment", options.deployment));
    RS_ASSIGN_OR_RETURN(source.deployment, spec::ParseDeployment(text, options.deployment));
    analysis::UseCatalogNames(catalog, *source.deployment);
  }
  return source;
}

/// Files one after the other: what is wrong with one does not keep the others out.
int Import(const Options& options, WallTime now) {
  if (options.format == kPower && options.run.empty()) {
    return Report({ErrorCode::kInvalidArgument,
                   "import power: say beside which run it was sampled: --run last"});
  }
  if (options.format == kPower) {
    return ImportPower({options.run, options.files, options.offset_s, options.db, options.json},
                       now);
  }
  if (options.format == kBundle) {
    return ImportBundles({options.files, options.db, options.most_bytes, options.json}, now);
  }
  const auto format = ingest::FindFormat(options.format);
  if (!format) return Report(format.error());
  const auto catalog = LoadCatalog(options.catalog);
  if (!catalog) return Report(catalog.error());
  auto source = SourceOf(options, *catalog);
  if (!source) return Report(source.error());
  const auto archive =
      store::OpenArchive(StorePathToWrite(options.db), store::OpenMode::kReadWrite);
  if (!archive) return Report(archive.error());
  // An import is one transaction: stopping must say that it came to nothing.
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  int status = kDone;
  Json all = Json::array();
  for (const std::string& file : options.files) {
    if (stop_requested != 0) break;
    source->name = file;
    const auto outcome = ImportFile(**archive, **format, *source, options, now);
    if (!outcome) {
      status = std::max(status, Report(outcome.error()));
    } else if (options.json) {
      all.push_back(ToJson(*outcome));
    } else {
      Print(*outcome);
    }
    if (outcome && Failed(*outcome)) status = std::max(status, int{kFailed});
  }
  if (options.json) {
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
  }
  return status;
}

}  // namespace

void AddImportCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("import", kDescription);
  command->Footer(Footer());
  const auto options = std::make_shared<Options>();
  command->AddOption("FORMAT", options->format, "One of the formats below")->Required();
  command->AddOption("FILE", options->files, "Files of that format")->Required();
  command->AddOption("--measured", options->measured,
                     "The day of rows that do not say when they were measured");
  command->AddOption("--deployment", options->deployment,
                     "What served, for formats that do not say it: a deployment file");
  command->AddOption("--campaign", options->campaign,
                     "The campaign to which all points of the files belong");
  CommandOption* const run =
      command->AddOption("--run", options->run, "With power: the run that was measured meanwhile");
  command
      ->AddOption("--offset", options->offset_s,
                  "With power: seconds to add to the trace's times to make them UTC")
      ->Needs(run);
  command
      ->AddOption("--most-bytes", options->most_bytes,
                  "With bundle, or a zip archive: what a file may unpack to")
      ->Check(InRange(1.0, 1e13));
  command->AddFlag("--again", options->again, "Also files that were imported before");
  command->AddFlag("--json", options->json, "Print an array of objects");
  AddCatalogOption(*command, options->catalog);
  AddDbOption(*command, options->db);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] { return Import(*options, invocation.clock->Wall()); };
  });
}

}  // namespace roofscape::cli
