// The dashboard's files, where the program was built with them.
//
// Thread safety: constant data.

#pragma once

#include "service/api/static_files.h"

namespace roofscape::cli {

/// None where web/ is not part of the build.
api::StaticFiles DashboardFiles();

}  // namespace roofscape::cli
