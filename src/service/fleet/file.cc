#include "service/fleet/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/net/fd.h"

namespace roofscape::fleet {
namespace {

Error FileError(const std::string& path, std::string_view cure) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return {code, fmt::format("file '{}': {}: {}", path, std::strerror(errno), cure)};
}

constexpr std::string_view kMakeWritable =
    "make room, and its folder writable for this user, then run the same command again";

Result<> WriteAll(int fd, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FileError(path, kMakeWritable);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace

Result<std::string> ReadFile(const std::string& path) {
  const net::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.open()) return FileError(path, "name a file that this user can read");
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(path, "name a file that this user can read");
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::size_t FileSize(const std::string& path) {
  struct stat facts{};
  return stat(path.c_str(), &facts) == 0 ? static_cast<std::size_t>(facts.st_size) : 0;
}

Result<std::string> ReadEndOfFile(const std::string& path, std::size_t from, std::size_t most) {
  const std::size_t size = FileSize(path);
  if (size > most) from = std::max(from, size - most);
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return from < text.size() ? text.substr(from) : "";
}

Result<> WriteFile(const std::string& path, std::string_view text) {
  const std::string beside = fmt::format("{}.{}", path, getpid());
  {
    const net::Fd fd(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd.open()) return FileError(beside, kMakeWritable);
    RS_RETURN_IF_ERROR(WriteAll(fd.get(), beside, text));
    if (fsync(fd.get()) != 0) return FileError(beside, kMakeWritable);
  }
  if (rename(beside.c_str(), path.c_str()) != 0) return FileError(path, kMakeWritable);
  return {};
}

Result<> AddLine(const std::string& path, std::string_view line) {
  const net::Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd.open()) return FileError(path, kMakeWritable);
  std::string text;
  char last = '\n';
  const off_t size = lseek(fd.get(), 0, SEEK_END);
  if (size > 0 && pread(fd.get(), &last, 1, size - 1) == 1 && last != '\n') text = "\n";
  text += std::string(line) + "\n";
  RS_RETURN_IF_ERROR(WriteAll(fd.get(), path, text));
  if (fsync(fd.get()) != 0) return FileError(path, kMakeWritable);
  return {};
}

Result<> MakeFolder(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (!failure) return {};
  return Error{
      ErrorCode::kIo,
      fmt::format("folder '{}': cannot be made ({}): make it yourself, or name another one", path,
                  failure.message())};
}

}  // namespace roofscape::fleet
