// The reading half of SqlStore.

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "results/store/chunk.h"
#include "results/store/sql_store.h"

namespace roofscape::store {
namespace {

constexpr std::int64_t kMostSuggested = 1000;

constexpr std::string_view kSummaries = R"sql(
SELECT r.id, r.started_us, r.way, r.version, r.url, r.model, r.engine, r.engine_version,
       r.precision_name, r.chip, r.chips, r.workload, r.points_asked, e.ended_us, e.status,
       (SELECT COUNT(*) FROM point AS p WHERE p.run_id = r.id),
       (SELECT COUNT(*) FROM point_end_now AS p WHERE p.run_id = r.id AND p.complete = 1),
       (SELECT COUNT(*) FROM point_end_now AS p WHERE p.run_id = r.id AND p.verdict = 'VALID'),
       (SELECT COUNT(*) FROM point_end_now AS p WHERE p.run_id = r.id AND p.verdict = 'DEGRADED'),
       (SELECT COUNT(*) FROM point_end_now AS p WHERE p.run_id = r.id AND p.verdict = 'INVALID')
FROM run AS r LEFT JOIN run_end_now AS e ON e.run_id = r.id
)sql";

/// The WHERE clause of a filter; its parameters in BindFilter's order.
std::string Conditions(const RunFilter& filter) {
  std::vector<std::string> conditions;
  if (filter.model) conditions.emplace_back("r.model = ?");
  if (filter.engine) conditions.emplace_back("r.engine = ?");
  if (filter.chip) conditions.emplace_back("r.chip = ?");
  if (filter.since) conditions.emplace_back("r.started_us >= ?");
  if (filter.campaign) {
    conditions.emplace_back(
        "EXISTS (SELECT 1 FROM campaign_run AS m JOIN campaign AS c ON c.id = m.campaign_id "
        "WHERE m.run_id = r.id AND c.name = ?)");
  }
  for (std::size_t i = 0; i < filter.labels.size(); ++i) {
    conditions.emplace_back(
        "EXISTS (SELECT 1 FROM run_label AS l WHERE l.run_id = r.id AND l.name = ? "
        "AND l.value = ?)");
  }
  std::string sql;
  for (const std::string& condition : conditions) {
    sql += (sql.empty() ? "WHERE " : " AND ") + condition;
  }
  return sql;
}

void BindFilter(const RunFilter& filter, Statement& query) {
  if (filter.model) query.Bind(*filter.model);
  if (filter.engine) query.Bind(*filter.engine);
  if (filter.chip) query.Bind(*filter.chip);
  if (filter.since) query.Bind(filter.since->unix_us);
  if (filter.campaign) query.Bind(*filter.campaign);
  for (const auto& [name, value] : filter.labels) query.Bind(name).Bind(value);
}

spec::RunStatus StatusOf(const std::string& name) {
  return name == spec::Name(spec::RunStatus::kComplete) ? spec::RunStatus::kComplete
                                                        : spec::RunStatus::kIncomplete;
}

RunSummary SummaryOf(const Statement& row) {
  RunSummary run;
  run.id = row.Text(0);
  run.started = WallTime{row.Int(1)};
  run.way = row.Text(2);
  run.version = row.Text(3);
  run.url = row.Text(4);
  run.model = row.Text(5);
  run.engine = row.Text(6);
  run.engine_version = row.Text(7);
  run.precision = row.Text(8);
  run.chip = row.Text(9);
  if (!row.IsNull(10)) run.chips = row.Int(10);
  run.workload = row.Text(11);
  run.points_asked = row.Int(12);
  if (!row.IsNull(13)) run.ended = WallTime{row.Int(13)};
  run.status = StatusOf(row.Text(14));
  run.points_begun = row.Int(15);
  run.points_done = row.Int(16);
  run.valid = row.Int(17);
  run.degraded = row.Int(18);
  run.invalid = row.Int(19);
  return run;
}

/// The value of a stored document, which we wrote ourselves: an error means damage.
Result<Json> StoredJson(const std::string& text, std::string source) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(text, std::move(source)));
  return document.value();
}

/// Puts the points that have begun but not ended between those that have.
void AddUnfinished(std::vector<spec::PointResult> begun, spec::RunResult& run) {
  for (spec::PointResult& point : begun) {
    const bool ended =
        std::any_of(run.points.begin(), run.points.end(),
                    [&](const spec::PointResult& other) { return other.index == point.index; });
    if (!ended) run.points.push_back(std::move(point));
  }
  std::sort(run.points.begin(), run.points.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
}

}  // namespace

Result<std::vector<RunSummary>> SqlStore::Runs(const RunFilter& filter) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
  std::string sql =
      fmt::format("{} {} ORDER BY r.started_us DESC, r.id DESC", kSummaries, Conditions(filter));
  if (filter.limit) sql += " LIMIT ?";
  RS_ASSIGN_OR_RETURN(Statement query, database_->Prepare(sql));
  BindFilter(filter, query);
  if (filter.limit) query.Bind(*filter.limit);
  std::vector<RunSummary> runs;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) break;
    runs.push_back(SummaryOf(query));
  }
  for (RunSummary& run : runs) {
    RS_ASSIGN_OR_RETURN(run.labels, Labels(run.id));
  }
  return runs;
}

Result<std::map<std::string, std::string>> SqlStore::Labels(const std::string& run_id) {
  RS_ASSIGN_OR_RETURN(Statement query,
                      database_->Prepare("SELECT name, value FROM run_label WHERE run_id = ?"));
  query.Bind(run_id);
  std::map<std::string, std::string> labels;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return labels;
    labels[query.Text(0)] = query.Text(1);
  }
}

Result<std::string> SqlStore::FindRun(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  return Resolve(name);
}

Result<std::string> SqlStore::Resolve(std::string_view name) {
  RS_ASSIGN_OR_RETURN(
      Statement query,
      database_->Prepare(name == "last"
                             ? "SELECT id FROM run ORDER BY started_us DESC, id DESC LIMIT 1"
                             : "SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1 "
                               "ORDER BY id = ?1 DESC, started_us DESC, id DESC LIMIT 4"));
  if (name != "last") query.Bind(name);
  std::vector<std::string> ids;
  while (!name.empty()) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) break;
    ids.push_back(query.Text(0));
  }
  if (ids.empty()) return UnknownRun(name);
  if (ids.size() == 1 || ids.front() == name) return ids.front();
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("database '{}': '{}' is the beginning of several runs ({}, {}{}): give "
                  "more characters, or 'last'",
                  path(), Printable(name, 40), ids[0], ids[1], ids.size() > 2 ? ", ..." : "")};
}

Result<std::vector<std::string>> SqlStore::NewestIds() {
  RS_ASSIGN_OR_RETURN(
      Statement query,
      database_->Prepare("SELECT id FROM run ORDER BY started_us DESC, id DESC LIMIT ?"));
  query.Bind(kMostSuggested);
  std::vector<std::string> ids;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return ids;
    ids.push_back(query.Text(0));
  }
}

Error SqlStore::UnknownRun(std::string_view name) {
  const Result<std::vector<std::string>> newest = NewestIds();
  if (!newest) return newest.error();
  const std::vector<std::string>& ids = *newest;
  if (ids.empty()) {
    const auto rows = database_->Int("SELECT COALESCE(MAX(id), 0) FROM archive_row");
    if (!rows) return rows.error();
    return Error{ErrorCode::kNotFound,
                 fmt::format("database '{}': holds no runs yet{}: make one with 'roofscape bench "
                             "http://HOST:PORT', or name another database with --db",
                             path(),
                             *rows > 0 ? ", only rows that were imported (frontier takes them with "
                                         "--imported; cost, trend and export as they are)"
                                       : "")};
  }
  return Error{ErrorCode::kNotFound,
               fmt::format("database '{}': no run '{}'.{} See them with 'roofscape runs'; the "
                           "newest is {} ('last')",
                           path(), Printable(name, 40), DidYouMean(name, ids), ids.front())};
}

Result<spec::RunResult> SqlStore::LoadRun(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
  RS_ASSIGN_OR_RETURN(const std::string run_id, Resolve(name));
  Result<spec::RunResult> run = ReadRun(run_id);
  if (!run) return run.error().In(fmt::format("database '{}': run {}", path(), run_id));
  return run;
}

Result<std::vector<std::string>> SqlStore::Notes(const std::string& run_id) {
  RS_ASSIGN_OR_RETURN(
      Statement query,
      database_->Prepare("SELECT note FROM run_note WHERE run_id = ? ORDER BY note_index"));
  query.Bind(run_id);
  std::vector<std::string> notes;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return notes;
    notes.push_back(query.Text(0));
  }
}

Result<spec::RunResult> SqlStore::ReadRun(const std::string& run_id) {
  RS_ASSIGN_OR_RETURN(
      Statement row,
      database_->Prepare("SELECT r.started_us, r.way, r.version, r.plan_json, r.host_json, "
                         "r.engine_json, e.ended_us, e.status "
                         "FROM run AS r LEFT JOIN run_end_now AS e ON e.run_id = r.id "
                         "WHERE r.id = ?"));
  RS_ASSIGN_OR_RETURN(const bool found, row.Bind(run_id).Step());
  RS_CHECK(found);
  // spec knows how a run is written as JSON, so the run is put together as JSON and read by spec.
  spec::RunResult header;
  header.id = run_id;
  header.started = WallTime{row.Int(0)};
  header.way = row.Text(1);
  header.version = row.Text(2);
  if (!row.IsNull(6)) header.ended = WallTime{row.Int(6)};
  header.status = StatusOf(row.Text(7));
  RS_ASSIGN_OR_RETURN(header.notes, Notes(run_id));
  Json json = spec::ToJson(header);
  RS_ASSIGN_OR_RETURN(json["plan"], StoredJson(row.Text(3), "plan"));
  RS_ASSIGN_OR_RETURN(json["host"], StoredJson(row.Text(4), "host facts"));
  RS_ASSIGN_OR_RETURN(json["engine"], StoredJson(row.Text(5), "engine facts"));

  RS_ASSIGN_OR_RETURN(
      Statement query,
      database_->Prepare("SELECT p.point_index, p.concurrency, p.repeat_index, p.protocol, "
                         "p.started_us, e.result_json, p.rate_rps "
                         "FROM point AS p LEFT JOIN point_end_now AS e "
                         "ON e.run_id = p.run_id AND e.point_index = p.point_index "
                         "WHERE p.run_id = ? ORDER BY p.point_index"));
  query.Bind(run_id);
  std::vector<spec::PointResult> unfinished;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool next, query.Step());
    if (!next) break;
    spec::PointResult point;
    point.index = query.Int(0);
    point.concurrency = query.Int(1);
    point.repeat = query.Int(2);
    point.protocol = query.Text(3);
    point.started = WallTime{query.Int(4)};
    if (!query.IsNull(6)) point.rate_rps = query.Double(6);
    if (query.IsNull(5)) {
      unfinished.push_back(std::move(point));
      continue;
    }
    RS_ASSIGN_OR_RETURN(Json result,
                        StoredJson(query.Text(5), fmt::format("point {}", point.index)));
    json["points"].push_back(std::move(result));
  }
  RS_ASSIGN_OR_RETURN(spec::RunResult run,
                      spec::RunFromDocument(Document(std::move(json), "as stored")));
  AddUnfinished(std::move(unfinished), run);
  return run;
}

Result<spec::RequestLog> SqlStore::LoadLog(const PointId& point) {
  const std::scoped_lock lock(mutex_);
  const std::string where =
      fmt::format("database '{}': run {}: point {}", path(), point.run_id, point.index);
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
  RS_ASSIGN_OR_RETURN(
      Statement known,
      database_->Prepare("SELECT 1 FROM point WHERE run_id = ? AND point_index = ?"));
  RS_ASSIGN_OR_RETURN(const bool found, known.Bind(point.run_id).Bind(point.index).Step());
  if (!found) {
    return Error{ErrorCode::kNotFound,
                 where + ": is not stored: see what is with 'roofscape show'"};
  }
  RS_ASSIGN_OR_RETURN(Statement query,
                      database_->Prepare("SELECT plain_bytes, zstd FROM log_chunk WHERE run_id = ? "
                                         "AND point_index = ? ORDER BY chunk_index"));
  query.Bind(point.run_id).Bind(point.index);
  spec::RequestLog log;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return log;
    const Result<spec::RequestLog> chunk = UnpackLog(query.Int(0), query.Text(1));
    if (!chunk) return chunk.error().In(where);
    log.Append(*chunk);
  }
}

}  // namespace roofscape::store
