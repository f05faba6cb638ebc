// Who listens at a port of this machine: a server that we started, or somebody else who was faster
// than it. From /proc/net/tcp and tcp6 (a listening socket has an inode) and /proc/PID/fd (whose it
// is).
//
// Not everything can be told: a server in a network of its own has no socket here, the files of
// another user's process cannot be looked at, and what a container's runtime starts for us is no
// child of ours. Then the answer is kUnknown, and says why.
//
// Thread safety: no shared state.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roofscape::fleet {

/// A socket that connections to 127.0.0.1 may reach.
struct ListeningSocket {
  std::uint64_t inode = 0;
  std::uint32_t user = 0;
  int precision = 0;  // Of its address: 127.0.0.1 goes before any address.

  friend bool operator==(const ListeningSocket&, const ListeningSocket&) = default;
};

/// Of a table as /proc/net/tcp or tcp6 has it, those at `port`.
std::vector<ListeningSocket> ParseListeners(std::string_view table, std::int64_t port);

enum class PortOwner { kNobody, kOurs, kStranger, kUnknown };

struct PortFinding {
  PortOwner owner = PortOwner::kNobody;
  std::string who = {};  // Of a stranger: "process 17 (python3)"; of kUnknown: why.
};

/// What is ours: the group of `leader`, all that descends from it, and all that carries `mark`.
struct Ours {
  pid_t leader = 0;
  std::string mark;
  bool elsewhere = false;  // It may listen by a process that we are no ancestor of: a container.
};

PortFinding WhoListens(std::int64_t port, const Ours& ours);

}  // namespace roofscape::fleet
