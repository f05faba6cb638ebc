#include "cli/write_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <unistd.h>

#include <fmt/format.h>

namespace roofscape::cli {
namespace {

Error Refused(const std::string& path, int error_number) {
  const char* cure = "take another path";
  if (error_number == ENOSPC || error_number == EDQUOT) cure = "free some space";
  if (error_number == ENOENT) cure = "make its folder first, or take another path";
  if (error_number == EISDIR) cure = "that is a folder: name a file in it";
  return Error{ErrorCode::kIo,
               fmt::format("cannot write '{}': {}; {}", path, std::strerror(error_number), cure)};
}

/// The file that a chain of links names, though it may not be there yet.
std::string BehindLinks(std::filesystem::path path) {
  constexpr int kMostLinks = 40;  // As the kernel.
  std::error_code failure;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(path, failure); ++i) {
    path = path.parent_path() / std::filesystem::read_symlink(path, failure);
    if (failure) break;
  }
  return path.string();
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// 0, or the error number of the first step that failed.
int WriteAll(const std::string& path, std::string_view text) {
  std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "wbe"));
  if (!file) return errno;
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size()) return errno;
  // A full disk may be told only here.
  if (std::fflush(file.get()) != 0) return errno;
  // Pipes and terminals cannot be synchronised, and need not.
  if (fsync(fileno(file.get())) != 0 && errno != EINVAL && errno != EROFS) return errno;
  return std::fclose(file.release()) == 0 ? 0 : errno;
}

}  // namespace

Result<> WriteWholeFile(const std::string& path, std::string_view text) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(status)) return Refused(path, EISDIR);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    // A device or a pipe is written to, never replaced.
    const int error_number = WriteAll(path, text);
    return error_number == 0 ? Result<>() : Refused(path, error_number);
  }
  // Behind a link lies the file that is meant.
  const std::string target = BehindLinks(path);
  const std::string temporary = fmt::format("{}.tmp{}", target, getpid());
  int error_number = WriteAll(temporary, text);
  if (error_number == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) {
    error_number = errno;
  }
  if (error_number == 0) return {};
  std::remove(temporary.c_str());
  return Refused(path, error_number);
}

Result<std::string> ReadFlagFile(std::string_view flag, const std::string& path) {
  std::error_code ignored;
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path, ignored)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: cannot read '{}': check the path", flag, path)};
  }
  // In one read where the size is known: files of results are large.
  std::string text;
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  if (!ignored) text.resize(size);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  // Of a pipe no size is known, and a file may have grown meanwhile.
  if (file) text.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  return text;
}

}  // namespace roofscape::cli
