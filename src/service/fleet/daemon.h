// Looks after the entries of a configuration: asks what is due, has it run, judged, published and
// told. What it decides by is daemon_state.h; what it does to the world goes through DaemonHands,
// so that a test can be the world.
//
// A daemon may be killed at any moment. What it had begun is gone on with by the next one: the
// sweep where it was, then the judging. A message that was sent and not yet written down as sent is
// sent again: at least once, not exactly once.
//
// Errors: of the store. What goes wrong with one entry is told and keeps no other from its turn.
// Thread safety: one thread; several daemons of one store may run at once.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/daemon_log.h"
#include "service/fleet/daemon_config.h"
#include "service/fleet/daemon_report.h"
#include "service/fleet/daemon_state.h"

namespace roofscape::fleet {

/// What a daemon does to the world.
class DaemonHands {
 public:
  virtual ~DaemonHands() = default;

  /// The answer of the entry's watch.
  virtual Result<std::string> AskRelease(const DaemonEntry& entry) = 0;
  /// Runs the plan, or what is left of it, to its end. None: it ended, though points may have
  /// failed. kCancelled: the user wants to end.
  virtual Result<std::optional<Failure>> Sweep(const DaemonEntry& entry,
                                               const Occasion& occasion) = 0;
  /// Fills in campaign, points and findings.
  virtual Result<> Examine(const DaemonEntry& entry, const EntryState& state,
                           OccasionReport& report) = 0;
  virtual Result<> Publish(const DaemonEntry& entry) = 0;
  /// `channel`: "webhook" or "email".
  virtual Result<> Send(const DaemonEntry& entry, const std::string& channel,
                        const std::string& subject, const std::string& text) = 0;
  virtual Result<> WriteJunit(const DaemonEntry& entry, const std::string& text) = 0;
  /// Whether the daemon that last took an occasion is gone.
  virtual Result<bool> IsGone(const DaemonEntry& entry, const Occasion& occasion) = 0;
};

/// An entry with its zone.
struct WatchedEntry {
  DaemonEntry entry;
  TimeZone zone;
};

class Daemon {
 public:
  using Tell = std::function<void(const std::string&)>;

  /// `once`: an entry that never ran is due, and every watch is asked.
  Daemon(std::vector<WatchedEntry> entries, store::DaemonLog& log, DaemonHands& hands, Owner me,
         bool once, Tell tell, const Clock& clock);

  /// Looks at every entry and does what is due. The first error of an entry, after all had their
  /// turn; kCancelled at once.
  Result<> Step();

  /// When something may be due again, at the latest; missing: only watches of others' runs.
  std::optional<WallTime> NextLook() const;

  /// Of the occasions that ended here, in order.
  const std::vector<OccasionReport>& reports() const { return reports_; }

 private:
  struct Watched {
    DaemonEntry entry;
    TimeZone zone;
    EntryState state;
    bool introduced = false;  // Its settings stand in the store, or did.
    std::optional<WallTime> next_ask;
    WallTime next_send;
    std::string told;  // The last trouble, so that it is told once.
  };

  Result<> StepEntry(Watched& one);
  Result<> Sync(Watched& one);
  /// False: others came first; the state is new.
  Result<bool> Append(Watched& one, const store::DaemonEvent& event);
  Result<std::optional<Due>> Ask(Watched& one);
  Result<> Run(Watched& one, bool taken_over);
  Result<> End(Watched& one, OccasionReport& report);
  Result<> Deliver(Watched& one);
  void Trouble(Watched& one, const std::string& text);

  std::vector<Watched> entries_;
  store::DaemonLog& log_;
  DaemonHands& hands_;
  const Owner me_;
  const bool once_;
  const Tell tell_;
  const Clock& clock_;
  std::vector<OccasionReport> reports_;
};

}  // namespace roofscape::fleet
