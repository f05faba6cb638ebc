// roofscape publish: the dashboard as files for any host.

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/embedded_web.h"
#include "cli/model_source.h"
#include "cli/study_source.h"
#include "cli/version.h"
#include "cli/write_file.h"
#include "results/store/pg_url.h"
#include "service/api/export_static.h"
#include "service/api/study_desk.h"

namespace roofscape::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDescription =
    "Write the dashboard with the store's results as static files, for any file host.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape publish site\n"
    "  roofscape publish site --base-url https://example.org/roofscape\n\n"
    "Everything in the store is published: look before you upload. Predictions and running\n"
    "measurements need roofscape serve. data/manifest.json has the SHA-256 of every file.";

struct Options {
  std::string folder;
  std::string db;
  std::string catalog;
  std::string base_url;
  std::string studies;
  bool without_studies = false;
};

/// A folder that is empty, new, or a site of before.
Result<> CheckFolder(const std::string& folder) {
  std::error_code error;
  if (!fs::exists(folder, error) || fs::is_empty(folder, error)) return {};
  if (fs::exists(fs::path(folder) / "data" / "manifest.json", error)) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("'{}' holds other files: name a new or an empty folder, or one that "
                           "roofscape publish has written",
                           folder)};
}

Result<> WriteInto(const std::string& folder, const std::string& path, std::string_view bytes) {
  const fs::path whole = fs::path(folder) / path;
  std::error_code error;
  fs::create_directories(whole.parent_path(), error);
  if (error) {
    return Error{ErrorCode::kIo, fmt::format("folder '{}': {}: choose another place",
                                             whole.parent_path().string(), error.message())};
  }
  return WriteWholeFile(whole.string(), bytes);
}

Result<api::SiteSummary> Publish(const Options& options, const Clock& clock) {
  RS_RETURN_IF_ERROR(CheckFolder(options.folder));
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_ASSIGN_OR_RETURN(const calibrate::Model model, LoadModel(""));
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  const api::Predictor predictor(catalog, model, kernels->book);
  const std::string path = StorePath(options.db);
  api::StoreAccess store(path, catalog);
  RS_ASSIGN_OR_RETURN(api::KnownRows rows, store.LoadRows(std::nullopt));
  if (rows.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("'{}' holds nothing to publish: measure something (roofscape bench) "
                             "or import it",
                             store::NameOfDatabase(path))};
  }
  RS_ASSIGN_OR_RETURN(auto studies, LoadStudies(options.studies));
  api::StudyDesk desk(catalog, model, std::move(studies), clock);
  const api::Facts facts{&catalog, &predictor, kVersion, "",
                         options.without_studies ? nullptr : &desk};
  const api::ViewInput input{&facts, api::Snapshot::Make(std::move(rows), 1), clock.Wall()};
  const api::SiteOptions site{options.base_url, EmbeddedWeb()};
  return api::ExportStatic(input, store, site,
                           [&](const std::string& file, std::string_view bytes) {
                             return WriteInto(options.folder, file, bytes);
                           });
}

int RunPublish(const Options& options, const Clock& clock) {
  const auto done = Publish(options, clock);
  if (!done) return Report(done.error());
  fmt::print("{}: {} files, {:.2f} MB; {} points, {} runs\n", options.folder, done->files,
             static_cast<double>(done->bytes) / 1e6, WithCommas(done->rows),
             WithCommas(done->runs));
  if (EmbeddedWeb().empty()) {
    fmt::print(stderr,
               "roofscape: this program was built without the dashboard: only its data was "
               "written. Build with Node 18 or newer at hand.\n");
  }
  return kDone;
}

}  // namespace

void AddPublishCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("publish", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("DIR", options->folder, "Where the site goes")->Required();
  AddDbOption(*command, options->db);
  command->AddOption("--base-url", options->base_url,
                     "Where it will be found; stands in the manifest");
  command->AddFlag("--without-studies", options->without_studies,
                   "Leave out the co-design pages, whose studies take minutes to compute");
  AddStudiesOption(*command, options->studies);
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, clock = invocation.clock] { return RunPublish(*options, *clock); };
  });
}

}  // namespace roofscape::cli
