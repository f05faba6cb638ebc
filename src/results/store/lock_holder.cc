#include "results/store/lock_holder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>

#include <fmt/format.h>

namespace roofscape::store {
namespace {

// The byte of the "-shm" file whose lock is the right to write (SQLite, "WAL-mode File Format").
constexpr std::uint64_t kWriteLockByte = 120;

}  // namespace

std::string WriteLockHolder(const std::string& path) {
  struct stat shm{};
  if (stat((path + "-shm").c_str(), &shm) != 0) return "";
  std::ifstream locks("/proc/locks");
  std::string line;
  while (std::getline(locks, line)) {
    // "1: POSIX  ADVISORY  WRITE 1234 08:01:5678 120 120"; waiting requests have "->" after "1:".
    std::istringstream words(line);
    std::string number, kind, advisory, access, pid, device_inode, begin, end;
    words >> number >> kind >> advisory >> access >> pid >> device_inode >> begin >> end;
    if (kind != "POSIX" || access != "WRITE" || pid == std::to_string(getpid())) continue;
    const std::size_t colon = device_inode.rfind(':');
    if (colon == std::string::npos) continue;
    if (device_inode.substr(colon + 1) != std::to_string(shm.st_ino)) continue;
    std::uint64_t first = 0;
    std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
    std::istringstream(begin) >> first;
    if (end != "EOF") std::istringstream(end) >> last;
    if (kWriteLockByte < first || kWriteLockByte > last) continue;
    std::string name;
    std::ifstream comm("/proc/" + pid + "/comm");
    std::getline(comm, name);
    if (name.empty()) return "process " + pid;
    return fmt::format("process {} ({})", pid, name);
  }
  return "";
}

}  // namespace roofscape::store
