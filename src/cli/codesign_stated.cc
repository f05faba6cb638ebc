#include "cli/codesign_stated.h"

#include <fmt/format.h>

#include "cli/table.h"

namespace roofscape::cli {

std::string StatedText(const std::vector<study::Stated>& stated, std::size_t width) {
  if (stated.empty()) return "";
  std::string text = "Stated by the file:\n";
  for (const study::Stated& s : stated) {
    text += Wrap(fmt::format("- {} ({})", s.what, s.source), width, 2) + "\n";
  }
  return text;
}

}  // namespace roofscape::cli
