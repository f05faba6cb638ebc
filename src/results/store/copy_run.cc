#include "results/store/copy_run.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "results/store/content.h"

namespace roofscape::store {
namespace {

/// What belongs to a run, and the column that names it.
struct RunTable {
  const char* table;
  const char* column;
};
constexpr std::array<RunTable, 9> kRunTables = {{{"run", "id"},
                                                 {"run_label", "run_id"},
                                                 {"run_note", "run_id"},
                                                 {"run_end", "run_id"},
                                                 {"point", "run_id"},
                                                 {"log_chunk", "run_id"},
                                                 {"point_end", "run_id"},
                                                 {"metric", "run_id"},
                                                 {"series", "run_id"}}};

}  // namespace

Result<bool> CopyRun(Database& from, Database& to, const std::string& run_id) {
  RS_ASSIGN_OR_RETURN(Statement there, to.Prepare("SELECT 1 FROM run WHERE id = ?"));
  RS_ASSIGN_OR_RETURN(const bool known, there.Bind(run_id).Step());
  there.Reset();
  if (known) return false;
  for (const RunTable& part : kRunTables) {
    RS_ASSIGN_OR_RETURN(const TableContent copied,
                        CopyTable(from, to, part.table, {.column = part.column, .value = run_id}));
    if (part.column == std::string_view("id") && copied.rows != 1) {
      return Error{ErrorCode::kNotFound,
                   fmt::format("database '{}': holds no run {}: its job must measure it again",
                               from.path(), run_id)};
    }
  }
  return true;
}

}  // namespace roofscape::store
