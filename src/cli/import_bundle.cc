#include "cli/import_bundle.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/version.h"
#include "cli/write_file.h"
#include "results/store/bundle_file.h"
#include "results/store/bundle_log.h"
#include "results/store/store.h"
#include "service/fleet/evidence_bundle.h"

namespace roofscape::cli {
namespace {

namespace fs = std::filesystem;

/// A folder for the runs on their way; removed at the end.
class WayFolder {
 public:
  static Result<WayFolder> Make() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "roofscape-bundle-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr) {
      return Error{ErrorCode::kIo,
                   "cannot make a temporary folder: set TMPDIR to one that can be written"};
    }
    return WayFolder(name);
  }
  WayFolder(WayFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  WayFolder& operator=(WayFolder&&) = delete;
  ~WayFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  std::string Database() const { return path_ + "/runs.db"; }

 private:
  explicit WayFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

struct Outcome {
  std::string file;
  std::string digest;
  store::BundleCounts counts;
  std::string campaign;
  bool campaign_fits = true;
  std::vector<std::string> differing;
};

Result<Outcome> ImportOne(const std::string& file, const BundleImport& import, WallTime now) {
  RS_ASSIGN_OR_RETURN(const std::string bytes, ReadFlagFile("FILE", file));
  store::BundleLimits limits;
  limits.plain_bytes = static_cast<std::size_t>(import.most_bytes);
  RS_ASSIGN_OR_RETURN(const store::Bundle bundle, store::ReadBundle(bytes, file, limits));
  RS_ASSIGN_OR_RETURN(const WayFolder way, WayFolder::Make());
  RS_ASSIGN_OR_RETURN(const fleet::BundleContent content,
                      fleet::UnpackBundle(bundle, file, way.Database()));
  const std::string path = StorePathToWrite(import.db);
  Outcome outcome{file, bundle.digest, {}, "", true, {}};
  const store::BundleRecord record{bundle.digest,
                                   now,
                                   fs::path(file).filename().string(),
                                   std::string(kVersion),
                                   std::string(bundle.manifest),
                                   content.runs};
  RS_ASSIGN_OR_RETURN(outcome.counts, store::AddBundle(path, record, way.Database()));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(path, store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(outcome.differing, fleet::DifferingRuns(*store, bundle, content.runs));
  if (content.campaign) {
    outcome.campaign = content.campaign->name;
    RS_ASSIGN_OR_RETURN(outcome.campaign_fits, fleet::JoinBundleCampaign(path, content));
  }
  return outcome;
}

Json ToJson(const Outcome& outcome) {
  return {{"file", outcome.file},
          {"manifest_sha256", outcome.digest},
          {"imported_before", outcome.counts.known},
          {"runs_added", outcome.counts.added},
          {"runs_known", outcome.counts.there},
          {"runs_differing", outcome.differing},
          {"campaign", outcome.campaign.empty() ? Json(nullptr) : Json(outcome.campaign)},
          {"campaign_fits", outcome.campaign_fits}};
}

/// What keeps a bundle from being taken over wholly: said on stderr.
bool Tell(const Outcome& outcome, bool json) {
  const store::BundleCounts& counts = outcome.counts;
  if (!json) {
    fmt::print("{}: manifest {}: {} runs added, {} known{}\n", outcome.file, outcome.digest,
               counts.added, counts.there, counts.known ? "; the bundle was imported before" : "");
  }
  for (const std::string& run : outcome.differing) {
    fmt::print(stderr,
               "roofscape: {}: run {} is here already and says something else: the one here "
               "stays. Import into another database (--db) to compare the two\n",
               outcome.file, run);
  }
  if (!outcome.campaign_fits) {
    fmt::print(stderr,
               "roofscape: {}: campaign '{}' here has another history: it got the runs, and its "
               "plan and state stay as they are\n",
               outcome.file, outcome.campaign);
  }
  return outcome.differing.empty();
}

}  // namespace

int ImportBundles(const BundleImport& import, WallTime now) {
  int status = kDone;
  Json all = Json::array();
  for (const std::string& file : import.files) {
    const auto outcome = ImportOne(file, import, now);
    if (!outcome) {
      status = std::max(status, Report(outcome.error()));
      continue;
    }
    if (!Tell(*outcome, import.json)) status = std::max(status, int{kFailed});
    all.push_back(ToJson(*outcome));
  }
  if (import.json) fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
  return status;
}

}  // namespace roofscape::cli
