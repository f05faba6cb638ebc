#include "results/store/bundle_log.h"

#include <memory>

#include "results/store/copy_run.h"
#include "results/store/db.h"
#include "results/store/open.h"

namespace roofscape::store {

Result<BundleCounts> AddBundle(const std::string& path, const BundleRecord& bundle,
                               const std::string& runs_path) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Database> from,
                      OpenDatabase(runs_path, OpenMode::kReadOnly, {}));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Database> to,
                      OpenDatabase(path, OpenMode::kReadWrite, {}));
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*from));
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(*to, Durability::kPower));
  RS_RETURN_IF_ERROR(to->DeferForeignKeys());
  BundleCounts counts;
  for (const std::string& run : bundle.runs) {
    RS_ASSIGN_OR_RETURN(const bool added, CopyRun(*from, *to, run));
    ++(added ? counts.added : counts.there);
  }
  RS_ASSIGN_OR_RETURN(Statement there, to->Prepare("SELECT 1 FROM bundle WHERE digest = ?"));
  RS_ASSIGN_OR_RETURN(counts.known, there.Bind(bundle.digest).Step());
  there.Reset();
  if (!counts.known) {
    RS_ASSIGN_OR_RETURN(Statement insert,
                        to->Prepare("INSERT INTO bundle (digest, known_us, source, version, "
                                    "manifest) VALUES (?, ?, ?, ?, ?)"));
    insert.Bind(bundle.digest).Bind(bundle.known.unix_us).Bind(bundle.source);
    RS_RETURN_IF_ERROR(insert.Bind(bundle.version).Bind(bundle.manifest).Run());
    RS_ASSIGN_OR_RETURN(Statement join,
                        to->Prepare("INSERT INTO bundle_run (digest, run_id) VALUES (?, ?)"));
    for (const std::string& run : bundle.runs) {
      RS_RETURN_IF_ERROR(join.Bind(bundle.digest).Bind(run).Run());
    }
  }
  RS_RETURN_IF_ERROR(transaction.Commit());
  return counts;
}

Result<std::vector<BundleRecord>> ListBundles(const std::string& path) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                      OpenDatabase(path, OpenMode::kReadOnly, {}));
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database));
  RS_ASSIGN_OR_RETURN(Statement query,
                      database->Prepare("SELECT digest, known_us, source, version, manifest "
                                        "FROM bundle ORDER BY known_us DESC, digest"));
  std::vector<BundleRecord> bundles;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) break;
    bundles.push_back(
        {query.Text(0), WallTime{query.Int(1)}, query.Text(2), query.Text(3), query.Text(4), {}});
  }
  RS_ASSIGN_OR_RETURN(Statement runs, database->Prepare("SELECT run_id FROM bundle_run "
                                                        "WHERE digest = ? ORDER BY run_id"));
  for (BundleRecord& bundle : bundles) {
    runs.Bind(bundle.digest);
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool row, runs.Step());
      if (!row) break;
      bundle.runs.push_back(runs.Text(0));
    }
    runs.Reset();
  }
  return bundles;
}

}  // namespace roofscape::store
