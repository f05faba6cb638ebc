// The Store over one Database, be it a file or on a server. Writing is in sql_store.cc, reading in
// sql_queries.cc, campaigns in campaign.cc, series in series.cc.
//
// Ownership: owns its Database. Thread safety: calls take turns on one mutex.

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "results/store/db.h"
#include "results/store/store.h"

namespace roofscape::store {

class SqlStore final : public Store {
 public:
  /// REQUIRES: the database has the newest schema.
  explicit SqlStore(std::unique_ptr<Database> database);

  const std::string& path() const override { return database_->path(); }
  Result<> BeginRun(const spec::RunResult& header) override;
  Result<PointId> BeginPoint(const std::string& run_id, const spec::PointResult& header) override;
  Result<> AppendLog(const PointId& point, const spec::RequestLog& chunk) override;
  Result<> FinishPoint(const PointId& point, const spec::PointResult& result) override;
  Result<> FinishRun(const std::string& run_id, spec::RunStatus status, WallTime ended,
                     std::span<const std::string> notes) override;
  Result<std::vector<RunSummary>> Runs(const RunFilter& filter) override;
  Result<std::string> FindRun(std::string_view name) override;
  Result<spec::RunResult> LoadRun(std::string_view name) override;
  Result<spec::RequestLog> LoadLog(const PointId& point) override;
  Result<> MakeCampaign(const Campaign& campaign) override;
  Result<> JoinCampaign(const std::string& name, std::span<const std::string> run_ids) override;
  Result<std::vector<Campaign>> Campaigns() override;
  Result<std::int64_t> AddSeries(const std::string& run_id,
                                 std::span<const Series> series) override;
  Result<std::vector<Series>> LoadSeries(const std::string& run_id) override;

 private:
  // All of these REQUIRE that mutex_ is held.
  Result<> AddRun(const spec::RunResult& header);
  Result<> AddNotes(const std::string& run_id, std::span<const std::string> notes);
  Result<std::int64_t> AddPointEnd(const PointId& point, const spec::PointResult& result);
  Result<> AddMetrics(const PointId& point, std::int64_t revision, std::string_view window,
                      const spec::PointMetrics& metrics);
  Result<std::string> Resolve(std::string_view name);
  Result<std::vector<std::string>> NewestIds();
  Error UnknownRun(std::string_view name);
  Result<std::map<std::string, std::string>> Labels(const std::string& run_id);
  Result<std::vector<std::string>> Notes(const std::string& run_id);
  Result<spec::RunResult> ReadRun(const std::string& run_id);

  std::unique_ptr<Database> database_;
  std::mutex mutex_;
};

}  // namespace roofscape::store
