#include "results/store/care.h"

#include <optional>

#include <gtest/gtest.h>

#include "results/store/archive.h"
#include "results/store/db.h"
#include "results/store/migrations.h"
#include "results/store/test_data.h"
#include "results/store/test_server.h"

namespace roofscape::store {
namespace {

std::int64_t Newest() { return AllMigrations().back().number; }

/// A store with two runs, points, logs, a correction and texts that are no UTF-8.
void Fill(const std::string& path) {
  const auto store = OpenStore(path, OpenMode::kReadWrite);
  ASSERT_TRUE(store) << store.error().message;
  for (const char* id : {"r", "\xC3\xA9t\xC3\xA9"}) {
    spec::RunResult run = SomeRun(id);
    run.engine["model"] = "bad \xFF bytes";
    run.plan.deployment.model = "";
    ASSERT_TRUE((*store)->BeginRun(run));
    for (std::int64_t index = 0; index < 3; ++index) {
      const spec::PointResult point = SomePoint(index, static_cast<std::uint64_t>(index) + 1);
      ASSERT_TRUE((*store)->BeginPoint(id, point));
      ASSERT_TRUE((*store)->AppendLog({id, index}, SomeLog(1, 50)));
      ASSERT_TRUE((*store)->AppendLog({id, index}, SomeLog(2, 5)));
      ASSERT_TRUE((*store)->FinishPoint({id, index}, point));
      ASSERT_TRUE((*store)->FinishPoint({id, index}, SomePoint(index, 9)));
    }
    ASSERT_TRUE((*store)->FinishRun(id, spec::RunStatus::kComplete, WallTime{5}, {}));
  }
  const Series series = {"device_power_w", "0",         "p.csv", "d",
                         WallTime{1},      WallTime{2}, {0, 10}, {1.5, 2.5}};
  ASSERT_TRUE((*store)->AddSeries("r", {&series, 1}));
  const auto archive = OpenArchive(path, OpenMode::kReadWrite);
  ASSERT_TRUE(archive) << archive.error().message;
  const std::string text = std::string(2 << 20, 'x') + std::string(1 << 20, 'y');
  const std::vector<spec::AsideRow> asides = {{0, 0, 5, "failed", "x"}};
  spec::EvalRow eval;
  eval.origin.key = "k";
  eval.scores = {{"em_strict", 0.5, std::nullopt, 10, std::nullopt}};
  ASSERT_TRUE((*archive)->Begin({"inferencex", "a.json", "0", WallTime{1}, "spring"}, text));
  ASSERT_TRUE((*archive)->SetAside(asides));
  ASSERT_TRUE((*archive)->AddEvals({&eval, 1}));
  ASSERT_TRUE((*archive)->Commit());
}

class CareTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    RS_SKIP_WITHOUT(GetParam());
    place_.emplace(GetParam());
    path_ = place_->path();
  }

  /// Runs SQL past everything that guards a store.
  void Tamper(const std::string& sql) {
    const auto database = Database::Open(path_, Access::kReadWrite, {});
    ASSERT_TRUE(database);
    const bool sqlite = GetParam() == Backend::kSqlite;
    ASSERT_TRUE((*database)->Run(sqlite ? "PRAGMA foreign_keys = OFF"
                                        : "SET session_replication_role = replica"));
    const Result<> done = (*database)->Run(sql);
    ASSERT_TRUE(done) << done.error().message;
  }

  void DropTriggers(const std::string& table) {
    const bool sqlite = GetParam() == Backend::kSqlite;
    Tamper(sqlite ? "DROP TRIGGER " + table + "_no_UPDATE"
                  : "ALTER TABLE " + table + " DISABLE TRIGGER " + table + "_only_grows");
  }

  void ExpectOneProblem(const std::string& says) {
    const auto report = CheckStore(path_);
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->problems.size(), 1U);
    EXPECT_NE(report->problems[0].find(says), std::string::npos) << report->problems[0];
  }

  std::optional<TestPlace> place_;
  std::string path_;
};

INSTANTIATE_TEST_SUITE_P(Backends, CareTest, testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& instance) { return NameOf(instance.param); });

TEST_P(CareTest, MigratingTellsFromWhichToWhich) {
  const auto first = MigrateStore(path_);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->from, 0);
  EXPECT_EQ(first->to, Newest());
  const auto again = MigrateStore(path_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->from, Newest());
}

TEST_P(CareTest, AnOlderSchemaIsBroughtUpToDateWithItsRows) {
  {
    const auto database = Database::Open(path_, Access::kReadWrite, {});
    ASSERT_TRUE(database);
    ASSERT_TRUE(Migrate(**database, AllMigrations().first(1)));
  }
  ExpectOneProblem("its schema is 1");
  const auto change = MigrateStore(path_);
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_EQ(change->from, 1);
  EXPECT_EQ(change->to, Newest());
  Fill(path_);
  EXPECT_TRUE(CheckStore(path_)->problems.empty());
}

TEST_P(CareTest, AWholeStoreHasNoProblem) {
  Fill(path_);
  const auto report = CheckStore(path_);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->problems.empty()) << report->problems[0];
  EXPECT_EQ(report->schema, Newest());
  EXPECT_EQ(report->log_chunks, 12);
  EXPECT_EQ(report->files, 1);
  EXPECT_EQ(report->series, 1);
  EXPECT_GE(report->append_only_tables, 8);
}

TEST_P(CareTest, MissingTriggersAreFound) {
  Fill(path_);
  DropTriggers("metric");
  ExpectOneProblem("table metric: its triggers");
}

TEST_P(CareTest, ARowThatNamesNothingIsFound) {
  Fill(path_);
  Tamper("INSERT INTO run_note VALUES ('nowhere', 0, 'x')");
  ExpectOneProblem("1 rows of run_note name rows of run that are not there");
}

TEST_P(CareTest, ADamagedLogIsFound) {
  Fill(path_);
  Tamper(
      "INSERT INTO log_chunk SELECT run_id, point_index, 7, requests, events, plain_bytes, "
      "substr(zstd, 1, 20) FROM log_chunk WHERE run_id = 'r' AND point_index = 1 AND "
      "chunk_index = 0");
  ExpectOneProblem("run r: point 1: chunk 7 of its log: the stored text is damaged");
}

TEST_P(CareTest, AFileThatIsNotWhatWasImportedIsFound) {
  Fill(path_);
  DropTriggers("import_text");
  Tamper(
      "UPDATE import_text SET zstd = (SELECT zstd FROM import_text WHERE piece = 2) "
      "WHERE piece = 1");
  const auto report = CheckStore(path_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->files, 0);
  ASSERT_EQ(report->problems.size(), 2U);
  EXPECT_NE(report->problems[1].find("import 1: its file a.json: is not what was imported"),
            std::string::npos)
      << report->problems[1];
}

struct Way {
  Backend from;
  Backend to;
};

class CopyTest : public testing::TestWithParam<Way> {};

INSTANTIATE_TEST_SUITE_P(Ways, CopyTest,
                         testing::Values(Way{Backend::kSqlite, Backend::kPostgres},
                                         Way{Backend::kPostgres, Backend::kSqlite},
                                         Way{Backend::kSqlite, Backend::kSqlite}),
                         [](const auto& instance) {
                           return NameOf(instance.param.from) + "To" + NameOf(instance.param.to);
                         });

TEST_P(CopyTest, EverythingIsThereAndBackAgain) {
  RS_SKIP_WITHOUT(GetParam().from);
  RS_SKIP_WITHOUT(GetParam().to);
  const TestPlace from(GetParam().from);
  const TestPlace to(GetParam().to);
  const TestPlace back(GetParam().from);
  Fill(from.path());
  const auto copied = CopyStore(from.path(), to.path());
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(copied->tables, CheckStore(from.path())->tables);
  EXPECT_EQ(copied->tables, CheckStore(to.path())->tables);
  EXPECT_TRUE(CheckStore(to.path())->problems.empty());
  ASSERT_TRUE(CopyStore(to.path(), back.path()));
  EXPECT_EQ(copied->tables, CheckStore(back.path())->tables);

  const auto one = OpenStore(from.path(), OpenMode::kReadOnly);
  const auto other = OpenStore(to.path(), OpenMode::kReadOnly);
  const auto runs = (*one)->Runs({});
  for (const RunSummary& run : *runs) {
    EXPECT_TRUE(*(*one)->LoadRun(run.id) == *(*other)->LoadRun(run.id));
    EXPECT_TRUE(*(*one)->LoadLog({run.id, 1}) == *(*other)->LoadLog({run.id, 1}));
  }
  const auto twice = CopyStore(from.path(), to.path());
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("already and was left alone"), std::string::npos)
      << twice.error().message;
}

TEST_P(CopyTest, WhatCannotBeCopiedLeavesNothing) {
  RS_SKIP_WITHOUT(GetParam().from);
  RS_SKIP_WITHOUT(GetParam().to);
  const TestPlace from(GetParam().from);
  const TestPlace to(GetParam().to);
  Fill(from.path());
  {
    const auto database = Database::Open(from.path(), Access::kReadWrite, {});
    const bool sqlite = GetParam().from == Backend::kSqlite;
    ASSERT_TRUE((*database)->Run(sqlite ? "PRAGMA foreign_keys = OFF"
                                        : "SET session_replication_role = replica"));
    ASSERT_TRUE((*database)->Run("INSERT INTO run_note VALUES ('nowhere', 0, 'x')"));
  }
  ASSERT_FALSE(CopyStore(from.path(), to.path())) << "a row names what is not there";
  const auto report = CheckStore(to.path());
  if (GetParam().to == Backend::kSqlite) {
    EXPECT_FALSE(report) << "the file that was made for it is still there";
    return;
  }
  for (const TableContent& table : report->tables) EXPECT_EQ(table.rows, 0);
}

}  // namespace
}  // namespace roofscape::store
