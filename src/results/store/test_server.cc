#include "results/store/test_server.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/core/check.h"
#include "results/store/db.h"

namespace roofscape::store {
namespace {

namespace fs = std::filesystem;

/// The folder with initdb and postgres of the newest server installed; "" when there is none.
std::string FindBinaries() {
  std::vector<std::pair<int, std::string>> found;
  std::error_code ignored;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string folder = version.path() / "bin";
    if (!fs::exists(folder + "/initdb", ignored) || !fs::exists(folder + "/postgres", ignored)) {
      continue;
    }
    found.emplace_back(std::atoi(version.path().filename().c_str()), folder);
  }
  std::sort(found.begin(), found.end());
  return found.empty() || found.back().first < 13 ? "" : found.back().second;
}

const passwd* ServerUser() {
  if (geteuid() != 0) return nullptr;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = getpwnam(name)) return user;
  }
  return nullptr;
}

/// Starts a program of the server as its user, its words into a file. It ends with us, however we
/// end.
pid_t Spawn(const std::vector<std::string>& program, const std::string& log) {
  std::vector<std::string> command = {"setpriv", "--pdeathsig", "QUIT"};
  if (const passwd* user = ServerUser()) {
    command.insert(command.end(), {fmt::format("--reuid={}", user->pw_uid),
                                   fmt::format("--regid={}", user->pw_gid), "--clear-groups"});
  }
  command.insert(command.end(), program.begin(), program.end());
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child = -1;
  const int status =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  RS_CHECK(status == 0);
  return child;
}

bool EndsWell(pid_t process) {
  int status = 0;
  waitpid(process, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::string NameOf(Backend backend) { return backend == Backend::kSqlite ? "Sqlite" : "Postgres"; }

TestServer* TestServer::Get() {
  static const std::unique_ptr<TestServer> server = [] {
    std::string binaries = FindBinaries();
    return std::unique_ptr<TestServer>(binaries.empty() ? nullptr
                                                        : new TestServer(std::move(binaries)));
  }();
  return server.get();
}

TestServer::TestServer(std::string binaries) : binaries_(std::move(binaries)) {
  if (const passwd* user = ServerUser()) {
    RS_CHECK(chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) == 0);
  }
  const std::string log = folder_.File("log");
  const bool made =
      EndsWell(Spawn({binaries_ + "/initdb", "-D", folder_.File("data"), "-U", "roofscape", "-A",
                      "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"},
                     log));
  if (!made)
    CheckFailed("initdb failed; its words are in the log it was given", __FILE__, __LINE__);
  std::ofstream(folder_.File("data/pg_hba.conf"))
      << "local all +checked scram-sha-256\nlocal all all trust\n";
  Start();
  Run("postgres", "CREATE ROLE checked");
}

void TestServer::Start() {
  // fsync=off: a test's data need not survive a power failure.
  process_ = Spawn({binaries_ + "/postgres", "-D", folder_.File("data"), "-k", folder_.path(), "-h",
                    "", "-c", "fsync=off", "-c", "max_connections=40", "-c", "shared_buffers=16MB",
                    "-c", "autovacuum=off"},
                   folder_.File("log"));
  for (int i = 0; i < 3'000; ++i) {
    if (Database::Open(Url("postgres"), Access::kReadWrite, {})) return;
    poll(nullptr, 0, 20);
  }
  CheckFailed("the PostgreSQL server did not come up within a minute", __FILE__, __LINE__);
}

void TestServer::Stop() {
  if (process_ < 0) return;
  kill(process_, SIGINT);
  EndsWell(std::exchange(process_, -1));
}

TestServer::~TestServer() { Stop(); }

std::string TestServer::Url(const std::string& database, const std::string& user,
                            const std::string& password) const {
  return fmt::format("postgresql://{}{}{}@/{}?host={}", user, password.empty() ? "" : ":", password,
                     database, folder_.path());
}

std::string TestServer::NewDatabase() {
  const std::string name = fmt::format("test_{}", ++databases_);
  Run("postgres", "CREATE DATABASE " + name);
  return name;
}

void TestServer::Run(const std::string& database, const std::string& sql) const {
  const auto master = Database::Open(Url(database), Access::kReadWrite, {});
  const Result<> done = (*master)->Run(sql);
  if (!done) CheckFailed(done.error().message.c_str(), __FILE__, __LINE__);
}

std::string WhyNot(Backend backend) {
  if (backend == Backend::kSqlite || TestServer::Get() != nullptr) return "";
  return "no PostgreSQL server of version 13 or newer in /usr/lib/postgresql/*/bin: install it "
         "with 'tools/setup --test'";
}

TestPlace::TestPlace(Backend backend) {
  path_ = backend == Backend::kSqlite ? folder_.File("roofscape.db")
                                      : TestServer::Get()->Url(TestServer::Get()->NewDatabase());
}

}  // namespace roofscape::store
