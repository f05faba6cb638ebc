// Reading a file that a flag names, and writing a whole file so that a reader never sees half of
// it.
//
// Thread safety: no shared state; one WholeFile, one thread.

#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace roofscape::cli {

/// A file that is written piece by piece beside `path` and renamed over it at the end: what was
/// there stays until the new one is whole, and goes on to where `path` leads, if it is a link. A
/// pipe or a device is written to at once. Errors name the path, what the system said, and the
/// cure.
class WholeFile {
 public:
  static Result<WholeFile> Create(const std::string& path);

  WholeFile(WholeFile&& other) noexcept = default;
  WholeFile& operator=(WholeFile&& other) = delete;
  ~WholeFile();  // Drops what was written, unless it was committed.

  /// An error is kept, and told by Commit.
  void Write(std::string_view text);

  /// Puts the file in its place. REQUIRES: called once.
  Result<> Commit();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  WholeFile(std::string path, std::string target, std::string temporary, std::FILE* file);

  std::string path_, target_;
  std::string temporary_;  // Empty: written to directly.
  std::unique_ptr<std::FILE, Close> file_;
  int error_number_ = 0;
};

/// A whole file of `text`.
Result<> WriteWholeFile(const std::string& path, std::string_view text);

/// The text of the file that `flag` names. kInvalidArgument names flag, path and cure.
Result<std::string> ReadFlagFile(std::string_view flag, const std::string& path);

}  // namespace roofscape::cli
