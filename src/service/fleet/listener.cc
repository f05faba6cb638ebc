#include "service/fleet/listener.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/core/text.h"
#include "service/fleet/file.h"
#include "service/fleet/process.h"

namespace roofscape::fleet {
namespace {

constexpr std::string_view kListening = "0A";
constexpr int kHexadecimal = 16;

template <class Number>
std::optional<Number> NumberIn(std::string_view text, int base) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// How well an address, as the kernel writes it (words of 32 bits in the machine's order), fits a
/// connection to 127.0.0.1: 3 exactly, 2 any of IPv4, 1 any of IPv6, 0 not at all.
int PrecisionOf(std::string_view address) {
  constexpr std::array<std::string_view, 4> kLoopback = {"0100007F", "7F000001",
                                                         "0000000000000000FFFF00000100007F",
                                                         "00000000000000000000FFFF7F000001"};
  constexpr std::size_t kDigitsOfV4 = 8;
  if (std::find(kLoopback.begin(), kLoopback.end(), address) != kLoopback.end()) return 3;
  if (address.find_first_not_of('0') != std::string_view::npos) return 0;
  return address.size() == kDigitsOfV4 ? 2 : 1;
}

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words = Split(std::string(line), ' ');
  std::erase(words, "");
  return words;
}

/// Which of the sockets a process has open, as far as it lets us see.
std::set<std::uint64_t> HeldBy(pid_t pid, const std::map<std::string, std::uint64_t>& links) {
  std::set<std::uint64_t> held;
  DIR* const files = opendir(fmt::format("/proc/{}/fd", pid).c_str());
  if (files == nullptr) return held;
  while (const dirent* entry = readdir(files)) {
    std::array<char, 64> link{};
    const ssize_t size = readlinkat(dirfd(files), entry->d_name, link.data(), link.size());
    if (size <= 0) continue;
    const auto known = links.find(std::string(link.data(), static_cast<std::size_t>(size)));
    if (known != links.end()) held.insert(known->second);
  }
  closedir(files);
  return held;
}

std::string NameOf(pid_t pid) {
  const auto name = ReadFile(fmt::format("/proc/{}/comm", pid));
  return fmt::format("process {} ({})", pid, name ? Printable(Trim(*name), 40) : "?");
}

bool Descends(pid_t pid, pid_t from) {
  constexpr int kMostGenerations = 64;
  for (int i = 0; i < kMostGenerations && pid > 1; ++i) {
    if (pid == from) return true;
    const auto facts = StatOf(pid);
    if (!facts) return false;
    pid = facts->parent;
  }
  return false;
}

bool IsOurs(pid_t pid, const Ours& ours) {
  const auto facts = StatOf(pid);
  if (!facts) return false;
  return facts->group == ours.leader || Descends(pid, ours.leader) || CarriesMark(pid, ours.mark);
}

/// Whether the kernel began `pid` before what we started.
bool IsOlder(pid_t pid, pid_t leader) {
  const auto its = BeginOf(pid);
  const auto ours = BeginOf(leader);
  if (!its || !ours) return false;
  return NumberIn<std::uint64_t>(*its, 10) < NumberIn<std::uint64_t>(*ours, 10);
}

/// Whether a process of ours runs as that user, as with sudo.
bool RunsAs(std::uint32_t user, const Ours& ours) {
  for (const pid_t pid : AllProcesses()) {
    struct stat facts{};
    if (stat(fmt::format("/proc/{}", pid).c_str(), &facts) != 0 || facts.st_uid != user) continue;
    if (IsOurs(pid, ours)) return true;
  }
  return false;
}

std::vector<ListeningSocket> SocketsAt(std::int64_t port) {
  std::vector<ListeningSocket> sockets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const auto text = ReadFile(table);
    if (!text) continue;
    const std::vector<ListeningSocket> some = ParseListeners(*text, port);
    sockets.insert(sockets.end(), some.begin(), some.end());
  }
  int best = 0;
  for (const ListeningSocket& socket : sockets) best = std::max(best, socket.precision);
  std::erase_if(sockets, [&](const ListeningSocket& socket) { return socket.precision < best; });
  return sockets;
}

/// Of a socket whose holder we cannot see.
PortFinding ByUser(const ListeningSocket& socket, const Ours& ours) {
  if (socket.user == geteuid() || ours.elsewhere || RunsAs(socket.user, ours)) {
    return {PortOwner::kUnknown,
            "the process that listens there is in another container or another user's"};
  }
  return {PortOwner::kStranger, fmt::format("a process of user {}", socket.user)};
}

PortFinding ByHolder(pid_t pid, const Ours& ours) {
  // A helper that was handed our socket is none the worse for its origin.
  if (IsOurs(pid, ours)) return {PortOwner::kOurs, ""};
  if (!ours.elsewhere || IsOlder(pid, ours.leader)) return {PortOwner::kStranger, NameOf(pid)};
  return {PortOwner::kUnknown,
          NameOf(pid) + " listens there, which may be the container that was started"};
}

}  // namespace

std::vector<ListeningSocket> ParseListeners(std::string_view table, std::int64_t port) {
  // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
  constexpr std::size_t kLocal = 1;
  constexpr std::size_t kState = 3;
  constexpr std::size_t kUser = 7;
  constexpr std::size_t kInode = 9;
  std::vector<ListeningSocket> sockets;
  for (const std::string& line : Split(std::string(table), '\n')) {
    const std::vector<std::string> words = Words(line);
    if (words.size() <= kInode || words[kState] != kListening) continue;
    const std::string_view local = words[kLocal];
    const std::size_t colon = local.find(':');
    if (colon == std::string_view::npos) continue;
    const auto its_port = NumberIn<std::int64_t>(local.substr(colon + 1), kHexadecimal);
    const auto user = NumberIn<std::uint32_t>(words[kUser], 10);
    const auto inode = NumberIn<std::uint64_t>(words[kInode], 10);
    const int precision = PrecisionOf(local.substr(0, colon));
    if (!its_port || *its_port != port || !user || !inode || precision == 0) continue;
    sockets.push_back({*inode, *user, precision});
  }
  return sockets;
}

PortFinding WhoListens(std::int64_t port, const Ours& ours) {
  const std::vector<ListeningSocket> sockets = SocketsAt(port);
  std::map<std::string, std::uint64_t> links;
  for (const ListeningSocket& socket : sockets) {
    links.emplace(fmt::format("socket:[{}]", socket.inode), socket.inode);
  }
  if (links.empty()) return {};
  std::map<std::uint64_t, PortFinding> found;
  for (const pid_t pid : AllProcesses()) {
    for (const std::uint64_t inode : HeldBy(pid, links)) {
      // One of ours among the holders of a socket is enough.
      PortFinding& best = found[inode];
      if (best.owner != PortOwner::kOurs) best = ByHolder(pid, ours);
    }
  }
  // Several sockets share a port by SO_REUSEPORT: then each gets a part of the requests.
  PortFinding all;
  for (const ListeningSocket& socket : sockets) {
    const auto seen = found.find(socket.inode);
    const PortFinding one = seen == found.end() ? ByUser(socket, ours) : seen->second;
    if (all.owner == PortOwner::kNobody || one.owner > all.owner) all = one;
    if (one.owner == PortOwner::kStranger) return one;
  }
  return all;
}

}  // namespace roofscape::fleet
