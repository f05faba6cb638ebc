#include "measure/host/first_line.h"

#include <fstream>

#include "base/core/text.h"

namespace roofscape::host {

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return std::string(Trim(line));
}

}  // namespace roofscape::host
