#include "cli/write_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

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

}  // namespace

WholeFile::WholeFile(std::string path, std::string target, std::string temporary, std::FILE* file)
    : path_(std::move(path)),
      target_(std::move(target)),
      temporary_(std::move(temporary)),
      file_(file) {}

Result<WholeFile> WholeFile::Create(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(status)) return Refused(path, EISDIR);
  // A device or a pipe is written to, never replaced; behind a link lies the file that is meant.
  const bool direct = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  const std::string target = direct ? path : BehindLinks(path);
  const std::string temporary = direct ? "" : fmt::format("{}.tmp{}", target, getpid());
  std::FILE* file = std::fopen(direct ? target.c_str() : temporary.c_str(), "wbe");
  if (file == nullptr) return Refused(path, errno);
  return WholeFile(path, target, temporary, file);
}

WholeFile::~WholeFile() {
  // Moved from, or committed: nothing is left to drop.
  if (!file_ || temporary_.empty()) return;
  file_.reset();
  std::remove(temporary_.c_str());
}

void WholeFile::Write(std::string_view text) {
  if (error_number_ != 0) return;
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) error_number_ = errno;
}

Result<> WholeFile::Commit() {
  const auto keep = [this](bool good) {
    if (!good && error_number_ == 0) error_number_ = errno;
  };
  // A full disk may be told only here.
  keep(std::fflush(file_.get()) == 0);
  // Pipes and terminals cannot be synchronised, and need not.
  keep(fsync(fileno(file_.get())) == 0 || errno == EINVAL || errno == EROFS);
  keep(std::fclose(file_.release()) == 0);
  if (!temporary_.empty()) {
    if (error_number_ == 0) keep(std::rename(temporary_.c_str(), target_.c_str()) == 0);
    if (error_number_ != 0) std::remove(temporary_.c_str());
  }
  if (error_number_ != 0) return Refused(path_, error_number_);
  return {};
}

Result<> WriteWholeFile(const std::string& path, std::string_view text) {
  RS_ASSIGN_OR_RETURN(WholeFile file, WholeFile::Create(path));
  file.Write(text);
  return file.Commit();
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
