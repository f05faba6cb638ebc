// What a daemon knows and decides. An entry's state follows from its events in the store; what is
// due follows from state, configuration and the time. Nothing here reads a clock or starts
// anything, so that years pass in a test within a millisecond.
//
// An occasion is one run of an entry's plan: begun by one daemon, ended by it or by the one that
// took over from it, then told. The daemon that begins it is written down with host and process, so
// that others can tell whether it lives.
//
// Thread safety: plain values and pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "results/store/daemon_log.h"
#include "service/fleet/daemon_config.h"

namespace roofscape::fleet {

/// Who runs an occasion.
struct Owner {
  std::string host;
  std::int64_t pid = 0;
  std::string begin;  // Of the process; see BeginOf().

  friend bool operator==(const Owner&, const Owner&) = default;
};

/// Why a plan is run.
enum class Cause { kFirst, kSchedule, kRelease };
std::string_view Name(Cause cause);

/// What is to be run now.
struct Due {
  Cause cause = Cause::kSchedule;
  WallTime at;               // When it should have begun.
  std::int64_t missed = 0;   // Earlier times of the schedule that nobody ran.
  std::string release = {};  // The newest, where one is watched.

  friend bool operator==(const Due&, const Due&) = default;
};

/// One run of the plan.
struct Occasion {
  std::int64_t number = 1;
  Due due;
  Owner owner;
  WallTime begun;
  WallTime touched;  // When its owner last took it.
  std::optional<WallTime> ended;
  std::string report;          // JSON; of an ended one (daemon_report.h).
  std::set<std::string> told;  // Channels.
};

/// What of an entry's configuration those want to know who see only the store.
struct EntrySettings {
  std::string plan;
  std::string schedule;  // Empty: none.
  std::string time_zone;
  std::optional<double> watch_every_s;  // Where it watches for releases.

  static EntrySettings Of(const DaemonEntry& entry);
  friend bool operator==(const EntrySettings&, const EntrySettings&) = default;
};

struct EntryState {
  std::int64_t last_event = 0;
  std::optional<WallTime> seen;           // When a daemon first met the entry.
  std::optional<EntrySettings> settings;  // As a daemon had them last.
  std::optional<std::string> release;     // The newest that is known.
  std::vector<Occasion> occasions;        // In order.

  /// Errors: kProtocol for events that no Roofscape wrote.
  Result<> Apply(const store::DaemonEvent& event);
  /// The one that has not ended.
  const Occasion* Open() const;
};

namespace daemon_events {
/// A daemon meets the entry for the first time, or with other settings than before.
store::DaemonEvent Seen(const EntrySettings& settings, WallTime now);
/// The first answer of a watch: nothing new yet.
store::DaemonEvent Release(const std::string& value, WallTime now);
store::DaemonEvent Begun(const Due& due, const Owner& owner, WallTime now);
/// Of an open occasion whose owner is gone.
store::DaemonEvent Taken(const Owner& owner, WallTime now);
store::DaemonEvent Ended(const Json& report, WallTime now);
store::DaemonEvent Told(std::int64_t occasion, const std::string& channel, WallTime now);
}  // namespace daemon_events

/// How long a watch's answer may be; more is cut.
inline constexpr std::size_t kMostRelease = 1000;

/// Times of the schedule after this one have no occasion yet. What came due while a run was going
/// on counts as missed, too: no two runs of an entry at once.
WallTime ScheduleSince(const EntryState& state, WallTime now);

/// What the schedule asks for; several times that nobody ran are made up for once. `once`: an entry
/// that never ran is due, as it is with run_at_start. REQUIRES: state.Open() is null.
std::optional<Due> DueBySchedule(const DaemonEntry& entry, const TimeZone& zone,
                                 const EntryState& state, WallTime now, bool once);

/// What a watch's answer asks for: it differs from what is known.
std::optional<Due> DueByRelease(const EntryState& state, const std::string& answer, WallTime now);

/// The next `count` times of the schedule; none where there is no schedule.
std::vector<WallTime> NextTimes(const DaemonEntry& entry, const TimeZone& zone, WallTime now,
                                std::size_t count);

}  // namespace roofscape::fleet
