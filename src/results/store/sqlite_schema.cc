// What a SqliteDatabase knows of its schema.

#include <array>
#include <utility>

#include <fmt/format.h>

#include "results/store/sqlite_db.h"

namespace roofscape::store {
namespace {

/// The triggers that keep a table's rows as they were written: name and statement.
std::array<std::pair<std::string, std::string>, 2> TriggersOf(std::string_view table) {
  const auto trigger = [&](std::string_view act) {
    return std::pair(fmt::format("{}_no_{}", table, act),
                     fmt::format("CREATE TRIGGER {0}_no_{1} BEFORE {1} ON {0} BEGIN SELECT "
                                 "RAISE(ABORT, '{0} only grows: add a row that supersedes this "
                                 "one'); END",
                                 table, act));
  };
  return {trigger("UPDATE"), trigger("DELETE")};
}

}  // namespace

Result<SchemaMark> SqliteDatabase::ReadMark() {
  SchemaMark mark;
  RS_ASSIGN_OR_RETURN(mark.application, Int("PRAGMA application_id"));
  RS_ASSIGN_OR_RETURN(mark.version, Int("PRAGMA user_version"));
  RS_ASSIGN_OR_RETURN(const std::int64_t things, Int("SELECT COUNT(*) FROM sqlite_schema"));
  mark.empty = mark.application == 0 && mark.version == 0 && things == 0;
  return mark;
}

Result<> SqliteDatabase::WriteMark(const SchemaMark& mark) {
  return Run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", mark.application,
                         mark.version));
}

Result<> SqliteDatabase::RunMigration(std::string_view sql) { return Run(std::string(sql)); }

Result<> SqliteDatabase::MakeAppendOnly(std::string_view table) {
  for (const auto& [name, sql] : TriggersOf(table)) RS_RETURN_IF_ERROR(Run(sql));
  return {};
}

Result<bool> SqliteDatabase::IsAppendOnly(std::string_view table) {
  for (const auto& [name, sql] : TriggersOf(table)) {
    RS_ASSIGN_OR_RETURN(
        const std::vector<std::string> found,
        List("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?", {name}));
    if (found != std::vector{sql}) return false;
  }
  return true;
}

Result<std::vector<std::string>> SqliteDatabase::Tables() {
  return List(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
      "ESCAPE '\\' ORDER BY name");
}

Result<std::vector<std::string>> SqliteDatabase::Columns(std::string_view table) {
  return List("SELECT name FROM pragma_table_info(?) ORDER BY cid", {std::string(table)});
}

Result<std::vector<std::string>> SqliteDatabase::KeyColumns(std::string_view table) {
  return List("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk",
              {std::string(table)});
}

Result<> SqliteDatabase::DeferForeignKeys() { return Run("PRAGMA defer_foreign_keys = ON"); }

Result<std::vector<std::string>> SqliteDatabase::FindDamage() {
  RS_ASSIGN_OR_RETURN(std::vector<std::string> damage, List("PRAGMA integrity_check"));
  if (damage == std::vector<std::string>{"ok"}) damage.clear();
  RS_ASSIGN_OR_RETURN(
      const std::vector<std::string> orphans,
      List(
          "SELECT count(*) || ' rows of ' || \"table\" || ' name rows of ' || parent || ' that are "
          "not there' FROM pragma_foreign_key_check GROUP BY \"table\", parent"));
  damage.insert(damage.end(), orphans.begin(), orphans.end());
  return damage;
}

}  // namespace roofscape::store
