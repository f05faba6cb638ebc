// What only a server can do to a store: refuse, be absent, go away.

#include <gtest/gtest.h>

#include "results/store/db.h"
#include "results/store/open.h"
#include "results/store/store.h"
#include "results/store/test_data.h"
#include "results/store/test_server.h"

namespace roofscape::store {
namespace {

class PgTest : public testing::Test {
 protected:
  void SetUp() override {
    RS_SKIP_WITHOUT(Backend::kPostgres);
    server_ = TestServer::Get();
    database_ = server_->NewDatabase();
  }

  TestServer* server_ = nullptr;
  std::string database_;
};

TEST_F(PgTest, WhatIsRefusedGetsAMessageWithACureAndWithoutThePassword) {
  server_->Run(database_, "CREATE ROLE guarded LOGIN PASSWORD 's3cret' IN ROLE checked");
  server_->Run(database_, "CREATE ROLE nobody_special LOGIN");
  const std::string foreign = server_->NewDatabase();
  server_->Run(foreign, "CREATE TABLE photos (x INTEGER)");
  server_->Run("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  const struct {
    std::string url;
    ErrorCode code;
    const char* says;
  } cases[] = {
      {server_->Url(database_, "guarded", "wr0ng"), ErrorCode::kUnavailable, "in PGPASSWORD"},
      {server_->Url(database_, "absent"), ErrorCode::kUnavailable, "createuser absent"},
      {server_->Url("missing"), ErrorCode::kNotFound, "createdb --encoding=UTF8"},
      {server_->Url(database_, "nobody_special"), ErrorCode::kIo, "let the database's owner run"},
      {server_->Url(foreign), ErrorCode::kProtocol, "belongs to another program"},
      {server_->Url("latin"), ErrorCode::kProtocol, "holds no UTF-8 text"},
      {"postgresql://me:s3cret@/db?host=/nowhere", ErrorCode::kUnavailable,
       "check that the server runs"},
      {"postgresql://me:s3cret@127.0.0.1:1/db", ErrorCode::kUnavailable,
       "check that the server runs"},
  };
  for (const auto& c : cases) {
    for (const OpenMode mode : {OpenMode::kReadOnly, OpenMode::kReadWrite}) {
      const auto store = OpenStore(c.url, mode);
      ASSERT_FALSE(store) << c.url;
      const std::string& message = store.error().message;
      EXPECT_EQ(store.error().code, c.code) << message;
      EXPECT_NE(message.find(c.says), std::string::npos) << message;
      EXPECT_EQ(message.find("s3cret"), std::string::npos) << message;
      EXPECT_EQ(message.find("wr0ng"), std::string::npos) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  }
  const auto opened =
      Database::Open(server_->Url(database_, "guarded", "s3cret"), Access::kReadOnly, {});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->path().find("s3cret"), std::string::npos);
}

TEST_F(PgTest, AReaderNeedsOnlyToRead) {
  ASSERT_TRUE(OpenStore(server_->Url(database_), OpenMode::kReadWrite));
  server_->Run(database_,
               "CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "
               "reader");
  server_->Run(database_,
               "CREATE ROLE writer LOGIN; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA "
               "public TO writer");
  const auto writer = OpenStore(server_->Url(database_, "writer"), OpenMode::kReadWrite);
  ASSERT_TRUE(writer) << writer.error().message;
  const Result<> put = (*writer)->BeginRun(SomeRun("r"));
  ASSERT_TRUE(put) << put.error().message;
  const auto reader = OpenStore(server_->Url(database_, "reader"), OpenMode::kReadOnly);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->Runs({})->size(), 1U);
  EXPECT_FALSE((*reader)->BeginRun(SomeRun("s")));
  const auto refused =
      (*OpenStore(server_->Url(database_, "reader"), OpenMode::kReadWrite))->BeginRun(SomeRun("s"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("user 'reader' may not do this"), std::string::npos)
      << refused.error().message;
}

TEST_F(PgTest, AStoreGoesOnWhenItsConnectionWasCut) {
  const auto store = OpenStore(server_->Url(database_), OpenMode::kReadWrite);
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->BeginRun(SomeRun("r")));
  server_->Run(
      "postgres",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database_ + "'");
  const auto lost = (*store)->BeginPoint("r", SomePoint(0, 1));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(lost.error().message.find("was lost"), std::string::npos) << lost.error().message;
  const auto point = (*store)->BeginPoint("r", SomePoint(0, 1));
  ASSERT_TRUE(point) << point.error().message;
  EXPECT_EQ((*store)->LoadRun("r")->points.size(), 1U);
}

TEST_F(PgTest, AfterAnErrorNothingOfATransactionIsStored) {
  const auto database = OpenDatabase(server_->Url(database_), OpenMode::kReadWrite, {});
  ASSERT_TRUE(database);
  auto transaction = Transaction::Write(**database, Durability::kProcess);
  ASSERT_TRUE(transaction);
  EXPECT_FALSE((*database)->Run("INSERT INTO run_note VALUES ('unknown', 0, 'x')"));
  const Result<> committed = transaction->Commit();
  ASSERT_FALSE(committed);
  EXPECT_NE(committed.error().message.find("nothing was stored"), std::string::npos)
      << committed.error().message;
}

TEST_F(PgTest, TextComparesByItsBytesWhateverTheLanguage) {
  server_->Run("postgres",
               "CREATE DATABASE icu TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE "
               "'en' LOCALE 'C'");
  const auto store = OpenStore(server_->Url("icu"), OpenMode::kReadWrite);
  ASSERT_TRUE(store) << store.error().message;
  for (const char* id : {"a", "B", "_", "\xC3\xA9"}) ASSERT_TRUE((*store)->BeginRun(SomeRun(id)));
  std::string ids;
  const auto runs = (*store)->Runs({});
  for (const RunSummary& run : *runs) ids += run.id;
  EXPECT_EQ(ids,
            "\xC3\xA9"
            "a_B");
}

}  // namespace
}  // namespace roofscape::store
