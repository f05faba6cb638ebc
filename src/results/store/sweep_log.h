// How far the campaigns of `sweep` are: their plans, the points that these make, and every event
// since: claims, jobs, points begun, done, failed. Like all of the store it only grows; what holds
// now is computed from the events (service/fleet/state.h), so that nothing has to be put right
// after a kill.
//
// Several coordinators may write at once. Each reads the events, decides, and appends on condition
// that nobody was faster: that condition is what makes a claim exclusive.
//
// Errors: as store.h. Thread safety: one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/store.h"

namespace roofscape::store {

/// One start of a server, with everything that is needed to do it.
struct SweepLayout {
  std::string id;  // SHA-256 of its document.
  std::string json;

  friend bool operator==(const SweepLayout&, const SweepLayout&) = default;
};

/// One measurement under a layout.
struct SweepPoint {
  std::string key;  // Unique in the campaign.
  std::string layout;
  std::string json;

  friend bool operator==(const SweepPoint&, const SweepPoint&) = default;
};

struct SweepEvent {
  std::int64_t index = 0;  // Given by Append.
  WallTime at;
  std::string kind;
  std::string subject;  // A layout, a point or a coordinator, by kind.
  std::string json = "{}";

  friend bool operator==(const SweepEvent&, const SweepEvent&) = default;
};

struct SweepRecord {
  std::string plan_text;  // The newest.
  std::vector<SweepLayout> layouts;
  std::vector<SweepPoint> points;  // In the order in which they were planned.
  std::vector<SweepEvent> events;

  std::int64_t last_event() const { return events.empty() ? 0 : events.back().index; }
};

/// What a campaign of `sweep` is and how far its record goes, to see whether that has grown.
struct SweepMark {
  std::string campaign;
  std::string purpose;
  WallTime started;
  std::int64_t revision = 0;  // Of the plan.
  std::int64_t points = 0;
  std::int64_t last_event = 0;
  std::optional<WallTime> last_at;  // Of that event.

  friend bool operator==(const SweepMark&, const SweepMark&) = default;
};

class SweepLog {
 public:
  virtual ~SweepLog() = default;

  /// The path it was opened with, or the URL without its secrets.
  virtual const std::string& path() const = 0;

  /// Adds a plan (where its text is not the newest already) and those layouts and points that are
  /// not there. The campaign is made where there is none of that name. Survives a power failure.
  virtual Result<> AddPlan(const Campaign& campaign, const std::string& plan_text,
                           std::span<const SweepLayout> layouts,
                           std::span<const SweepPoint> points) = 0;

  /// Of all campaigns that have a plan, newest first; with a name of that one alone.
  virtual Result<std::vector<SweepMark>> Marks(const std::string& campaign) = 0;

  /// The newest text of its plan. kNotFound for a campaign that has none.
  virtual Result<std::string> PlanText(const std::string& campaign) = 0;
  /// kNotFound for a campaign that has no plan.
  virtual Result<SweepRecord> Load(const std::string& campaign) = 0;
  /// The events behind number `after`, in order.
  virtual Result<std::vector<SweepEvent>> EventsAfter(const std::string& campaign,
                                                      std::int64_t after) = 0;

  /// Adds events with the next numbers, if the newest is still number `after`: false, and nothing
  /// is added, where others came first. Survives a power failure.
  virtual Result<bool> Append(const std::string& campaign, std::int64_t after,
                              std::span<const SweepEvent> events) = 0;

  /// The same in one transaction with all that `source`, another database, holds of a run, which
  /// joins the campaign: either both are here or neither. A run that is here already is not
  /// copied again.
  virtual Result<bool> Import(const std::string& campaign, std::int64_t after,
                              std::span<const SweepEvent> events, const std::string& source,
                              const std::string& run_id) = 0;
};

Result<std::unique_ptr<SweepLog>> OpenSweepLog(const std::string& path, OpenMode mode,
                                               const StoreOptions& options = {});

}  // namespace roofscape::store
