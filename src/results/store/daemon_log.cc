#include "results/store/daemon_log.h"

#include <utility>

#include "results/store/db.h"
#include "results/store/open.h"

namespace roofscape::store {
namespace {

class SqlDaemonLog final : public DaemonLog {
 public:
  explicit SqlDaemonLog(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<std::vector<DaemonMark>> Marks() override {
    RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
    RS_ASSIGN_OR_RETURN(Statement query,
                        database_->Prepare("SELECT entry, MAX(event_index) FROM daemon_event "
                                           "GROUP BY entry ORDER BY entry"));
    std::vector<DaemonMark> marks;
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool row, query.Step());
      if (!row) return marks;
      marks.push_back({query.Text(0), query.Int(1)});
    }
  }

  Result<std::vector<DaemonEvent>> EventsAfter(const std::string& entry,
                                               std::int64_t after) override {
    RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
    RS_ASSIGN_OR_RETURN(
        Statement query,
        database_->Prepare("SELECT event_index, at_us, kind, event_json FROM daemon_event "
                           "WHERE entry = ? AND event_index > ? ORDER BY event_index"));
    query.Bind(entry).Bind(after);
    std::vector<DaemonEvent> events;
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool row, query.Step());
      if (!row) return events;
      events.push_back({query.Int(0), WallTime{query.Int(1)}, query.Text(2), query.Text(3)});
    }
  }

  Result<bool> Append(const std::string& entry, std::int64_t after,
                      const DaemonEvent& event) override {
    RS_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Write(*database_, Durability::kPower));
    RS_ASSIGN_OR_RETURN(Statement newest,
                        database_->Prepare("SELECT COALESCE(MAX(event_index), 0) FROM daemon_event "
                                           "WHERE entry = ?"));
    RS_ASSIGN_OR_RETURN(const bool row, newest.Bind(entry).Step());
    RS_CHECK(row);
    if (newest.Int(0) != after) return false;
    newest.Reset();
    RS_ASSIGN_OR_RETURN(Statement insert,
                        database_->Prepare("INSERT INTO daemon_event (entry, event_index, at_us, "
                                           "kind, event_json) VALUES (?, ?, ?, ?, ?)"));
    insert.Bind(entry).Bind(after + 1).Bind(event.at.unix_us).Bind(event.kind).Bind(event.json);
    RS_RETURN_IF_ERROR(insert.Run());
    RS_RETURN_IF_ERROR(transaction.Commit());
    return true;
  }

 private:
  std::unique_ptr<Database> database_;
};

}  // namespace

Result<std::unique_ptr<DaemonLog>> OpenDaemonLog(const std::string& path, OpenMode mode,
                                                 const StoreOptions& options) {
  RS_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, OpenDatabase(path, mode, options));
  return std::unique_ptr<DaemonLog>(std::make_unique<SqlDaemonLog>(std::move(database)));
}

}  // namespace roofscape::store
