// What happened to the entries of a daemon: when each was met, begun, ended and told. Like all of
// the store it only grows; what holds now is computed from the events
// (service/fleet/daemon_state.h).
//
// Several daemons may look after one entry. Each reads the events, decides, and appends on
// condition that nobody was faster: that is what lets one of them begin a run.
//
// Errors: as store.h. Thread safety: one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/store.h"

namespace roofscape::store {

struct DaemonEvent {
  std::int64_t index = 0;  // Given by Append.
  WallTime at;
  std::string kind;
  std::string json = "{}";

  friend bool operator==(const DaemonEvent&, const DaemonEvent&) = default;
};

/// An entry, and the number of its newest event.
struct DaemonMark {
  std::string entry;
  std::int64_t last_event = 0;

  friend bool operator==(const DaemonMark&, const DaemonMark&) = default;
};

class DaemonLog {
 public:
  virtual ~DaemonLog() = default;

  /// All entries, by name.
  virtual Result<std::vector<DaemonMark>> Marks() = 0;

  /// In order, those behind number `after`.
  virtual Result<std::vector<DaemonEvent>> EventsAfter(const std::string& entry,
                                                       std::int64_t after) = 0;
  /// Adds an event with the next number, if the newest is still number `after`: false, and nothing
  /// is added, where others came first. Survives a power failure.
  virtual Result<bool> Append(const std::string& entry, std::int64_t after,
                              const DaemonEvent& event) = 0;
};

Result<std::unique_ptr<DaemonLog>> OpenDaemonLog(const std::string& path, OpenMode mode,
                                                 const StoreOptions& options = {});

}  // namespace roofscape::store
