#include "results/store/migrations.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "results/store/daemon_schema.h"
#include "results/store/sweep_schema.h"

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

// Rows of the archive. `known_us` is when we learnt of a row, `measured_us` when it was measured. A
// setup is everything in which points of one curve agree. Metrics that are not a column stand in
// more_json by their names; a missing one is NULL or not there.
constexpr std::string_view kArchive = R"sql(
CREATE TABLE import (
  id         BIGINT NOT NULL PRIMARY KEY,
  known_us   BIGINT NOT NULL,
  format     TEXT   NOT NULL,
  source     TEXT   NOT NULL,  -- the file's name
  digest     TEXT   NOT NULL,  -- SHA-256 of its bytes
  version    TEXT   NOT NULL,  -- of Roofscape
  rows_added BIGINT NOT NULL,
  rows_known BIGINT NOT NULL,  -- were here already, and nothing new in them
  rows_newer BIGINT NOT NULL,  -- supersede a row that was here
  rows_aside BIGINT NOT NULL
);
CREATE INDEX import_digest ON import (digest);

-- The source as it was.
CREATE TABLE import_text (
  import_id   BIGINT NOT NULL,
  piece       BIGINT NOT NULL,
  plain_bytes BIGINT NOT NULL,  -- before compression
  zstd        BLOB   NOT NULL,
  PRIMARY KEY (import_id, piece)
);

CREATE TABLE import_aside (
  import_id   BIGINT NOT NULL,
  place       BIGINT NOT NULL,
  text_offset BIGINT NOT NULL,
  text_bytes  BIGINT NOT NULL,
  code        TEXT   NOT NULL,
  reason      TEXT   NOT NULL,
  PRIMARY KEY (import_id, place)
);

CREATE TABLE setup (
  id              BIGINT NOT NULL PRIMARY KEY,
  digest          TEXT   NOT NULL UNIQUE,  -- SHA-256 of all that follows
  model           TEXT   NOT NULL,         -- '' where unknown, here and below
  chip            TEXT   NOT NULL,
  chips           BIGINT,
  engine          TEXT   NOT NULL,
  engine_version  TEXT   NOT NULL,
  precision_name  TEXT   NOT NULL,
  speculative     TEXT   NOT NULL,
  input_tokens    BIGINT NOT NULL,
  output_tokens   BIGINT NOT NULL,
  protocol        TEXT   NOT NULL,
  window_name     TEXT   NOT NULL,
  way             TEXT   NOT NULL,
  deployment_json TEXT   NOT NULL,
  workload_json   TEXT   NOT NULL
);
CREATE INDEX setup_shape ON setup (model, input_tokens, output_tokens);

CREATE TABLE archive_row (
  id           INTEGER NOT NULL PRIMARY KEY,  -- in SQLite the row's own number: no further index
  key_high     BIGINT  NOT NULL,  -- of the point's key, 128 bits of its SHA-256
  key_low      BIGINT  NOT NULL,
  revision     INTEGER NOT NULL,
  supersedes   BIGINT,
  import_id    BIGINT  NOT NULL,
  setup_id     BIGINT  NOT NULL REFERENCES setup (id),
  known_us     BIGINT  NOT NULL,
  measured_us  BIGINT,            -- NULL: unknown
  day_only     INTEGER NOT NULL CHECK (day_only IN (0, 1)),
  concurrency  BIGINT  NOT NULL,
  rate_rps     DOUBLE PRECISION,
  instrument   TEXT    NOT NULL,  -- VALID, DEGRADED, INVALID
  complete     INTEGER NOT NULL CHECK (complete IN (0, 1)),
  place        BIGINT  NOT NULL,
  text_offset  BIGINT  NOT NULL,
  text_bytes   BIGINT  NOT NULL,
  url          TEXT    NOT NULL,
  corrections_json TEXT,
  facts_json       TEXT,
  more_json        TEXT,
  requests DOUBLE PRECISION,
  successes DOUBLE PRECISION,
  failures DOUBLE PRECISION,
  input_tokens DOUBLE PRECISION,
  output_tokens DOUBLE PRECISION,
  cached_tokens DOUBLE PRECISION,
  input_tps DOUBLE PRECISION,
  output_tps DOUBLE PRECISION,
  total_tps DOUBLE PRECISION,
  request_rps DOUBLE PRECISION,
  input_tps_per_chip DOUBLE PRECISION,
  output_tps_per_chip DOUBLE PRECISION,
  total_tps_per_chip DOUBLE PRECISION,
  device_power_w DOUBLE PRECISION,
  joules_per_input_token_device DOUBLE PRECISION,
  joules_per_output_token_device DOUBLE PRECISION,
  joules_per_total_token_device DOUBLE PRECISION,
  prefill_chip_input_tps DOUBLE PRECISION,
  decode_chip_output_tps DOUBLE PRECISION,
  acceptance_length_tokens DOUBLE PRECISION,
  ttft_mean_s DOUBLE PRECISION,
  ttft_p50_s DOUBLE PRECISION,
  ttft_p75_s DOUBLE PRECISION,
  ttft_p90_s DOUBLE PRECISION,
  ttft_p95_s DOUBLE PRECISION,
  ttft_p99_s DOUBLE PRECISION,
  ttft_p999_s DOUBLE PRECISION,
  tpot_mean_s DOUBLE PRECISION,
  tpot_p50_s DOUBLE PRECISION,
  tpot_p75_s DOUBLE PRECISION,
  tpot_p90_s DOUBLE PRECISION,
  tpot_p95_s DOUBLE PRECISION,
  tpot_p99_s DOUBLE PRECISION,
  tpot_p999_s DOUBLE PRECISION,
  itl_mean_s DOUBLE PRECISION,
  itl_p50_s DOUBLE PRECISION,
  itl_p75_s DOUBLE PRECISION,
  itl_p90_s DOUBLE PRECISION,
  itl_p95_s DOUBLE PRECISION,
  itl_p99_s DOUBLE PRECISION,
  itl_p999_s DOUBLE PRECISION,
  e2e_mean_s DOUBLE PRECISION,
  e2e_p50_s DOUBLE PRECISION,
  e2e_p75_s DOUBLE PRECISION,
  e2e_p90_s DOUBLE PRECISION,
  e2e_p95_s DOUBLE PRECISION,
  e2e_p99_s DOUBLE PRECISION,
  e2e_p999_s DOUBLE PRECISION,
  interactivity_mean_tps DOUBLE PRECISION,
  interactivity_p50_tps DOUBLE PRECISION,
  interactivity_p75_tps DOUBLE PRECISION,
  interactivity_p90_tps DOUBLE PRECISION,
  interactivity_p95_tps DOUBLE PRECISION,
  interactivity_p99_tps DOUBLE PRECISION,
  interactivity_p999_tps DOUBLE PRECISION,
  e2e_interactivity_mean_tps DOUBLE PRECISION,
  e2e_interactivity_p50_tps DOUBLE PRECISION,
  e2e_interactivity_p75_tps DOUBLE PRECISION,
  e2e_interactivity_p90_tps DOUBLE PRECISION,
  e2e_interactivity_p95_tps DOUBLE PRECISION,
  e2e_interactivity_p99_tps DOUBLE PRECISION,
  e2e_interactivity_p999_tps DOUBLE PRECISION,
  UNIQUE (key_high, key_low, revision)
);
-- Finds what was measured last without reading a row.
CREATE INDEX archive_row_setup
  ON archive_row (setup_id, measured_us, concurrency, rate_rps);
CREATE INDEX archive_row_import ON archive_row (import_id);
CREATE INDEX archive_row_supersedes ON archive_row (supersedes) WHERE supersedes IS NOT NULL;

-- What counts: the rows that no later one supersedes.
CREATE VIEW archive_row_now AS
  SELECT * FROM archive_row AS r WHERE NOT EXISTS (
    SELECT 1 FROM archive_row AS later WHERE later.supersedes = r.id);
)sql";

constexpr std::array<std::string_view, 5> kArchiveTables = {"import", "import_text", "import_aside",
                                                            "setup", "archive_row"};

// Evals: what a deployment answered right. Keys, revisions and times as of archive_row.
constexpr std::string_view kEvals = R"sql(
ALTER TABLE import ADD COLUMN evals BIGINT NOT NULL DEFAULT 0;  -- of rows_added and rows_newer

CREATE TABLE eval_row (
  id              BIGINT NOT NULL PRIMARY KEY,
  key_high        BIGINT NOT NULL,
  key_low         BIGINT NOT NULL,
  revision        BIGINT NOT NULL,
  supersedes      BIGINT,
  import_id       BIGINT NOT NULL,
  known_us        BIGINT NOT NULL,
  measured_us     BIGINT,           -- NULL: unknown
  day_only        BIGINT NOT NULL CHECK (day_only IN (0, 1)),
  model           TEXT   NOT NULL,
  chip            TEXT   NOT NULL,
  chips           BIGINT,
  engine          TEXT   NOT NULL,
  precision_name  TEXT   NOT NULL,
  speculative     TEXT   NOT NULL,
  task            TEXT   NOT NULL,
  harness         TEXT   NOT NULL,  -- '' where unknown
  concurrency     BIGINT NOT NULL,
  place           BIGINT NOT NULL,
  text_offset     BIGINT NOT NULL,
  text_bytes      BIGINT NOT NULL,
  url             TEXT   NOT NULL,
  deployment_json TEXT   NOT NULL,
  corrections_json TEXT,
  facts_json       TEXT,
  UNIQUE (key_high, key_low, revision)
);
CREATE INDEX eval_row_model ON eval_row (model, task);
CREATE INDEX eval_row_import ON eval_row (import_id);
CREATE INDEX eval_row_supersedes ON eval_row (supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE eval_score (
  eval_id    BIGINT NOT NULL REFERENCES eval_row (id),
  measure    TEXT   NOT NULL,  -- as published: em_strict
  score      DOUBLE PRECISION NOT NULL,  -- a share
  error      DOUBLE PRECISION,           -- standard error, as published
  questions  BIGINT,
  score_low  DOUBLE PRECISION,           -- of the 95 % interval
  score_high DOUBLE PRECISION,
  PRIMARY KEY (eval_id, measure)
);

CREATE VIEW eval_row_now AS
  SELECT * FROM eval_row AS r WHERE NOT EXISTS (
    SELECT 1 FROM eval_row AS later WHERE later.supersedes = r.id);
)sql";

constexpr std::array<std::string_view, 2> kEvalTables = {"eval_row", "eval_score"};

// A campaign is a set of runs and points that were measured or collected for one question. A point
// belongs by its key, so whatever is learnt of it later belongs too.
constexpr std::string_view kCampaigns = R"sql(
CREATE TABLE campaign (
  id         BIGINT NOT NULL PRIMARY KEY,
  name       TEXT   NOT NULL UNIQUE,
  purpose    TEXT   NOT NULL,
  started_us BIGINT NOT NULL
);

CREATE TABLE campaign_label (
  campaign_id BIGINT NOT NULL REFERENCES campaign (id),
  name        TEXT   NOT NULL,
  value       TEXT   NOT NULL,
  PRIMARY KEY (campaign_id, name)
);

CREATE TABLE campaign_run (
  campaign_id BIGINT NOT NULL REFERENCES campaign (id),
  run_id      TEXT   NOT NULL REFERENCES run (id),
  PRIMARY KEY (campaign_id, run_id)
);

-- Of archive_row and eval_row.
CREATE TABLE campaign_point (
  campaign_id BIGINT NOT NULL REFERENCES campaign (id),
  key_high    BIGINT NOT NULL,
  key_low     BIGINT NOT NULL,
  PRIMARY KEY (campaign_id, key_high, key_low)
);
)sql";

constexpr std::array<std::string_view, 4> kCampaignTables = {"campaign", "campaign_label",
                                                             "campaign_run", "campaign_point"};

// What was sampled over time beside a run. In `zstd` all offsets from begin_us, in
// microseconds, then all values as doubles: 8 bytes each, little endian.
constexpr std::string_view kSeries = R"sql(
CREATE TABLE series (
  run_id      TEXT   NOT NULL REFERENCES run (id),
  metric      TEXT   NOT NULL,  -- ends in its unit: device_power_w
  device      TEXT   NOT NULL,  -- as the source names it
  digest      TEXT   NOT NULL,  -- SHA-256 of the source
  source      TEXT   NOT NULL,
  known_us    BIGINT NOT NULL,
  begin_us    BIGINT NOT NULL,
  samples     BIGINT NOT NULL,
  plain_bytes BIGINT NOT NULL,  -- before compression
  zstd        BLOB   NOT NULL,
  PRIMARY KEY (run_id, metric, device, digest)
);
)sql";

constexpr std::array<std::string_view, 1> kSeriesTables = {"series"};

// What was asked of whole rows is asked of an index alone: a row by its place in its source, of
// which an import of a million rows has a million; and what was the latest as it was known at a
// day.
constexpr std::string_view kCovering = R"sql(
CREATE INDEX archive_row_latest
  ON archive_row (setup_id, measured_us, concurrency, rate_rps, known_us, id);
DROP INDEX archive_row_setup;
CREATE INDEX archive_row_place ON archive_row (import_id, place);
DROP INDEX archive_row_import;
CREATE INDEX eval_row_place ON eval_row (import_id, place);
DROP INDEX eval_row_import;
)sql";

// The latest row of each load stands at one end of its entries, however often it was measured.
constexpr std::string_view kLoads = R"sql(
CREATE INDEX archive_row_load
  ON archive_row (setup_id, concurrency, rate_rps, measured_us, id, known_us);
DROP INDEX archive_row_latest;
)sql";

constexpr std::array<Migration, 10> kMigrations = {{{1, kFirst, kFirstTables},
                                                    {2, kRates, {}},
                                                    {3, kArchive, kArchiveTables},
                                                    {4, kEvals, kEvalTables},
                                                    {5, kCampaigns, kCampaignTables},
                                                    {6, kSeries, kSeriesTables},
                                                    {7, kSweeps, kSweepTables},
                                                    {8, kDaemon, kDaemonTables},
                                                    {9, kCovering, {}},
                                                    {10, kLoads, {}}}};

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
