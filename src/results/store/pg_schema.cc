// What a PgDatabase knows of its schema. Ours is what stands in current_schema().

#include <utility>

#include <fmt/format.h>

#include "results/store/migrations.h"
#include "results/store/pg_db.h"

namespace roofscape::store {
namespace {

// As SQLite's triggers say it. Statement by statement, so that TRUNCATE is caught too.
constexpr std::string_view kOnlyGrows =
    "BEGIN RAISE EXCEPTION '% only grows: add a row that supersedes this one', TG_TABLE_NAME; END";

// A foreign key as two conditions: the child's columns are there, and equal to the parent's.
constexpr std::string_view kForeignKeys = R"sql(
SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
       string_agg(format('c.%I IS NOT NULL', child.attname), ' AND '),
       string_agg(format('p.%I = c.%I', parent.attname, child.attname), ' AND ')
FROM pg_constraint AS c
CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (child, parent)
JOIN pg_attribute AS child ON child.attrelid = c.conrelid AND child.attnum = k.child
JOIN pg_attribute AS parent ON parent.attrelid = c.confrelid AND parent.attnum = k.parent
WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace
GROUP BY c.oid, c.conrelid, c.confrelid ORDER BY 1, 2
)sql";

std::string Triggers(std::string_view table) { return fmt::format("{}_only_grows", table); }

}  // namespace

Result<SchemaMark> PgDatabase::ReadMark() {
  SchemaMark mark;
  RS_ASSIGN_OR_RETURN(const std::string schema, Text("SELECT COALESCE(current_schema(), '')"));
  if (schema.empty()) {
    return Error{ErrorCode::kIo,
                 fmt::format("database '{}': has no schema that this user may use: let its owner "
                             "run 'CREATE SCHEMA AUTHORIZATION {}'",
                             path(), url_.user.empty() ? "USER" : url_.user)};
  }
  RS_ASSIGN_OR_RETURN(
      const std::int64_t ours,
      Int("SELECT COUNT(*) FROM pg_class WHERE relname = 'roofscape_schema' AND relkind = 'r' AND "
          "relnamespace = current_schema()::regnamespace"));
  if (ours == 0) {
    RS_ASSIGN_OR_RETURN(const std::int64_t things,
                        Int("SELECT COUNT(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', "
                            "'f') AND relnamespace = current_schema()::regnamespace"));
    mark.empty = things == 0;
    return mark;
  }
  RS_ASSIGN_OR_RETURN(Statement query,
                      Prepare("SELECT application, version FROM roofscape_schema"));
  RS_ASSIGN_OR_RETURN(const bool row, query.Step());
  if (!row) return mark;
  mark.application = query.Int(0);
  mark.version = query.Int(1);
  return mark;
}

Result<> PgDatabase::WriteMark(const SchemaMark& mark) {
  return Run(fmt::format(
      "CREATE TABLE IF NOT EXISTS roofscape_schema (application BIGINT NOT NULL PRIMARY KEY, "
      "version BIGINT NOT NULL); "
      "INSERT INTO roofscape_schema VALUES ({0}, {1}) "
      "ON CONFLICT (application) DO UPDATE SET version = {1}",
      mark.application, mark.version));
}

Result<> PgDatabase::RunMigration(std::string_view sql) { return Run(ToPostgresTypes(sql)); }

Result<> PgDatabase::MakeAppendOnly(std::string_view table) {
  return Run(fmt::format(
      "CREATE OR REPLACE FUNCTION roofscape_only_grows() RETURNS trigger LANGUAGE plpgsql "
      "AS $body${0}$body$; "
      "CREATE TRIGGER {1} BEFORE UPDATE OR DELETE OR TRUNCATE ON {2} "
      "FOR EACH STATEMENT EXECUTE FUNCTION roofscape_only_grows()",
      kOnlyGrows, Triggers(table), table));
}

Result<bool> PgDatabase::IsAppendOnly(std::string_view table) {
  // tgtype: 2 before, 8 delete, 16 update, 32 truncate. tgenabled: 'O' and 'A' fire for everybody.
  RS_ASSIGN_OR_RETURN(
      const std::vector<std::string> found,
      List("SELECT t.tgname FROM pg_trigger AS t JOIN pg_proc AS f ON f.oid = t.tgfoid "
           "JOIN pg_class AS c ON c.oid = t.tgrelid "
           "WHERE c.relname = ?1 AND c.relnamespace = current_schema()::regnamespace "
           "AND t.tgname = ?2 AND t.tgtype = 58 AND t.tgenabled IN ('O', 'A') "
           "AND t.tgqual IS NULL AND f.prosrc = ?3",
           {std::string(table), Triggers(table), std::string(kOnlyGrows)}));
  return !found.empty();
}

Result<std::vector<std::string>> PgDatabase::Tables() {
  return List(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'roofscape_schema' "
      "AND relnamespace = current_schema()::regnamespace ORDER BY relname COLLATE \"C\"");
}

Result<std::vector<std::string>> PgDatabase::Columns(std::string_view table) {
  return List(
      "SELECT a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid "
      "WHERE c.relname = ? AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 "
      "AND NOT a.attisdropped ORDER BY a.attnum",
      {std::string(table)});
}

Result<std::vector<std::string>> PgDatabase::KeyColumns(std::string_view table) {
  return List(
      "SELECT a.attname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid "
      "CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place) "
      "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number "
      "WHERE i.indisprimary AND c.relname = ? "
      "AND c.relnamespace = current_schema()::regnamespace ORDER BY k.place",
      {std::string(table)});
}

Result<> PgDatabase::DeferForeignKeys() { return Run("SET CONSTRAINTS ALL DEFERRED"); }

Result<std::vector<std::string>> PgDatabase::FindDamage() {
  // The server has checked every row when it came; but not what came while that was switched off.
  RS_ASSIGN_OR_RETURN(Statement keys, Prepare(kForeignKeys));
  std::vector<std::string> damage;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, keys.Step());
    if (!row) return damage;
    RS_ASSIGN_OR_RETURN(
        const std::int64_t orphans,
        Int(fmt::format("SELECT COUNT(*) FROM {} AS c WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS "
                        "p WHERE {})",
                        keys.Text(0), keys.Text(2), keys.Text(1), keys.Text(3))));
    if (orphans > 0) {
      damage.push_back(fmt::format("{} rows of {} name rows of {} that are not there", orphans,
                                   keys.Text(0), keys.Text(1)));
    }
  }
}

}  // namespace roofscape::store
