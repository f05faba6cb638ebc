// The files of the dashboard, as the program carries them or none.
//
// Thread safety: plain values.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace roofscape::api {

/// One file, compressed when the program was built. The bytes live as long as the program.
struct StaticFile {
  std::string_view path;  // "/index.html", "/assets/app-1a2b3c.js"
  std::string_view content_type;
  std::string_view etag;  // With its quotes.
  std::string_view gzip;
};

using StaticFiles = std::span<const StaticFile>;

/// The file for a path: itself; index.html for "/" and for other pages of the dashboard, which have
/// no dot in their last part; nullptr: there is none.
const StaticFile* FindStatic(StaticFiles files, std::string_view path);

/// What "/" shows where the program carries no dashboard.
std::string_view PageWithoutDashboard();

/// The policy under which the dashboard's pages run: nothing from elsewhere.
inline constexpr std::string_view kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace roofscape::api
