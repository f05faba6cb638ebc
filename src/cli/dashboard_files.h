// The dashboard's files, where the program was built with them.
//
// Thread safety: constant data.

#pragma once

#include "service/api/static_files.h"

#if __has_include("cli/embedded_web.h")
#include "cli/embedded_web.h"
#endif

namespace roofscape::cli {

/// None where web/ is not part of the build.
inline api::StaticFiles DashboardFiles() {
#if __has_include("cli/embedded_web.h")
  return EmbeddedWeb();
#else
  return {};
#endif
}

}  // namespace roofscape::cli
