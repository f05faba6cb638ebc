#include "results/store/pg_sql.h"

#include <gtest/gtest.h>

namespace roofscape::store {
namespace {

TEST(PgSqlTest, NumbersParametersAsSqliteDoes) {
  const struct {
    const char* sql;
    const char* numbered;
    int parameters;
  } cases[] = {
      {"SELECT 1", "SELECT 1", 0},
      {"VALUES (?, ?,?)", "VALUES ($1, $2,$3)", 3},
      {"WHERE a = ?2 AND b = ?1 AND c = ?2", "WHERE a = $2 AND b = $1 AND c = $2", 2},
      {"a = ?7 OR b = ?", "a = $7 OR b = $8", 8},
      {"a = '?' AND \"?\" = ? -- why?\nAND /* ? */ b = ?",
       "a = '?' AND \"?\" = $1 -- why?\nAND /* ? */ b = $2", 2},
      {"a = 'it''s ?' AND b = ?", "a = 'it''s ?' AND b = $1", 1},
      {"a = ? -- it's", "a = $1 -- it's", 1},
  };
  for (const auto& c : cases) {
    const NumberedSql numbered = NumberParameters(c.sql);
    EXPECT_EQ(numbered.sql, c.numbered);
    EXPECT_EQ(numbered.parameters, c.parameters) << c.sql;
  }
}

TEST(PgSqlTest, TypesMeanWhatSqliteMeans) {
  const struct {
    const char* sql;
    const char* types;
  } cases[] = {
      {"a BLOB NOT NULL, b INTEGER, c REAL, d BIGINT",
       "a BYTEA NOT NULL, b BIGINT, c DOUBLE PRECISION, d BIGINT"},
      {"a TEXT NOT NULL", "a TEXT COLLATE \"C\" NOT NULL"},
      {"SELECT CAST(a AS TEXT) FROM t", "SELECT CAST(a AS TEXT) FROM t"},
      {"a BIGINT, -- BLOB isn't TEXT\nREAL_NAME BIGINT DEFAULT 'BLOB'",
       "a BIGINT, -- BLOB isn't TEXT\nREAL_NAME BIGINT DEFAULT 'BLOB'"},
      {"a BIGINT REFERENCES t (x), b BIGINT REFERENCES u, c BIGINT",
       "a BIGINT REFERENCES t (x) DEFERRABLE, b BIGINT REFERENCES u DEFERRABLE, c BIGINT"},
      {"FOREIGN KEY (a, b)\n  REFERENCES t (x, y)",
       "FOREIGN KEY (a, b)\n  REFERENCES t (x, y) DEFERRABLE"},
      {"ADD COLUMN a BIGINT REFERENCES t", "ADD COLUMN a BIGINT REFERENCES t DEFERRABLE"},
  };
  for (const auto& c : cases) EXPECT_EQ(ToPostgresTypes(c.sql), c.types);
}

}  // namespace
}  // namespace roofscape::store
