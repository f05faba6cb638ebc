#include "results/store/migrations.h"

#include <array>
#include <string>

#include <fmt/format.h>

namespace roofscape::store {
namespace {

// Times are microseconds since 1970-01-01 UTC (`_us`). Documents are JSON texts. `revision` counts
// the answers to one question from 1; a later one `supersedes` the one before it.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE run (
  id             TEXT    NOT NULL PRIMARY KEY,
  started_us     BIGINT  NOT NULL,
  way            TEXT    NOT NULL,  -- measured, simulated, predicted
  version        TEXT    NOT NULL,  -- of Roofscape
  result_schema  INTEGER NOT NULL,
  url            TEXT    NOT NULL,
  model          TEXT    NOT NULL,  -- '' where unknown, here and below
  engine         TEXT    NOT NULL,
  engine_version TEXT    NOT NULL,
  precision_name TEXT    NOT NULL,
  chip           TEXT    NOT NULL,
  chips          BIGINT,            -- NULL: unknown
  workload       TEXT    NOT NULL,
  seed           TEXT    NOT NULL,  -- 64 bits without sign
  points_asked   BIGINT  NOT NULL,
  plan_json      TEXT    NOT NULL,
  host_json      TEXT    NOT NULL,
  engine_json    TEXT    NOT NULL
);
CREATE INDEX run_started ON run (started_us);

CREATE TABLE run_label (
  run_id TEXT NOT NULL REFERENCES run (id),
  name   TEXT NOT NULL,
  value  TEXT NOT NULL,
  PRIMARY KEY (run_id, name)
);

CREATE TABLE run_note (
  run_id     TEXT   NOT NULL REFERENCES run (id),
  note_index BIGINT NOT NULL,
  note       TEXT   NOT NULL,
  PRIMARY KEY (run_id, note_index)
);

CREATE TABLE run_end (
  run_id     TEXT    NOT NULL REFERENCES run (id),
  revision   INTEGER NOT NULL,
  supersedes INTEGER,
  ended_us   BIGINT  NOT NULL,
  status     TEXT    NOT NULL,  -- complete, incomplete
  PRIMARY KEY (run_id, revision),
  FOREIGN KEY (run_id, supersedes) REFERENCES run_end (run_id, revision)
);

CREATE TABLE point (
  run_id        TEXT   NOT NULL REFERENCES run (id),
  point_index   BIGINT NOT NULL,
  concurrency   BIGINT NOT NULL,
  repeat_index  BIGINT NOT NULL,
  protocol      TEXT   NOT NULL,
  started_us    BIGINT NOT NULL,
  PRIMARY KEY (run_id, point_index)
);

CREATE TABLE log_chunk (
  run_id       TEXT   NOT NULL,
  point_index  BIGINT NOT NULL,
  chunk_index  BIGINT NOT NULL,
  requests     BIGINT NOT NULL,
  events       BIGINT NOT NULL,
  plain_bytes  BIGINT NOT NULL,  -- before compression
  zstd         BLOB   NOT NULL,
  PRIMARY KEY (run_id, point_index, chunk_index),
  FOREIGN KEY (run_id, point_index) REFERENCES point (run_id, point_index)
);

CREATE TABLE point_end (
  run_id      TEXT    NOT NULL,
  point_index BIGINT  NOT NULL,
  revision    INTEGER NOT NULL,
  supersedes  INTEGER,
  complete    INTEGER NOT NULL CHECK (complete IN (0, 1)),
  verdict     TEXT    NOT NULL,  -- on the instrument: VALID, DEGRADED, INVALID
  result_json TEXT    NOT NULL,
  PRIMARY KEY (run_id, point_index, revision),
  FOREIGN KEY (run_id, point_index) REFERENCES point (run_id, point_index),
  FOREIGN KEY (run_id, point_index, supersedes)
    REFERENCES point_end (run_id, point_index, revision)
);

-- A missing metric has no row.
CREATE TABLE metric (
  run_id      TEXT    NOT NULL,
  point_index BIGINT  NOT NULL,
  revision    INTEGER NOT NULL,
  window_name TEXT    NOT NULL,  -- steady, whole
  name        TEXT    NOT NULL,  -- ends in its unit: ttft_p99_s
  value       DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (run_id, point_index, revision, window_name, name),
  FOREIGN KEY (run_id, point_index, revision)
    REFERENCES point_end (run_id, point_index, revision)
);

-- What counts: the answers that no later one supersedes.
CREATE VIEW run_end_now AS
  SELECT * FROM run_end AS e WHERE NOT EXISTS (
    SELECT 1 FROM run_end AS later
    WHERE later.run_id = e.run_id AND later.supersedes = e.revision);

CREATE VIEW point_end_now AS
  SELECT * FROM point_end AS e WHERE NOT EXISTS (
    SELECT 1 FROM point_end AS later
    WHERE later.run_id = e.run_id AND later.point_index = e.point_index
      AND later.supersedes = e.revision);

CREATE VIEW metric_now AS
  SELECT m.run_id, m.point_index, p.concurrency, p.repeat_index, p.protocol,
         m.window_name, m.name, m.value, e.complete, e.verdict
  FROM metric AS m
  JOIN point_end_now AS e
    ON e.run_id = m.run_id AND e.point_index = m.point_index AND e.revision = m.revision
  JOIN point AS p ON p.run_id = m.run_id AND p.point_index = m.point_index;
)sql";

constexpr std::array<std::string_view, 8> kFirstTables = {
    "run", "run_label", "run_note", "run_end", "point", "log_chunk", "point_end", "metric"};

// Open-loop points have a rate and concurrency 0.
constexpr std::string_view kRates = "ALTER TABLE point ADD COLUMN rate_rps DOUBLE PRECISION;";

constexpr std::array<Migration, 2> kMigrations = {{{1, kFirst, kFirstTables}, {2, kRates, {}}}};

Result<> Apply(Database& database, const Migration& migration) {
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(database, Durability::kPower));
  // Another process may have done this step while we waited for the lock.
  RS_ASSIGN_OR_RETURN(const SchemaMark now, database.ReadMark());
  if (now.version >= migration.number) return {};
  RS_CHECK(now.version == migration.number - 1);
  RS_RETURN_IF_ERROR(database.RunMigration(migration.sql));
  for (const std::string_view table : migration.append_only) {
    RS_RETURN_IF_ERROR(database.MakeAppendOnly(table));
  }
  RS_RETURN_IF_ERROR(
      database.WriteMark({.application = kApplicationId, .version = migration.number}));
  return transaction.Commit();
}

}  // namespace

std::span<const Migration> AllMigrations() { return kMigrations; }

Result<std::int64_t> ReadSchema(Database& database, std::int64_t newest) {
  RS_ASSIGN_OR_RETURN(Transaction view, Transaction::Read(database));
  RS_ASSIGN_OR_RETURN(const SchemaMark mark, database.ReadMark());
  if (!mark.empty && mark.application != kApplicationId) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("database '{}': belongs to another program and was left alone: name "
                             "another with --db",
                             database.path())};
  }
  if (mark.version > newest) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("database '{}': written by a newer Roofscape (schema {}, this one "
                             "knows {}): update Roofscape, or use --db with another path",
                             database.path(), mark.version, newest)};
  }
  return mark.version;
}

Result<> Migrate(Database& database, std::span<const Migration> migrations) {
  RS_ASSIGN_OR_RETURN(const SchemaMark mark, database.ReadMark());
  for (const Migration& migration : migrations) {
    if (migration.number <= mark.version) continue;
    if (const Result<> applied = Apply(database, migration); !applied) {
      return applied.error().In(fmt::format("bringing the schema to {}", migration.number));
    }
  }
  return {};
}

}  // namespace roofscape::store
