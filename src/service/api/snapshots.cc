#include "service/api/snapshots.h"

#include <utility>

namespace roofscape::api {
namespace {

constexpr std::size_t kMaxPast = 4;

}  // namespace

Snapshots::Snapshots(StoreAccess& store) : store_(store), now_(Snapshot::Make({}, 0)) {}

std::shared_ptr<const Snapshot> Snapshots::Now() const {
  const std::scoped_lock lock(mutex_);
  return now_;
}

Result<std::shared_ptr<const Snapshot>> Snapshots::AsOf(catalog::Date day) {
  std::int64_t generation = 0;
  {
    const std::scoped_lock lock(mutex_);
    generation = now_->generation();
    for (const Past& past : past_) {
      if (past.day == day) return past.snapshot;
    }
  }
  RS_ASSIGN_OR_RETURN(KnownRows rows, store_.LoadRows(day));
  auto snapshot = Snapshot::Make(std::move(rows), generation);
  const std::scoped_lock lock(mutex_);
  if (now_->generation() == generation) {
    past_.push_front({day, snapshot});
    if (past_.size() > kMaxPast) past_.pop_back();
  }
  return snapshot;
}

Result<bool> Snapshots::Refresh() {
  // The mark first: what is written meanwhile is found with the next one.
  RS_ASSIGN_OR_RETURN(StoreMark mark, store_.Mark());
  if (mark_ == mark) return false;
  const std::shared_ptr<const Snapshot> before = Now();
  const bool same_imports = mark_ && mark_->imports == mark.imports;
  RS_ASSIGN_OR_RETURN(KnownRows rows,
                      store_.LoadRows(std::nullopt, same_imports ? before.get() : nullptr));
  auto snapshot = Snapshot::Make(std::move(rows), before->generation() + 1);
  mark_ = std::move(mark);
  const std::scoped_lock lock(mutex_);
  now_ = std::move(snapshot);
  past_.clear();
  return true;
}

}  // namespace roofscape::api
