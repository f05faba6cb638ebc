#include "results/store/sql_store.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/spec/metric_registry.h"
#include "results/store/archive_text.h"
#include "results/store/chunk.h"

namespace roofscape::store {
namespace {

std::string FirstOf(std::initializer_list<std::string> candidates) {
  for (const std::string& candidate : candidates) {
    if (!candidate.empty()) return candidate;
  }
  return "";
}

std::string Fact(const std::map<std::string, std::string>& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "" : found->second;
}

}  // namespace

SqlStore::SqlStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}

Result<> SqlStore::BeginRun(const spec::RunResult& header) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(*database_, Durability::kPower));
  RS_RETURN_IF_ERROR(AddRun(header));
  RS_ASSIGN_OR_RETURN(Statement label,
                      database_->Prepare("INSERT INTO run_label (run_id, name, value) "
                                         "VALUES (?, ?, ?)"));
  for (const auto& [name, value] : header.plan.labels) {
    RS_RETURN_IF_ERROR(label.Bind(header.id).Bind(name).Bind(value).Run());
  }
  RS_RETURN_IF_ERROR(AddNotes(header.id, header.notes));
  return transaction.Commit();
}

Result<> SqlStore::AddRun(const spec::RunResult& header) {
  const spec::Plan& plan = header.plan;
  const spec::Deployment& deployment = plan.deployment;
  const auto points_asked =
      static_cast<std::int64_t>(spec::LevelsOf(plan.load).size()) * plan.load.repeat;
  RS_ASSIGN_OR_RETURN(
      Statement insert,
      database_->Prepare(
          "INSERT INTO run (id, started_us, way, version, result_schema, url, model, engine, "
          "engine_version, precision_name, chip, chips, workload, seed, points_asked, plan_json, "
          "host_json, engine_json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.Bind(header.id)
      .Bind(header.started.unix_us)
      .Bind(header.way)
      .Bind(header.version)
      .Bind(header.schema_version)
      .Bind(plan.target.url)
      .Bind(FirstOf({deployment.model, plan.target.model, Fact(header.engine, "model")}))
      .Bind(FirstOf({deployment.engine, Fact(header.engine, "name")}))
      .Bind(FirstOf({deployment.engine_version, Fact(header.engine, "version")}))
      .Bind(deployment.precision)
      .Bind(deployment.chip)
      .Bind(spec::ChipCount(deployment))
      .Bind(FirstOf({plan.workload.name, spec::ShapeName(plan.workload)}))
      .Bind(std::to_string(plan.seed))
      .Bind(points_asked)
      .Bind(DumpText(spec::ToJson(plan)))
      .Bind(DumpText(Json(header.host)))
      .Bind(DumpText(Json(header.engine)));
  return insert.Run();
}

Result<> SqlStore::AddNotes(const std::string& run_id, std::span<const std::string> notes) {
  RS_ASSIGN_OR_RETURN(
      Statement insert,
      database_->Prepare("INSERT INTO run_note (run_id, note_index, note) "
                         "SELECT ?1, COALESCE(MAX(note_index) + 1, 0), ?2 FROM run_note "
                         "WHERE run_id = ?1"));
  for (const std::string& note : notes) RS_RETURN_IF_ERROR(insert.Bind(run_id).Bind(note).Run());
  return {};
}

Result<PointId> SqlStore::BeginPoint(const std::string& run_id, const spec::PointResult& header) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(Transaction transaction,
                      Transaction::Write(*database_, Durability::kProcess));
  RS_ASSIGN_OR_RETURN(Statement insert,
                      database_->Prepare("INSERT INTO point (run_id, point_index, concurrency, "
                                         "rate_rps, repeat_index, protocol, started_us) "
                                         "VALUES (?, ?, ?, ?, ?, ?, ?)"));
  RS_RETURN_IF_ERROR(insert.Bind(run_id)
                         .Bind(header.index)
                         .Bind(header.concurrency)
                         .Bind(header.rate_rps)
                         .Bind(header.repeat)
                         .Bind(header.protocol)
                         .Bind(header.started.unix_us)
                         .Run());
  RS_RETURN_IF_ERROR(transaction.Commit());
  return PointId{run_id, header.index};
}

Result<> SqlStore::AppendLog(const PointId& point, const spec::RequestLog& chunk) {
  const Packed packed = PackLog(chunk);
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(Transaction transaction,
                      Transaction::Write(*database_, Durability::kProcess));
  RS_ASSIGN_OR_RETURN(
      Statement insert,
      database_->Prepare("INSERT INTO log_chunk (run_id, point_index, chunk_index, requests, "
                         "events, plain_bytes, zstd) "
                         "SELECT ?1, ?2, COALESCE(MAX(chunk_index) + 1, 0), ?3, ?4, ?5, ?6 "
                         "FROM log_chunk WHERE run_id = ?1 AND point_index = ?2"));
  RS_RETURN_IF_ERROR(insert.Bind(point.run_id)
                         .Bind(point.index)
                         .Bind(static_cast<std::int64_t>(chunk.requests.size()))
                         .Bind(static_cast<std::int64_t>(chunk.events.size()))
                         .Bind(packed.plain_bytes)
                         .BindBytes(packed.zstd)
                         .Run());
  return transaction.Commit();
}

Result<> SqlStore::FinishPoint(const PointId& point, const spec::PointResult& result) {
  RS_CHECK(result.index == point.index);
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(*database_, Durability::kPower));
  RS_ASSIGN_OR_RETURN(const std::int64_t revision, AddPointEnd(point, result));
  if (result.steady) {
    RS_RETURN_IF_ERROR(AddMetrics(point, revision, "steady", *result.steady));
  }
  RS_RETURN_IF_ERROR(AddMetrics(point, revision, "whole", result.whole));
  return transaction.Commit();
}

Result<std::int64_t> SqlStore::AddPointEnd(const PointId& point, const spec::PointResult& result) {
  RS_ASSIGN_OR_RETURN(Statement latest, database_->Prepare("SELECT MAX(revision) FROM point_end "
                                                           "WHERE run_id = ? AND point_index = ?"));
  RS_ASSIGN_OR_RETURN(const bool row, latest.Bind(point.run_id).Bind(point.index).Step());
  RS_CHECK(row);
  std::optional<std::int64_t> before;
  if (!latest.IsNull(0)) before = latest.Int(0);
  const std::int64_t revision = before.value_or(0) + 1;
  RS_ASSIGN_OR_RETURN(Statement insert,
                      database_->Prepare("INSERT INTO point_end (run_id, point_index, revision, "
                                         "supersedes, complete, verdict, result_json) "
                                         "VALUES (?, ?, ?, ?, ?, ?, ?)"));
  RS_RETURN_IF_ERROR(insert.Bind(point.run_id)
                         .Bind(point.index)
                         .Bind(revision)
                         .Bind(before)
                         .Bind(std::int64_t{result.complete ? 1 : 0})
                         .Bind(spec::Name(result.verdict.instrument))
                         .Bind(DumpText(spec::ToJson(result)))
                         .Run());
  return revision;
}

Result<> SqlStore::AddMetrics(const PointId& point, std::int64_t revision, std::string_view window,
                              const spec::PointMetrics& metrics) {
  RS_ASSIGN_OR_RETURN(Statement insert,
                      database_->Prepare("INSERT INTO metric (run_id, point_index, revision, "
                                         "window_name, name, value) VALUES (?, ?, ?, ?, ?, ?)"));
  for (const spec::MetricInfo& info : spec::AllMetrics()) {
    const std::optional<double> value = info.value(metrics);
    if (!value || !std::isfinite(*value)) continue;
    RS_RETURN_IF_ERROR(insert.Bind(point.run_id)
                           .Bind(point.index)
                           .Bind(revision)
                           .Bind(window)
                           .Bind(std::string_view(info.name))
                           .Bind(*value)
                           .Run());
  }
  return {};
}

Result<> SqlStore::FinishRun(const std::string& run_id, spec::RunStatus status, WallTime ended,
                             std::span<const std::string> notes) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(*database_, Durability::kPower));
  RS_ASSIGN_OR_RETURN(
      Statement insert,
      database_->Prepare("INSERT INTO run_end (run_id, revision, supersedes, ended_us, status) "
                         "SELECT ?1, COALESCE(MAX(revision), 0) + 1, MAX(revision), ?2, ?3 "
                         "FROM run_end WHERE run_id = ?1"));
  RS_RETURN_IF_ERROR(insert.Bind(run_id).Bind(ended.unix_us).Bind(spec::Name(status)).Run());
  RS_RETURN_IF_ERROR(AddNotes(run_id, notes));
  return transaction.Commit();
}

}  // namespace roofscape::store
