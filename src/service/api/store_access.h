// What the API reads of a store: all rows for a snapshot, and of single rows and runs what is too
// much to hold in memory.
//
// A store that is not there yet is an empty one: it is looked for again with every call.
//
// Errors: those of store.h. Thread safety: may be used by several threads; calls take turns.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "results/store/archive.h"
#include "results/store/store.h"
#include "service/api/fleet_access.h"
#include "service/api/snapshot.h"

namespace roofscape::api {

/// What a store holds, to see whether it has changed.
struct StoreMark {
  std::string imports, runs;  // Empty: there is no store.

  friend bool operator==(const StoreMark&, const StoreMark&) = default;
};

class StoreAccess {
 public:
  /// `path`: as OpenStore's. `catalog` must outlive it. Nothing is opened yet.
  StoreAccess(std::string path, const catalog::Catalog& catalog)
      : path_(std::move(path)), catalog_(catalog), fleet_(path_) {}

  /// Fails where the store is there and cannot be read.
  Result<> Check();

  /// Changes when the store does: cheap to ask again and again.
  Result<StoreMark> Mark();

  /// All rows, own ones last; as they were known at the end of that day where one is given.
  /// `before`: has the imported rows as they still are, so that they need not be read again; null:
  /// they are read.
  Result<KnownRows> LoadRows(std::optional<catalog::Date> known_at,
                             const Snapshot* before = nullptr);

  /// Corrections, facts and keys of imported rows, by archive id.
  Result<std::map<std::int64_t, spec::Row>> Texts(std::span<const std::int64_t> archive_ids);
  /// As published; empty where its source was no text.
  std::string Original(std::int64_t import_id, std::int64_t place);

  Result<std::vector<store::RunSummary>> Runs(const store::RunFilter& filter);
  /// With the metrics of points that were cut off, and what repeats say.
  Result<spec::RunResult> LoadRun(std::string_view id);
  Result<spec::RequestLog> LoadLog(const store::PointId& point);
  Result<std::vector<store::Series>> LoadSeries(const std::string& run_id);

  /// Campaigns of `sweep`, entries of `daemon`: read beside all else, with turns of their own.
  FleetAccess& fleet() { return fleet_; }

 private:
  /// False: there is no store yet.
  Result<bool> Open();
  Result<store::Store*> Opened();
  Result<spec::RunResult> LoadRunLocked(const std::string& id);
  Result<> AddImported(std::optional<catalog::Date> known_at, KnownRows& rows);
  Result<> AddOwn(std::optional<catalog::Date> known_at, KnownRows& rows);
  Result<const std::vector<KnownRow>*> RowsOfRun(const store::RunSummary& summary);

  const std::string path_;
  const catalog::Catalog& catalog_;
  std::mutex mutex_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Archive> archive_;
  FleetAccess fleet_;
  /// Points of runs that were read before, each with what its summary said then.
  std::map<std::string, std::pair<std::string, std::vector<KnownRow>>> own_;
};

/// "20261123-190222-1a2b3c.p0"
std::string OwnRowId(std::string_view run, std::int64_t point);

}  // namespace roofscape::api
