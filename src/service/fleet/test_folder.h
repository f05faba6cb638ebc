// A folder of its own for one test.

#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "base/core/check.h"

namespace roofscape::fleet {

class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "fleet-XXXXXX").string();
    RS_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace roofscape::fleet
