#include "bare_copy.h"

#include <sys/resource.h>

#include <chrono>

#include <fmt/format.h>

#include "base/core/clock.h"
#include "results/store/archive.h"
#include "results/store/db.h"

namespace roofscape::bench {

Spent SpentUntilNow() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  const std::chrono::duration<double> wall = SystemClock().Now().time_since_epoch();
  return {wall.count(), seconds(used.ru_utime) + seconds(used.ru_stime)};
}

Result<Spent> BareCopy(const std::string& from, const std::string& to) {
  {
    RS_ASSIGN_OR_RETURN(const auto empty, store::OpenArchive(to, store::OpenMode::kReadWrite));
  }
  RS_ASSIGN_OR_RETURN(const auto database,
                      store::Database::Open(to, store::Access::kReadWrite, {}));
  RS_RETURN_IF_ERROR(database->Run(fmt::format("ATTACH '{}' AS filled", from)));
  const Spent before = SpentUntilNow();
  RS_ASSIGN_OR_RETURN(store::Transaction transaction,
                      store::Transaction::Write(*database, store::Durability::kPower));
  RS_RETURN_IF_ERROR(
      database->Run("INSERT INTO setup SELECT * FROM filled.setup; "
                    "INSERT INTO archive_row SELECT * FROM filled.archive_row ORDER BY id"));
  RS_RETURN_IF_ERROR(transaction.Commit());
  return SpentUntilNow() - before;
}

}  // namespace roofscape::bench
