#include "results/store/db.h"

#include <gtest/gtest.h>

#include "results/store/test_data.h"

namespace roofscape::store {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::Open(folder_.File("test.db"), Access::kReadWrite, {});
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
    ASSERT_TRUE(database_->Run("CREATE TABLE t (a INTEGER, b TEXT, c BLOB, d REAL)"));
  }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, BindsAndReadsEveryKindOfValue) {
  const std::string bytes("\0\xFF\x01", 3);
  auto insert = database_->Prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
  ASSERT_TRUE(insert);
  ASSERT_TRUE(insert->Bind(std::int64_t{-5}).Bind("it's").BindBytes(bytes).Bind(0.1).Run());
  ASSERT_TRUE(insert->Bind(std::optional<std::int64_t>()).Bind("").BindNull().Bind(1e300).Run());
  auto query = database_->Prepare("SELECT a, b, c, d FROM t ORDER BY rowid");
  ASSERT_TRUE(query);
  ASSERT_TRUE(*query->Step());
  EXPECT_EQ(query->Int(0), -5);
  EXPECT_EQ(query->Text(1), "it's");
  EXPECT_EQ(query->Text(2), bytes);
  EXPECT_EQ(query->Double(3), 0.1);
  ASSERT_TRUE(*query->Step());
  EXPECT_TRUE(query->IsNull(0));
  EXPECT_FALSE(query->IsNull(1)) << "an empty text is not NULL";
  EXPECT_TRUE(query->IsNull(2));
  EXPECT_FALSE(*query->Step());
}

TEST_F(DatabaseTest, ATransactionWithoutCommitLeavesNothing) {
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

TEST_F(DatabaseTest, AWrongStatementIsAnErrorThatNamesTheFile) {
  const auto statement = database_->Prepare("SELECT x FROM nowhere");
  ASSERT_FALSE(statement);
  EXPECT_NE(statement.error().message.find(database_->path()), std::string::npos);
  EXPECT_NE(statement.error().message.find("nowhere"), std::string::npos)
      << statement.error().message;
}

TEST_F(DatabaseTest, AFullDiskIsToldAndUndoesOnlyItsOwnTransaction) {
  auto limited = Database::Open(database_->path(), Access::kReadWrite, {.max_pages = 20});
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

TEST_F(DatabaseTest, ReadsAnImmutableFileWhoseNameIsNoUri) {
  const std::string path = folder_.File("50% a?b#c.db");
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
