// The dashboard's files as they were built from web/, compressed, inside the program.
// cmake/embed_web.cmake makes the source.
//
// Thread safety: constant data.

#pragma once

#include "service/api/static_files.h"

namespace roofscape::cli {

/// Every file of the dashboard, sorted by path; empty where it could not be built (no Node).
api::StaticFiles EmbeddedWeb();

}  // namespace roofscape::cli
