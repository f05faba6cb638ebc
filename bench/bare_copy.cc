#include "bare_copy.h"

#include <chrono>

#include <fmt/format.h>

#include "results/store/archive.h"
#include "results/store/db.h"

namespace roofscape::bench {

Result<double> SecondsOfBareCopy(const std::string& from, const std::string& to) {
  {
    RS_ASSIGN_OR_RETURN(const auto empty, store::OpenArchive(to, store::OpenMode::kReadWrite));
  }
  RS_ASSIGN_OR_RETURN(const auto database,
                      store::Database::Open(to, store::Access::kReadWrite, {}));
  RS_RETURN_IF_ERROR(database->Run(fmt::format("ATTACH '{}' AS filled", from)));
  const auto began = std::chrono::steady_clock::now();
  RS_ASSIGN_OR_RETURN(store::Transaction transaction,
                      store::Transaction::Write(*database, store::Durability::kPower));
  RS_RETURN_IF_ERROR(
      database->Run("INSERT INTO setup SELECT * FROM filled.setup; "
                    "INSERT INTO archive_row SELECT * FROM filled.archive_row ORDER BY id"));
  RS_RETURN_IF_ERROR(transaction.Commit());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace roofscape::bench
