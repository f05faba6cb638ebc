// The snapshot that answers are made from: loaded again when the store has changed, and kept for a
// few days of the past that somebody asked for.
//
// Thread safety: every function may be called from any thread; Refresh from one at a time.

#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "base/core/result.h"
#include "domain/catalog/date.h"
#include "service/api/snapshot.h"
#include "service/api/store_access.h"

namespace roofscape::api {

class Snapshots {
 public:
  /// `store` must outlive it. Empty until the first Refresh.
  explicit Snapshots(StoreAccess& store);

  std::shared_ptr<const Snapshot> Now() const;

  /// The archive as it was known at the end of a day. Reads the store where it is not at hand.
  Result<std::shared_ptr<const Snapshot>> AsOf(catalog::Date day);

  /// Loads anew where the store has changed; whether it had. After an error the old one stays.
  Result<bool> Refresh();

 private:
  struct Past {
    catalog::Date day;
    std::shared_ptr<const Snapshot> snapshot;
  };

  StoreAccess& store_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> now_;
  std::list<Past> past_;  // Newest first.
  std::optional<StoreMark> mark_;
};

}  // namespace roofscape::api
