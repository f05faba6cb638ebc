// What the API reads of the fleet: campaigns of `sweep` and entries of `daemon`, each computed
// again only where its record has grown.
//
// A store that is not there yet is an empty one. Errors: those of store.h; a record that cannot be
// read is no error but its `trouble`, so that it hides no other.
//
// Thread safety: may be used by several threads; calls take turns.

#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "results/store/daemon_log.h"
#include "results/store/sweep_log.h"
#include "service/fleet/daemon_state.h"
#include "service/fleet/plan.h"
#include "service/fleet/state.h"

namespace roofscape::api {

using SweepStatePtr = std::shared_ptr<const fleet::CampaignState>;

/// A campaign in figures.
struct SweepFigures {
  store::SweepMark mark;
  std::array<std::int64_t, 5> points{};  // By fleet::PointStatus.
  double open_s = 0;                     // Estimate of what is pending or running.
  double device_s = 0;
  std::int64_t hosts_aside = 0;
  WallTime begun, until;  // Of the coordinator that has not left and whose lease ends last.
  std::set<std::string> chips;
  fleet::Budget budget;
  std::string trouble;       // Why its events cannot be read: no figure of its points counts then.
  std::string plan_trouble;  // Why its plan cannot: budgets are missing.

  std::int64_t Count(fleet::PointStatus status) const {
    return points[static_cast<std::size_t>(status)];
  }
};

struct KnownEntry {
  std::string name;
  fleet::EntryState state;
  std::string trouble;
};
using KnownEntryPtr = std::shared_ptr<const KnownEntry>;

class FleetAccess {
 public:
  /// `path`: as OpenStore's. Nothing is opened yet.
  explicit FleetAccess(std::string path) : path_(std::move(path)) {}

  /// Grows with everything that happens to a campaign or an entry: cheap to ask again and again.
  Result<std::int64_t> Mark();

  /// Newest first.
  Result<std::vector<SweepFigures>> Sweeps();
  /// kNotFound where there is none of that name, or it has no plan.
  Result<std::pair<SweepFigures, SweepStatePtr>> Sweep(const std::string& campaign);

  /// By name.
  Result<std::vector<KnownEntryPtr>> Entries();

 private:
  struct Kept {
    store::SweepMark mark;
    SweepStatePtr state;
  };

  /// False: there is no store yet.
  Result<bool> Open();
  Result<SweepStatePtr> StateOf(const store::SweepMark& mark);
  Result<SweepFigures> FiguresOf(const store::SweepMark& mark);

  const std::string path_;
  std::mutex mutex_;
  std::unique_ptr<store::SweepLog> sweeps_;
  std::unique_ptr<store::DaemonLog> daemons_;
  std::list<Kept> states_;  // Last used first; a few, for they are large.
  std::map<std::string, SweepFigures> figures_;
  std::map<std::string, KnownEntryPtr> entries_;
};

}  // namespace roofscape::api
