#include "cli/dashboard_files.h"

#if __has_include("cli/embedded_web.h")
#include "cli/embedded_web.h"
#endif

namespace roofscape::cli {

api::StaticFiles DashboardFiles() {
#if __has_include("cli/embedded_web.h")
  return EmbeddedWeb();
#else
  return {};
#endif
}

}  // namespace roofscape::cli
