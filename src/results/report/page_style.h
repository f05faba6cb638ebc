// The style and the script of a report, as text that stands inside the page.
//
// Thread safety: constant data.

#pragma once

#include <string_view>

namespace roofscape::report {

/// CSS: light and dark by the reader's setting, print, 390 px to wide.
extern const std::string_view kPageStyle;

/// JavaScript: tooltips on the charts' points. The page is complete without it.
extern const std::string_view kPageScript;

}  // namespace roofscape::report
