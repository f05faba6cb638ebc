// The dashboard as files that any host can serve: the same bodies as the API's, made beforehand and
// handed to a sink. What a page may choose among is precomputed, so that it has nothing to compute:
// frontiers for the usual pairs of axes, answers and histories on a grid of targets.
//
// Large files are gzip (`.json.gz`, unpacked by the page); manifest.json names every file with its
// length and SHA-256. Layout: docs/reference/api.md.
//
// Thread safety: as the store's.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "service/api/static_files.h"
#include "service/api/store_views.h"

namespace roofscape::api {

/// Takes one file; `path` is relative, "data/meta.json".
using SiteSink = std::function<Result<>(const std::string& path, std::string_view bytes)>;

struct SiteOptions {
  std::string base_url;  // Stands in the manifest; empty: not told.
  StaticFiles files;     // The dashboard itself; none: only the data is written.
};

struct SiteSummary {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  std::int64_t rows = 0;
  std::int64_t runs = 0;
};

/// Writes everything, the manifest last. The first error of the sink or the store ends it.
Result<SiteSummary> ExportStatic(const ViewInput& input, StoreAccess& store,
                                 const SiteOptions& options, const SiteSink& sink);

}  // namespace roofscape::api
