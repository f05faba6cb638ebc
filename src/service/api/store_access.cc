#include "service/api/store_access.h"

#include <utility>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "domain/analysis/catalog_names.h"
#include "domain/analysis/days.h"
#include "results/store/recompute.h"

namespace roofscape::api {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

WallTime EndOf(catalog::Date day) { return WallTime{(analysis::DayNumber(day) + 1) * kDayUs - 1}; }

/// Within-run intervals of the window that the row is of.
const std::map<std::string, spec::Interval>& IntervalsOf(const spec::PointResult& point) {
  const spec::PointMetrics* metrics = point.Primary();
  return metrics != nullptr ? metrics->intervals : point.whole.intervals;
}

/// What of a run changes when its points do.
std::string MarkOf(const store::RunSummary& run) {
  return fmt::format("{} {} {} {} {} {}{};", run.id, run.points_done, run.valid, run.degraded,
                     run.invalid, run.points_begun, run.ended ? " ended" : "");
}

}  // namespace

std::string OwnRowId(std::string_view run, std::int64_t point) {
  return fmt::format("{}.p{}", run, point);
}

Result<bool> StoreAccess::Open() {
  if (store_) return true;
  auto store = store::OpenStore(path_, store::OpenMode::kReadOnly);
  if (!store && store.error().code == ErrorCode::kNotFound) return false;
  if (!store) return store.error();
  auto archive = store::OpenArchive(path_, store::OpenMode::kReadOnly);
  if (!archive) return archive.error();
  store_ = *std::move(store);
  archive_ = *std::move(archive);
  return true;
}

Result<store::Store*> StoreAccess::Opened() {
  RS_ASSIGN_OR_RETURN(const bool there, Open());
  if (there) return store_.get();
  return Error{ErrorCode::kNotFound, "there is no store yet: roofscape bench makes one"};
}

Result<> StoreAccess::Check() {
  const std::scoped_lock lock(mutex_);
  RS_RETURN_IF_ERROR(Open());
  return {};
}

Result<StoreMark> StoreAccess::Mark() {
  const std::scoped_lock lock(mutex_);
  StoreMark mark;
  RS_ASSIGN_OR_RETURN(const bool there, Open());
  if (!there) return mark;
  RS_ASSIGN_OR_RETURN(const auto imports, archive_->Imports());
  RS_ASSIGN_OR_RETURN(const auto runs, store_->Runs({}));
  mark.imports = fmt::format("{} {}", imports.size(), imports.empty() ? 0 : imports.front().id);
  for (const store::RunSummary& run : runs) mark.runs += MarkOf(run);
  return mark;
}

Result<spec::RunResult> StoreAccess::LoadRunLocked(const std::string& id) {
  RS_ASSIGN_OR_RETURN(spec::RunResult run, store_->LoadRun(id));
  RS_RETURN_IF_ERROR(store::RecomputeUnfinished(*store_, run));
  return run;
}

Result<const std::vector<KnownRow>*> StoreAccess::RowsOfRun(const store::RunSummary& summary) {
  auto& [mark, rows] = own_[summary.id];
  if (mark == MarkOf(summary)) return &rows;
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, LoadRunLocked(summary.id));
  rows.clear();
  std::vector<spec::Row> points = spec::RowsOf(run);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const spec::PointResult& point = run.points[i];
    RowOrigin origin;
    origin.id = OwnRowId(run.id, point.index);
    origin.run = run.id;
    origin.point = point.index;
    origin.known = point.started;
    origin.intervals = IntervalsOf(point);
    analysis::UseCatalogNames(catalog_, points[i].deployment);
    rows.push_back({std::move(origin), std::move(points[i])});
  }
  mark = MarkOf(summary);
  return &rows;
}

Result<> StoreAccess::AddOwn(std::optional<catalog::Date> known_at, KnownRows& rows) {
  RS_ASSIGN_OR_RETURN(const auto runs, store_->Runs({}));
  for (auto summary = runs.rbegin(); summary != runs.rend(); ++summary) {
    // A run is known once it is measured.
    if (known_at && summary->started > EndOf(*known_at)) continue;
    RS_ASSIGN_OR_RETURN(const std::vector<KnownRow>* of_run, RowsOfRun(*summary));
    for (const KnownRow& row : *of_run) rows.Add(RowOrigin(row.origin), spec::Row(row.row));
  }
  return {};
}

Result<> StoreAccess::AddImported(std::optional<catalog::Date> known_at, KnownRows& rows) {
  store::RowQuery query;
  query.without_texts = true;
  query.any_order = true;
  if (known_at) query.known_at = EndOf(*known_at);
  RS_ASSIGN_OR_RETURN(const std::vector<store::ImportRecord> imports, archive_->Imports());
  std::int64_t most = 0;
  for (const store::ImportRecord& one : imports) most += one.counts.added + one.counts.newer;
  rows.Reserve(static_cast<std::size_t>(most));
  return archive_->EachRow(query, [&](store::ArchivedRow&& row) {
    RowOrigin origin;
    origin.id = fmt::format(FMT_COMPILE("a{}"), row.id);
    origin.archive_id = row.id;
    origin.import_id = row.import_id;
    origin.setup_id = row.setup_id;
    origin.revision = row.revision;
    origin.known = row.known;
    rows.Add(std::move(origin), std::move(row.row));
  });
}

Result<KnownRows> StoreAccess::LoadRows(std::optional<catalog::Date> known_at,
                                        const Snapshot* before) {
  const std::scoped_lock lock(mutex_);
  KnownRows rows;
  RS_ASSIGN_OR_RETURN(const bool there, Open());
  if (!there) return rows;
  if (before == nullptr) {
    RS_RETURN_IF_ERROR(AddImported(known_at, rows));
  } else {
    rows.Reserve(before->rows().size());
    for (std::size_t i = 0; i < before->rows().size(); ++i) {
      if (!before->origin(i).run.empty()) continue;
      rows.Add(RowOrigin(before->origin(i)), spec::Row(before->rows()[i]));
    }
  }
  RS_RETURN_IF_ERROR(AddOwn(known_at, rows));
  return rows;
}

Result<std::map<std::int64_t, spec::Row>> StoreAccess::Texts(
    std::span<const std::int64_t> archive_ids) {
  const std::scoped_lock lock(mutex_);
  std::map<std::int64_t, spec::Row> rows;
  if (archive_ids.empty()) return rows;
  RS_RETURN_IF_ERROR(Opened());
  store::RowQuery query;
  query.ids.assign(archive_ids.begin(), archive_ids.end());
  query.metrics = {"total_tps_per_chip"};  // They are in the snapshot.
  RS_ASSIGN_OR_RETURN(std::vector<store::ArchivedRow> found, archive_->Rows(query));
  for (store::ArchivedRow& row : found) rows.emplace(row.id, std::move(row.row));
  return rows;
}

std::string StoreAccess::Original(std::int64_t import_id, std::int64_t place) {
  const std::scoped_lock lock(mutex_);
  if (!Opened()) return "";
  const auto text = archive_->Original(import_id, place);
  return text ? *text : "";
}

Result<std::vector<store::RunSummary>> StoreAccess::Runs(const store::RunFilter& filter) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(const bool there, Open());
  if (!there) return std::vector<store::RunSummary>{};
  return store_->Runs(filter);
}

Result<spec::RunResult> StoreAccess::LoadRun(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  RS_RETURN_IF_ERROR(Opened());
  RS_ASSIGN_OR_RETURN(const std::string full, store_->FindRun(id));
  return LoadRunLocked(full);
}

Result<spec::RequestLog> StoreAccess::LoadLog(const store::PointId& point) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(store::Store* const store, Opened());
  return store->LoadLog(point);
}

Result<std::vector<store::Series>> StoreAccess::LoadSeries(const std::string& run_id) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(store::Store* const store, Opened());
  return store->LoadSeries(run_id);
}

}  // namespace roofscape::api
