#include "cli/command.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace roofscape::cli {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int Report(const Error& error) {
  fmt::print(stderr, "roofscape: {}\n", error.message);
  return error.code == ErrorCode::kInvalidArgument ? kWrongUse : kFailed;
}

std::string StorePathToWrite(const std::string& flag) {
  const std::string path = StorePath(flag);
  if (flag.empty() && Environment("ROOFSCAPE_DB").empty()) {
    // Opening it tells what is wrong, if there is.
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  }
  return path;
}

std::string StorePath(const std::string& flag) {
  if (!flag.empty()) return flag;
  if (const std::string path = Environment("ROOFSCAPE_DB"); !path.empty()) return path;
  if (const std::string data = Environment("XDG_DATA_HOME"); !data.empty()) {
    return data + "/roofscape/roofscape.db";
  }
  const std::string home = Environment("HOME");
  return (home.empty() ? "." : home) + "/.local/share/roofscape/roofscape.db";
}

void AddDbOption(Command& command, std::string& path) {
  command.AddOption("--db", path,
                    "Where results are kept: a file, or postgresql://USER@HOST/NAME (default "
                    "$ROOFSCAPE_DB, else $XDG_DATA_HOME/roofscape/roofscape.db)");
}

}  // namespace roofscape::cli
