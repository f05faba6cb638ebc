// The Archive over a Database. Writing is in sql_archive.cc, reading in sql_archive_read.cc, evals
// in sql_archive_evals.cc.
//
// Ownership: owns its Database. Thread safety: one thread at a time.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "results/store/archive.h"
#include "results/store/db.h"
#include "results/store/digest.h"

namespace roofscape::store {

class SqlArchive final : public Archive {
 public:
  /// REQUIRES: the database has the newest schema.
  explicit SqlArchive(std::unique_ptr<Database> database);
  ~SqlArchive() override;

  Result<std::optional<ImportRecord>> FindImport(std::string_view digest, std::string_view format,
                                                 std::string_view version) override;
  Result<> Begin(const ImportHeader& header, std::string_view text) override;
  Result<> Add(std::span<const spec::Row> rows) override;
  Result<> AddEvals(std::span<const spec::EvalRow> rows) override;
  Result<> SetAside(std::span<const spec::AsideRow> rows) override;
  Result<ImportCounts> Commit() override;
  void Abandon() override;
  Result<std::vector<ImportRecord>> Imports() override;
  Result<std::vector<spec::AsideRow>> Asides(std::int64_t import_id) override;
  Result<std::vector<ArchivedRow>> Rows(const RowQuery& query) override;
  Result<> EachRow(const RowQuery& query, const std::function<void(ArchivedRow&&)>& tell) override;
  Result<std::vector<ArchivedEval>> Evals(const RowQuery& query) override;
  Result<std::vector<SetupSummary>> Setups() override;
  Result<std::string> Original(std::int64_t import_id, std::int64_t place) override;

 private:
  struct Open;  // An import that has begun (sql_archive_import.h).
  struct Before;
  struct WaitingRow;
  /// What the rows of one setup share.
  struct Setup {
    spec::Deployment deployment;
    spec::Workload workload;
    std::string protocol, window, way;
  };
  struct Source {
    std::string format, name;
  };

  Result<std::vector<ImportRecord>> ReadImports(std::string_view where,
                                                const std::vector<std::string>& values);
  Result<> AddText(Open& import);
  Result<> Join(const Digest128& key);
  Result<std::int64_t> SetupId(const spec::Row& row);
  Result<> AskForKeys(std::span<const Digest128> keys);
  Result<> AddOne(const spec::Row& row, const Digest128& key);
  Result<std::optional<Before>> FindBefore(const Digest128& key, const spec::Row& row,
                                           std::int64_t setup_id);
  Result<> InsertWaiting();
  void BindRow(const WaitingRow& waiting, Statement& insert);
  Result<std::vector<std::int64_t>> LatestIds(const RowQuery& query);
  Result<> AddEval(const spec::EvalRow& row);
  Result<> AddScores(std::int64_t id, const spec::EvalRow& row);
  Result<std::vector<spec::EvalScore>> Scores(std::int64_t id);
  Result<const Setup*> SetupOf(std::int64_t id, std::optional<Statement>& query);
  Result<const Source*> SourceOf(std::int64_t import_id);
  Result<> ReadRows(const RowQuery& query, std::span<const std::int64_t> ids,
                    const std::function<void(ArchivedRow&&)>& tell);
  Result<std::string> Piece(std::int64_t import_id, std::int64_t piece);

  std::unique_ptr<Database> database_;
  std::unordered_map<std::int64_t, Setup> setups_;    // Those that were read.
  std::unordered_map<std::int64_t, Source> sources_;  // Of imports, in this view.
  std::unique_ptr<Open> open_;
};

}  // namespace roofscape::store
