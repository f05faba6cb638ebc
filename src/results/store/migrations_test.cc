#include "results/store/migrations.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "results/store/test_server.h"

namespace roofscape::store {
namespace {

constexpr std::array<std::string_view, 1> kTables = {"a"};
constexpr std::array<Migration, 3> kSteps = {{
    {1, "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)", kTables},
    {2, "CREATE TABLE b (x INTEGER)", {}},
    {3, "CREATE TABLE c (x INTEGER); CREATE TABLE b (x INTEGER)", {}},
}};

class MigrationsTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    RS_SKIP_WITHOUT(GetParam());
    place_.emplace(GetParam());
    auto opened = Database::Open(place_->path(), Access::kReadWrite, {});
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
  }

  std::optional<TestPlace> place_;
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Backends, MigrationsTest,
                         testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& instance) { return NameOf(instance.param); });

TEST_P(MigrationsTest, AreNumberedWithoutGaps) {
  std::int64_t expected = 1;
  for (const Migration& migration : AllMigrations()) EXPECT_EQ(migration.number, expected++);
}

TEST_P(MigrationsTest, EachStepIsDoneOnceAndKeepsTheRows) {
  const std::span<const Migration> steps(kSteps);
  ASSERT_TRUE(Migrate(*database_, steps.first(1)));
  EXPECT_EQ(*ReadSchema(*database_, 3), 1);
  ASSERT_TRUE(Migrate(*database_, steps.first(2)));
  ASSERT_TRUE(Migrate(*database_, steps.first(2)));
  EXPECT_EQ(*ReadSchema(*database_, 3), 2);
  EXPECT_EQ(*database_->Int("SELECT COUNT(*) FROM a"), 1);
}

TEST_P(MigrationsTest, AStepThatFailsLeavesTheStepBeforeIt) {
  const auto migrated = Migrate(*database_, kSteps);
  ASSERT_FALSE(migrated);
  EXPECT_NE(migrated.error().message.find("bringing the schema to 3"), std::string::npos);
  EXPECT_EQ(*ReadSchema(*database_, 3), 2);
  EXPECT_EQ(*database_->Tables(), (std::vector<std::string>{"a", "b"}));
}

TEST_P(MigrationsTest, RefusesTheDatabaseOfAnotherProgram) {
  ASSERT_TRUE(database_->Run("CREATE TABLE photos (x INTEGER); INSERT INTO photos VALUES (1)"));
  const auto schema = ReadSchema(*database_, 3);
  ASSERT_FALSE(schema);
  EXPECT_EQ(schema.error().code, ErrorCode::kProtocol);
  EXPECT_NE(schema.error().message.find("another program"), std::string::npos);
}

TEST_P(MigrationsTest, RefusesANewerSchema) {
  ASSERT_TRUE(Migrate(*database_, std::span(kSteps).first(1)));
  ASSERT_TRUE(database_->WriteMark({.application = kApplicationId, .version = 7}));
  const auto schema = ReadSchema(*database_, 3);
  ASSERT_FALSE(schema);
  EXPECT_NE(schema.error().message.find(
                "written by a newer Roofscape (schema 7, this one knows 3): update Roofscape, or "
                "use --db with another path"),
            std::string::npos)
      << schema.error().message;
}

TEST_P(MigrationsTest, NoTableOfResultsLetsARowBeChangedOrRemoved) {
  ASSERT_TRUE(Migrate(*database_, AllMigrations()));
  ASSERT_TRUE(database_->Run(
      "INSERT INTO run VALUES ('r', 1, 'measured', '0', 1, '', '', '', '', '', '', 1, '', '1', 1, "
      "'{}', '{}', '{}');"
      "INSERT INTO run_label VALUES ('r', 'a', 'b');"
      "INSERT INTO run_note VALUES ('r', 0, 'n');"
      "INSERT INTO run_end VALUES ('r', 1, NULL, 2, 'complete');"
      "INSERT INTO point VALUES ('r', 0, 1, 0, 'steady', 1, NULL);"
      "INSERT INTO log_chunk VALUES ('r', 0, 0, 0, 0, 0, '');"
      "INSERT INTO point_end VALUES ('r', 0, 1, NULL, 1, 'VALID', '{}');"
      "INSERT INTO metric VALUES ('r', 0, 1, 'whole', 'output_tps', 1.5);"
      "INSERT INTO import VALUES (1, 1, 'vllm', 'a', '', '0', 1, 0, 0, 0, 0);"
      "INSERT INTO import_text VALUES (1, 0, 0, '');"
      "INSERT INTO import_aside VALUES (1, 0, 0, 0, 'c', 'r');"
      "INSERT INTO setup VALUES (1, 'd', '', '', 1, '', '', '', '', 1, 1, '', '', '', '{}', '{}');"
      "INSERT INTO archive_row (id, key_high, key_low, revision, import_id, setup_id, known_us, "
      "day_only, concurrency, instrument, complete, place, text_offset, text_bytes, url) "
      "VALUES (1, 1, 1, 1, 1, 1, 1, 0, 1, 'VALID', 1, 0, 0, 0, '');"
      "INSERT INTO eval_row VALUES (1, 1, 1, 1, NULL, 1, 1, 1, 0, '', '', 1, '', '', '', 't', '', "
      "1, 0, 0, 0, '', '{}', NULL, NULL);"
      "INSERT INTO eval_score VALUES (1, 'em_strict', 0.5, 0.1, 10, 0.3, 0.7);"
      "INSERT INTO campaign VALUES (1, 'c', '', 1);"
      "INSERT INTO campaign_label VALUES (1, 'a', 'b');"
      "INSERT INTO campaign_run VALUES (1, 'r');"
      "INSERT INTO campaign_point VALUES (1, 1, 1);"
      "INSERT INTO sweep_plan VALUES (1, 1, 1, 'p');"
      "INSERT INTO sweep_layout VALUES (1, 'l', '{}');"
      "INSERT INTO sweep_point VALUES (1, 'p', 0, 'l', '{}');"
      "INSERT INTO sweep_event VALUES (1, 1, 1, 'begun', 'p', '{}');"
      "INSERT INTO daemon_event VALUES ('e', 1, 1, 'seen', '{}');"
      "INSERT INTO bundle VALUES ('d', 1, 'a.tar', '0', '{}');"
      "INSERT INTO bundle_run VALUES ('d', 'r');"
      "INSERT INTO series VALUES ('r', 'device_power_w', '0', 'd', 'a.csv', 1, 1, 0, 0, '');"));
  const std::vector<std::string> tables = *database_->Tables();
  for (const std::string& table : tables) {
    ASSERT_EQ(*database_->Int("SELECT COUNT(*) FROM " + table), 1) << table;
    EXPECT_TRUE(*database_->IsAppendOnly(table)) << table;
    const std::string column = database_->Columns(table)->front();
    const bool sqlite = GetParam() == Backend::kSqlite;
    const std::string statements[] = {
        "UPDATE " + table + " SET " + column + " = " + column,
        "DELETE FROM " + table,
        sqlite ? "REPLACE INTO " + table + " SELECT * FROM " + table
               : "TRUNCATE " + table + " CASCADE",
    };
    for (const std::string& sql : statements) {
      const auto refused = database_->Run(sql);
      ASSERT_FALSE(refused) << sql;
      EXPECT_NE(refused.error().message.find("only grows"), std::string::npos)
          << sql << ": " << refused.error().message;
    }
  }
  EXPECT_EQ(tables.size(), 27U);
}

}  // namespace
}  // namespace roofscape::store
