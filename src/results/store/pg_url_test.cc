#include "results/store/pg_url.h"

#include <gtest/gtest.h>

namespace roofscape::store {
namespace {

TEST(PgUrlTest, TheNameHasEverythingButTheSecret) {
  const struct {
    const char* url;
    const char* name;
  } cases[] = {
      {"results/roofscape.db", "results/roofscape.db"},
      {"postgresql://host/db", "postgresql://host/db"},
      {"postgres://me@host:5433/db", "postgresql://me@host:5433/db"},
      {"postgresql://me:s3cret@host/db", "postgresql://me@host/db"},
      {"postgresql://me:s3?cret@host/db", "postgresql://me@host/db"},
      {"postgresql://me:s3cret%40%2F@host/db", "postgresql://me@host/db"},
      {"postgresql://me@host/db?password=s3cret&sslmode=require", "postgresql://me@host/db"},
      {"postgresql://me@host/db?sslpassword=s3cret", "postgresql://me@host/db"},
      {"postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db"},
      {"postgresql:///db?host=/run/pg&port=5433", "postgresql:///db?host=/run/pg&port=5433"},
      {"postgresql://me:s3cret@%2Frun%2Fpg/db", "postgresql://me@/db?host=/run/pg"},
      {"postgresql://h1:1,h2:2/db", "postgresql://h1,h2:1,2/db"},
  };
  for (const auto& c : cases) EXPECT_EQ(NameOfDatabase(c.url), c.name);
}

TEST(PgUrlTest, AMalformedUrlIsRefusedWithoutQuotingIt) {
  for (const char* url : {
           "postgresql://me:s3@cret@host/db",
           "postgresql://me:s3/cret@host/db",
           "postgresql://me:s3%cret@host/db",
           "postgresql://me:1/s3cret@host/db",
           "postgresql://me@host/db?s3cret",
           "postgresql://me@host/db?s3cret=1",
           "postgresql://[s3cret",
       }) {
    const auto parts = ParsePostgresUrl(url);
    ASSERT_FALSE(parts) << url << " is taken for " << parts->name;
    EXPECT_EQ(parts.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(parts.error().message.find("percent-encoded"), std::string::npos);
    EXPECT_EQ(parts.error().message.find("s3"), std::string::npos) << parts.error().message;
    EXPECT_EQ(NameOfDatabase(url), "postgresql://...");
  }
}

}  // namespace
}  // namespace roofscape::store
