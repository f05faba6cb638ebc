// roofscape bundle: all that results rest on, in one file.

#include "cli/bundle.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/version.h"
#include "cli/write_file.h"
#include "results/store/bundle_file.h"
#include "results/store/digest.h"
#include "results/store/store.h"
#include "service/fleet/evidence_bundle.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Write the evidence of a campaign or of runs into one file: results, request\n"
    "logs, plan, recipes, environment, logs of servers and workers, and a manifest\n"
    "of digests to be signed.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape bundle last -o evidence.tar.zst\n"
    "  roofscape bundle --check evidence.tar.zst\n"
    "  roofscape bundle --manifest evidence.tar.zst > manifest.json\n"
    "  ssh-keygen -Y sign -f KEY -n roofscape manifest.json\n"
    "  roofscape import bundle evidence.tar.zst\n\n"
    "tar --zstd -xf opens it, too. What a server wrote into its log goes with it:\n"
    "look before you publish, or use --without-logs. The format:\n"
    "docs/reference/evidence.md";

struct Options {
  std::vector<std::string> what;
  std::string out;
  std::string check;
  std::string manifest;
  std::string db;
  double most_bytes = 4.0 * (1 << 30);
  bool without_logs = false;
};

/// A campaign of that name, else runs.
Result<fleet::EvidenceRequest> RequestOf(const Options& options, store::Store& store) {
  fleet::EvidenceRequest request;
  request.logs = !options.without_logs;
  request.version = std::string(kVersion);
  RS_ASSIGN_OR_RETURN(const std::vector<store::Campaign> campaigns, store.Campaigns());
  std::set<std::string> runs;
  for (const std::string& name : options.what) {
    const bool campaign = std::any_of(campaigns.begin(), campaigns.end(),
                                      [&](const store::Campaign& one) { return one.name == name; });
    if (!campaign) {
      RS_ASSIGN_OR_RETURN(const std::string run, store.FindRun(name));
      runs.insert(run);
      continue;
    }
    if (!request.campaign.empty() && request.campaign != name) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("'{}' and '{}' are both campaigns: make a bundle of each",
                               request.campaign, name)};
    }
    request.campaign = name;
    RS_ASSIGN_OR_RETURN(const auto members, store.Runs({.campaign = name}));
    for (const store::RunSummary& run : members) runs.insert(run.id);
  }
  request.runs.assign(runs.begin(), runs.end());
  return request;
}

Result<> Write(const Options& options) {
  const std::string path = StorePath(options.db);
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(path, store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const fleet::EvidenceRequest request, RequestOf(options, *store));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::SweepLog> log,
                      store::OpenSweepLog(path, store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const fleet::Evidences evidence,
                      fleet::CollectEvidence(*store, log.get(), request));
  const std::string bytes = store::WriteBundle(evidence.manifest, evidence.files);
  RS_RETURN_IF_ERROR(WriteWholeFile(options.out, bytes));
  for (const std::string& folder : evidence.missing) {
    fmt::print(stderr, "roofscape: job folder '{}' is not here any more: its logs are left out\n",
               folder);
  }
  fmt::print("{}: {} runs, {} files, {} bytes; manifest {}\n", options.out, request.runs.size(),
             evidence.files.size(), WithCommas(static_cast<std::int64_t>(bytes.size())),
             store::Sha256Hex(evidence.manifest));
  return {};
}

Result<store::Bundle> Read(const Options& options, const std::string& path) {
  RS_ASSIGN_OR_RETURN(const std::string bytes, ReadFlagFile("FILE", path));
  store::BundleLimits limits;
  limits.plain_bytes = static_cast<std::size_t>(options.most_bytes);
  return store::ReadBundle(bytes, path, limits);
}

Result<> Check(const Options& options) {
  RS_ASSIGN_OR_RETURN(const store::Bundle bundle, Read(options, options.check));
  fmt::print("{}: whole; {} files as its manifest says; manifest {}\n", options.check,
             bundle.files.size(), bundle.digest);
  return {};
}

Result<> PrintManifest(const Options& options) {
  RS_ASSIGN_OR_RETURN(const store::Bundle bundle, Read(options, options.manifest));
  fmt::print("{}", bundle.manifest);
  return {};
}

Result<> Run(const Options& options) {
  if (!options.check.empty()) return Check(options);
  if (!options.manifest.empty()) return PrintManifest(options);
  if (options.what.empty() || options.out.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "bundle: name a campaign or runs, and the file with -o FILE"};
  }
  return Write(options);
}

}  // namespace

void AddBundleCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("bundle", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  CommandOption* const what =
      command->AddOption("WHAT", options->what, "A campaign, or runs by id, beginning or 'last'");
  command->AddOption("-o,--out", options->out, "The file, as evidence.tar.zst");
  command->AddFlag("--without-logs", options->without_logs,
                   "Leave out the folders of jobs, with the logs of servers and workers");
  CommandOption* const check =
      command->AddOption("--check", options->check, "Read a bundle and say whether it is whole")
          ->TypeName("FILE")
          ->Excludes(what);
  command->AddOption("--manifest", options->manifest, "Read a bundle and print its manifest")
      ->TypeName("FILE")
      ->Excludes(what)
      ->Excludes(check);
  command->AddOption("--most-bytes", options->most_bytes, "What a bundle may unpack to")
      ->Check(InRange(1.0, 1e13))
      ->ShowDefault();
  AddDbOption(*command, options->db);
  command->OnChosen([options, &invocation] {
    invocation.run = [options] {
      const Result<> done = Run(*options);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
