#include "results/store/db.h"

#include <cmath>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include "results/store/test_data.h"
#include "results/store/test_server.h"

namespace roofscape::store {
namespace {

constexpr const char* kTable = "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB, d REAL)";

class DatabaseTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    RS_SKIP_WITHOUT(GetParam());
    place_.emplace(GetParam());
    database_ = Open(place_->path());
    ASSERT_TRUE(database_->RunMigration(kTable));
  }

  static std::unique_ptr<Database> Open(const std::string& path) {
    auto opened = Database::Open(path, Access::kReadWrite, {});
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }

  std::optional<TestPlace> place_;
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Backends, DatabaseTest,
                         testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& instance) { return NameOf(instance.param); });

TEST_P(DatabaseTest, BindsAndReadsEveryKindOfValue) {
  const std::string bytes("\0\xFF\x01", 3);
  auto insert = database_->Prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
  ASSERT_TRUE(insert) << insert.error().message;
  ASSERT_TRUE(insert->Bind(std::int64_t{-5}).Bind("it's").BindBytes(bytes).Bind(0.1).Run());
  ASSERT_TRUE(insert->Bind(std::numeric_limits<std::int64_t>::max())
                  .Bind("")
                  .BindBytes("")
                  .Bind(std::optional<double>())
                  .Run());
  ASSERT_TRUE(insert->Bind(std::int64_t{0}).Bind("\xFF\xC3\xA9").BindNull().Bind(1e300).Run());
  ASSERT_TRUE(insert->Bind(std::int64_t{1}).BindNull().BindNull().Bind(std::nan("")).Run());
  auto query = database_->Prepare("SELECT a, b, c, d FROM t ORDER BY a");
  ASSERT_TRUE(query);
  ASSERT_TRUE(*query->Step());
  EXPECT_EQ(query->Int(0), -5);
  EXPECT_EQ(query->Text(1), "it's");
  EXPECT_EQ(query->Text(2), bytes);
  EXPECT_EQ(query->Double(3), 0.1);
  const ValueType types[] = {ValueType::kInt, ValueType::kText, ValueType::kBytes,
                             ValueType::kDouble};
  for (int column = 0; column < 4; ++column) EXPECT_EQ(query->Type(column), types[column]);
  ASSERT_TRUE(*query->Step());
  EXPECT_EQ(query->Text(1), "\xEF\xBF\xBD\xC3\xA9");
  EXPECT_TRUE(query->IsNull(2));
  EXPECT_EQ(query->Double(3), 1e300);
  ASSERT_TRUE(*query->Step());
  EXPECT_TRUE(query->IsNull(1));
  EXPECT_TRUE(query->IsNull(3)) << "what is no number is missing";
  ASSERT_TRUE(*query->Step());
  EXPECT_EQ(query->Int(0), std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(query->IsNull(1)) << "an empty text is not NULL";
  EXPECT_FALSE(query->IsNull(2)) << "no bytes are not NULL";
  EXPECT_TRUE(query->IsNull(3));
  EXPECT_FALSE(*query->Step());
}

TEST_P(DatabaseTest, EveryDoubleComesBackAsItWas) {
  Rng rng(1);
  const auto transaction = Transaction::Write(*database_, Durability::kProcess);
  ASSERT_TRUE(transaction);
  auto insert = database_->Prepare("INSERT INTO t (a, d) VALUES (?, ?)");
  std::vector<double> values = {std::numeric_limits<double>::denorm_min(),
                                std::numeric_limits<double>::max(),
                                std::numeric_limits<double>::infinity(),
                                -1e-7,
                                1.0 / 3.0,
                                5e15};
  while (values.size() < 500)
    values.push_back((rng.Uniform() - 0.5) * std::exp(rng.Uniform() * 90));
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_TRUE(insert->Bind(static_cast<std::int64_t>(i)).Bind(values[i]).Run());
  }
  auto query = database_->Prepare("SELECT d FROM t ORDER BY a");
  for (const double value : values) {
    ASSERT_TRUE(*query->Step());
    EXPECT_EQ(query->Double(0), value);
  }
}

TEST_P(DatabaseTest, StatementsMayTakeTurns) {
  const auto transaction = Transaction::Write(*database_, Durability::kProcess);
  ASSERT_TRUE(transaction);
  auto insert = database_->Prepare("INSERT INTO t (a) VALUES (?)");
  for (std::int64_t a = 0; a < 100; ++a) ASSERT_TRUE(insert->Bind(a).Run());
  auto outer = database_->Prepare("SELECT a FROM t WHERE a < 50 ORDER BY a");
  for (std::int64_t a = 0; a < 50; ++a) {
    ASSERT_TRUE(*outer->Step());
    EXPECT_EQ(outer->Int(0), a);
    auto inner = database_->Prepare("SELECT b, a FROM t WHERE a >= ?1 ORDER BY a");
    ASSERT_TRUE(*inner->Bind(a).Step());  // Left with rows to come.
    EXPECT_EQ(inner->Int(1), a);
    ASSERT_TRUE(insert->Bind(a + 1000).Run());
    EXPECT_EQ(*database_->Int("SELECT COUNT(*) FROM t"), 101 + a);
  }
  EXPECT_FALSE(*outer->Step());
}

TEST_P(DatabaseTest, OneWriterAtATimeAndWhoIsTold) {
  auto writing = Transaction::Write(*database_, Durability::kProcess);
  ASSERT_TRUE(writing);
  auto other = Database::Open(place_->path(), Access::kReadWrite,
                              {.busy_timeout = std::chrono::milliseconds(50)});
  ASSERT_TRUE(other);
  const auto refused = Transaction::Write(**other, Durability::kPower);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().message.find("has been writing for 0.05 s"), std::string::npos)
      << refused.error().message;
  ASSERT_TRUE(writing->Commit());
  EXPECT_TRUE(Transaction::Write(**other, Durability::kPower));
}

TEST_P(DatabaseTest, AReaderSeesOneMomentAndCannotWrite) {
  auto reader = Database::Open(place_->path(), Access::kReadOnly, {});
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_TRUE(database_->AllowReadersBesideWriter());
  const auto view = Transaction::Read(**reader);
  ASSERT_TRUE(view);
  EXPECT_EQ(*(*reader)->Int("SELECT COUNT(*) FROM t"), 0);
  ASSERT_TRUE(database_->Run("INSERT INTO t (a) VALUES (1)"));
  EXPECT_EQ(*(*reader)->Int("SELECT COUNT(*) FROM t"), 0);
  const auto refused = (*reader)->Run("INSERT INTO t (a) VALUES (2)");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("cannot be written here"), std::string::npos)
      << refused.error().message;
}

TEST_P(DatabaseTest, ATransactionWithoutCommitLeavesNothing) {
  {
    const auto transaction = Transaction::Write(*database_, Durability::kProcess);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database_->Run("INSERT INTO t (a) VALUES (1)"));
  }
  EXPECT_EQ(*database_->Int("SELECT COUNT(*) FROM t"), 0);
  auto transaction = Transaction::Write(*database_, Durability::kPower);
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(database_->Run("INSERT INTO t (a) VALUES (1)"));
  ASSERT_TRUE(transaction->Commit());
  EXPECT_EQ(*database_->Int("SELECT COUNT(*) FROM t"), 1);
}

TEST_P(DatabaseTest, AWrongStatementIsAnErrorThatNamesTheFile) {
  const auto statement = database_->Prepare("SELECT x FROM nowhere");
  ASSERT_FALSE(statement);
  EXPECT_NE(statement.error().message.find(database_->path()), std::string::npos);
  EXPECT_NE(statement.error().message.find("nowhere"), std::string::npos)
      << statement.error().message;
}

TEST(SqliteTest, AFullDiskIsToldAndUndoesOnlyItsOwnTransaction) {
  const TemporaryFolder folder;
  const std::string path = folder.File("test.db");
  {
    const auto database = Database::Open(path, Access::kReadWrite, {});
    ASSERT_TRUE((*database)->Run("CREATE TABLE t (a INTEGER, c BLOB)"));
  }
  auto limited = Database::Open(path, Access::kReadWrite, {.max_pages = 20});
  ASSERT_TRUE(limited);
  ASSERT_TRUE((*limited)->Run("INSERT INTO t (a) VALUES (1)"));
  {
    const auto transaction = Transaction::Write(**limited, Durability::kProcess);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE((*limited)->Run("INSERT INTO t (a) VALUES (2)"));
    const auto full = (*limited)->Run("INSERT INTO t (c) VALUES (zeroblob(1000000))");
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::kIo);
    EXPECT_NE(full.error().message.find("the disk is full"), std::string::npos);
  }
  EXPECT_EQ(*(*limited)->Int("SELECT group_concat(a) FROM t"), 1);
  EXPECT_TRUE((*limited)->Run("INSERT INTO t (a) VALUES (3)"));
}

TEST(SqliteTest, ReadsAnImmutableFileWhoseNameIsNoUri) {
  const TemporaryFolder folder;
  const std::string path = folder.File("50% a?b#c.db");
  {
    auto database = Database::Open(path, Access::kReadWrite, {});
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->Run("CREATE TABLE t (a); INSERT INTO t VALUES (7)"));
  }
  const auto immutable = Database::Open(path, Access::kImmutable, {});
  ASSERT_TRUE(immutable) << immutable.error().message;
  EXPECT_EQ(*(*immutable)->Int("SELECT a FROM t"), 7);
  EXPECT_FALSE((*immutable)->Run("INSERT INTO t VALUES (8)"));
}

}  // namespace
}  // namespace roofscape::store
