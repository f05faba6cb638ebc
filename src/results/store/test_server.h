// Databases for tests that run on both back-ends: a file, or a database of its own on a PostgreSQL
// server that is started once for the test binary, on a socket in a temporary folder, and stopped
// with it.
//
// Thread safety: one thread.

#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "results/store/test_data.h"

namespace roofscape::store {

enum class Backend { kSqlite, kPostgres };

/// For the names of parameterized tests: "Sqlite", "Postgres".
std::string NameOf(Backend backend);

/// The server. It runs as `postgres` or `nobody` where the tests run as root, whom it refuses.
class TestServer {
 public:
  /// The one of this binary; starts it at the first call. Null: there are no binaries of a server.
  static TestServer* Get();
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  /// A URL of a database. User "roofscape" may do everything, others must exist; those with a
  /// password must be members of role "checked".
  std::string Url(const std::string& database, const std::string& user = "roofscape",
                  const std::string& password = "") const;
  /// A new empty database: its name.
  std::string NewDatabase();
  /// Runs SQL in a database as its master.
  void Run(const std::string& database, const std::string& sql) const;
  void Stop();
  void Start();

 private:
  explicit TestServer(std::string binaries);

  std::string binaries_;
  TemporaryFolder folder_;
  pid_t process_ = -1;
  int databases_ = 0;
};

/// Why tests of a back-end cannot run here; "" when they can.
std::string WhyNot(Backend backend);

/// A place of its own for one test's database. REQUIRES: WhyNot(backend) is "".
class TestPlace {
 public:
  explicit TestPlace(Backend backend);
  const std::string& path() const { return path_; }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

}  // namespace roofscape::store

/// At the begin of a test or SetUp(): skips it, and says why, where its back-end is absent.
#define RS_SKIP_WITHOUT(backend) \
  if (const std::string why_not = WhyNot(backend); !why_not.empty()) GTEST_SKIP() << why_not
