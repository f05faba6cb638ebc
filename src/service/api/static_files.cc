#include "service/api/static_files.h"

#include <algorithm>

namespace roofscape::api {

const StaticFile* FindStatic(StaticFiles files, std::string_view path) {
  const auto named = [&](std::string_view name) -> const StaticFile* {
    const auto found = std::find_if(files.begin(), files.end(),
                                    [&](const StaticFile& file) { return file.path == name; });
    return found == files.end() ? nullptr : &*found;
  };
  if (const StaticFile* file = named(path)) return file;
  const std::string_view last = path.substr(std::min(path.rfind('/'), path.size()));
  if (last.find('.') != std::string_view::npos) return nullptr;
  return named("/index.html");
}

std::string_view PageWithoutDashboard() {
  return R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Roofscape</title></head><body>
<h1>Roofscape</h1>
<p>This program was built without the dashboard. To have it, build with Node 18 or newer at hand:
<code>make</code> in the source folder says what is missing.</p>
<p>The data is here: <a href="/api/v1/meta">/api/v1/meta</a>,
<a href="/api/v1/frontier">/api/v1/frontier</a>,
<a href="/api/v1/answer">/api/v1/answer</a>; the whole of it is described in
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
</body></html>
)";
}

}  // namespace roofscape::api
