#include "results/store/sweep_log.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "results/store/campaign.h"
#include "results/store/copy_run.h"
#include "results/store/db.h"
#include "results/store/open.h"

namespace roofscape::store {
namespace {

class SqlSweepLog final : public SweepLog {
 public:
  explicit SqlSweepLog(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  const std::string& path() const override { return database_->path(); }

  Result<> AddPlan(const Campaign& campaign, const std::string& plan_text,
                   std::span<const SweepLayout> layouts,
                   std::span<const SweepPoint> points) override {
    RS_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Write(*database_, Durability::kPower));
    RS_ASSIGN_OR_RETURN(std::optional<std::int64_t> id, FindCampaign(*database_, campaign.name));
    if (!id) {
      RS_ASSIGN_OR_RETURN(id, AddCampaign(*database_, campaign));
    }
    RS_RETURN_IF_ERROR(AddText(*id, plan_text, campaign.started));
    RS_RETURN_IF_ERROR(AddLayouts(*id, layouts));
    RS_RETURN_IF_ERROR(AddPoints(*id, points));
    return transaction.Commit();
  }

  Result<std::vector<SweepMark>> Marks(const std::string& campaign) override {
    RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
    RS_ASSIGN_OR_RETURN(
        Statement query,
        database_->Prepare(
            "SELECT c.name, c.purpose, c.started_us, "
            "(SELECT MAX(t.revision) FROM sweep_plan AS t WHERE t.campaign_id = c.id), "
            "(SELECT COUNT(*) FROM sweep_point AS p WHERE p.campaign_id = c.id), "
            "COALESCE(e.event_index, 0), e.at_us FROM campaign AS c "
            "LEFT JOIN sweep_event AS e ON e.campaign_id = c.id AND e.event_index = "
            "(SELECT MAX(n.event_index) FROM sweep_event AS n WHERE n.campaign_id = c.id) "
            "WHERE (?1 = '' OR c.name = ?1) AND "
            "EXISTS (SELECT 1 FROM sweep_plan AS s WHERE s.campaign_id = c.id) "
            "ORDER BY c.started_us DESC, c.id DESC"));
    query.Bind(campaign);
    std::vector<SweepMark> marks;
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool row, query.Step());
      if (!row) return marks;
      SweepMark& mark = marks.emplace_back();
      mark.campaign = query.Text(0);
      mark.purpose = query.Text(1);
      mark.started = WallTime{query.Int(2)};
      mark.revision = query.Int(3);
      mark.points = query.Int(4);
      mark.last_event = query.Int(5);
      if (mark.last_event > 0) mark.last_at = WallTime{query.Int(6)};
    }
  }

  Result<std::string> PlanText(const std::string& campaign) override {
    RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
    RS_ASSIGN_OR_RETURN(const std::int64_t id, IdOf(campaign));
    return NewestText(id);
  }

  Result<SweepRecord> Load(const std::string& campaign) override {
    RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
    RS_ASSIGN_OR_RETURN(const std::int64_t id, IdOf(campaign));
    SweepRecord record;
    RS_ASSIGN_OR_RETURN(record.plan_text, NewestText(id));
    RS_ASSIGN_OR_RETURN(Statement layouts,
                        database_->Prepare("SELECT layout, layout_json FROM sweep_layout "
                                           "WHERE campaign_id = ? ORDER BY layout"));
    layouts.Bind(id);
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool row, layouts.Step());
      if (!row) break;
      record.layouts.push_back({layouts.Text(0), layouts.Text(1)});
    }
    RS_ASSIGN_OR_RETURN(Statement points,
                        database_->Prepare("SELECT point, layout, point_json FROM sweep_point "
                                           "WHERE campaign_id = ? ORDER BY point_index"));
    points.Bind(id);
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool row, points.Step());
      if (!row) break;
      record.points.push_back({points.Text(0), points.Text(1), points.Text(2)});
    }
    RS_ASSIGN_OR_RETURN(record.events, ReadEvents(id, 0));
    return record;
  }

  Result<std::vector<SweepEvent>> EventsAfter(const std::string& campaign,
                                              std::int64_t after) override {
    RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
    RS_ASSIGN_OR_RETURN(const std::int64_t id, IdOf(campaign));
    return ReadEvents(id, after);
  }

  Result<bool> Append(const std::string& campaign, std::int64_t after,
                      std::span<const SweepEvent> events) override {
    RS_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Write(*database_, Durability::kPower));
    RS_ASSIGN_OR_RETURN(const bool added, AddEvents(campaign, after, events));
    if (!added) return false;
    RS_RETURN_IF_ERROR(transaction.Commit());
    return true;
  }

  Result<bool> Import(const std::string& campaign, std::int64_t after,
                      std::span<const SweepEvent> events, const std::string& source,
                      const std::string& run_id) override {
    RS_ASSIGN_OR_RETURN(const std::unique_ptr<Database> from,
                        OpenDatabase(source, OpenMode::kReadOnly, {}));
    RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*from));
    RS_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Write(*database_, Durability::kPower));
    RS_RETURN_IF_ERROR(database_->DeferForeignKeys());
    RS_ASSIGN_OR_RETURN(const bool added, AddEvents(campaign, after, events));
    if (!added) return false;
    RS_RETURN_IF_ERROR(CopyRun(*from, *database_, run_id));
    RS_ASSIGN_OR_RETURN(const std::int64_t id, IdOf(campaign));
    RS_ASSIGN_OR_RETURN(Statement join,
                        database_->Prepare("INSERT INTO campaign_run (campaign_id, run_id) "
                                           "VALUES (?, ?) ON CONFLICT DO NOTHING"));
    RS_RETURN_IF_ERROR(join.Bind(id).Bind(run_id).Run());
    RS_RETURN_IF_ERROR(transaction.Commit());
    return true;
  }

 private:
  Result<std::int64_t> IdOf(const std::string& campaign) {
    RS_ASSIGN_OR_RETURN(const std::optional<std::int64_t> id, FindCampaign(*database_, campaign));
    if (id) return *id;
    return Error{ErrorCode::kNotFound,
                 fmt::format("campaign '{}': there is none of that name. All of them: roofscape "
                             "campaigns",
                             campaign)};
  }

  Result<std::string> NewestText(std::int64_t id) {
    RS_ASSIGN_OR_RETURN(Statement query,
                        database_->Prepare("SELECT plan_text FROM sweep_plan WHERE campaign_id = ? "
                                           "ORDER BY revision DESC LIMIT 1"));
    RS_ASSIGN_OR_RETURN(const bool row, query.Bind(id).Step());
    if (row) return query.Text(0);
    return Error{ErrorCode::kNotFound,
                 "the campaign has no plan: it was not made by 'roofscape sweep'"};
  }

  Result<> AddText(std::int64_t id, const std::string& text, WallTime known) {
    const Result<std::string> newest = NewestText(id);
    if (newest && *newest == text) return {};
    if (!newest && newest.error().code != ErrorCode::kNotFound) return newest.error();
    RS_ASSIGN_OR_RETURN(
        Statement insert,
        database_->Prepare("INSERT INTO sweep_plan (campaign_id, revision, known_us, plan_text) "
                           "SELECT ?1, COALESCE(MAX(revision), 0) + 1, ?2, ?3 FROM sweep_plan "
                           "WHERE campaign_id = ?1"));
    return insert.Bind(id).Bind(known.unix_us).Bind(text).Run();
  }

  Result<> AddLayouts(std::int64_t id, std::span<const SweepLayout> layouts) {
    RS_ASSIGN_OR_RETURN(
        Statement insert,
        database_->Prepare("INSERT INTO sweep_layout (campaign_id, layout, layout_json) "
                           "VALUES (?, ?, ?) ON CONFLICT DO NOTHING"));
    for (const SweepLayout& layout : layouts) {
      insert.Bind(id).Bind(layout.id).Bind(layout.json);
      RS_RETURN_IF_ERROR(insert.Run());
    }
    return {};
  }

  Result<> AddPoints(std::int64_t id, std::span<const SweepPoint> points) {
    RS_ASSIGN_OR_RETURN(Statement there,
                        database_->Prepare("SELECT 1 FROM sweep_point WHERE campaign_id = ? AND "
                                           "point = ?"));
    RS_ASSIGN_OR_RETURN(
        Statement insert,
        database_->Prepare("INSERT INTO sweep_point (campaign_id, point_index, point, layout, "
                           "point_json) SELECT ?1, COALESCE(MAX(point_index), -1) + 1, ?2, ?3, ?4 "
                           "FROM sweep_point WHERE campaign_id = ?1"));
    for (const SweepPoint& point : points) {
      RS_ASSIGN_OR_RETURN(const bool known, there.Bind(id).Bind(point.key).Step());
      there.Reset();
      if (known) continue;
      insert.Bind(id).Bind(point.key).Bind(point.layout).Bind(point.json);
      RS_RETURN_IF_ERROR(insert.Run());
    }
    return {};
  }

  Result<std::vector<SweepEvent>> ReadEvents(std::int64_t id, std::int64_t after) {
    RS_ASSIGN_OR_RETURN(
        Statement query,
        database_->Prepare("SELECT event_index, at_us, kind, subject, event_json FROM sweep_event "
                           "WHERE campaign_id = ? AND event_index > ? ORDER BY event_index"));
    query.Bind(id).Bind(after);
    std::vector<SweepEvent> events;
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool row, query.Step());
      if (!row) return events;
      events.push_back(
          {query.Int(0), WallTime{query.Int(1)}, query.Text(2), query.Text(3), query.Text(4)});
    }
  }

  /// False where event `after` is not the newest. REQUIRES: a write transaction.
  Result<bool> AddEvents(const std::string& campaign, std::int64_t after,
                         std::span<const SweepEvent> events) {
    RS_ASSIGN_OR_RETURN(const std::int64_t id, IdOf(campaign));
    RS_ASSIGN_OR_RETURN(Statement newest,
                        database_->Prepare("SELECT COALESCE(MAX(event_index), 0) FROM sweep_event "
                                           "WHERE campaign_id = ?"));
    RS_ASSIGN_OR_RETURN(const bool row, newest.Bind(id).Step());
    RS_CHECK(row);
    if (newest.Int(0) != after) return false;
    newest.Reset();
    RS_ASSIGN_OR_RETURN(Statement insert,
                        database_->Prepare("INSERT INTO sweep_event (campaign_id, event_index, "
                                           "at_us, kind, subject, event_json) "
                                           "VALUES (?, ?, ?, ?, ?, ?)"));
    for (const SweepEvent& event : events) {
      insert.Bind(id).Bind(++after).Bind(event.at.unix_us).Bind(event.kind);
      RS_RETURN_IF_ERROR(insert.Bind(event.subject).Bind(event.json).Run());
    }
    return true;
  }

  std::unique_ptr<Database> database_;
};

}  // namespace

Result<std::unique_ptr<SweepLog>> OpenSweepLog(const std::string& path, OpenMode mode,
                                               const StoreOptions& options) {
  RS_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, OpenDatabase(path, mode, options));
  return std::unique_ptr<SweepLog>(std::make_unique<SqlSweepLog>(std::move(database)));
}

}  // namespace roofscape::store
