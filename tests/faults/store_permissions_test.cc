// Files and folders that may not be read or written. The attempts are made by a child without the
// rights of root, whom no permission stops.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "results/store/store.h"
#include "results/store/test_data.h"
#include "store_child.h"

namespace roofscape::store {
namespace {

constexpr uid_t kNobody = 65534;

/// The text that `body` gives when it runs as a user to whom permissions apply.
std::string AsOrdinaryUser(const std::function<std::string()>& body) {
  Child child([&](const Child::Say& say) {
    if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) {
      say("cannot change user");
    } else {
      say(body());
    }
    return true;
  });
  return child.ReadLine();
}

std::string OpenAs(OpenMode mode, const std::string& path) {
  const auto store = OpenStore(path, mode);
  if (!store) return store.error().message;
  const auto runs = (*store)->Runs({});
  return runs ? std::to_string(runs->size()) + " runs" : runs.error().message;
}

class StorePermissionsTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string text = AsOrdinaryUser([] { return std::string("works"); });
    if (text != "works") GTEST_SKIP() << text;
    std::filesystem::create_directory(folder_.File("sub"));
    {
      const auto store = OpenStore(path_, OpenMode::kReadWrite);
      ASSERT_TRUE(store) << store.error().message;
      ASSERT_TRUE((*store)->BeginRun(SomeRun("r")));
    }
    Allow(folder_.path(), 0755);
    Allow(folder_.File("sub"), 0755);
  }
  void TearDown() override { Allow(folder_.File("sub"), 0755); }

  static void Allow(const std::string& path, mode_t mode) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0) << path;
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.File("sub/r.db");
};

TEST_F(StorePermissionsTest, AFileThatMayNotBeReadIsTold) {
  Allow(path_, 0000);
  for (const OpenMode mode : {OpenMode::kReadOnly, OpenMode::kReadWrite}) {
    const std::string text = AsOrdinaryUser([&] { return OpenAs(mode, path_); });
    EXPECT_NE(text.find("cannot be opened (Permission denied)"), std::string::npos) << text;
    EXPECT_NE(text.find("or name another with --db"), std::string::npos) << text;
  }
}

TEST_F(StorePermissionsTest, AFileThatMayNotBeWrittenIsToldToAWriterAndReadByAReader) {
  Allow(path_, 0444);
  Allow(folder_.File("sub"), 0555);
  const std::string reader = AsOrdinaryUser([&] { return OpenAs(OpenMode::kReadOnly, path_); });
  EXPECT_EQ(reader, "1 runs");
  const std::string writer = AsOrdinaryUser([&] { return OpenAs(OpenMode::kReadWrite, path_); });
  EXPECT_NE(writer.find("cannot be written here: make the file and its folder writable"),
            std::string::npos)
      << writer;
}

TEST_F(StorePermissionsTest, AFolderThatMayNotBeWrittenIsTold) {
  Allow(folder_.File("sub"), 0555);
  const std::string text =
      AsOrdinaryUser([&] { return OpenAs(OpenMode::kReadWrite, folder_.File("sub/new.db")); });
  EXPECT_NE(text.find("Permission denied"), std::string::npos) << text;
  EXPECT_NE(text.find("--db"), std::string::npos) << text;
}

TEST_F(StorePermissionsTest, AFolderThatMayNotBeEnteredIsTold) {
  Allow(folder_.File("sub"), 0600);
  const std::string text = AsOrdinaryUser([&] { return OpenAs(OpenMode::kReadOnly, path_); });
  EXPECT_NE(text.find("cannot be looked at (Permission denied)"), std::string::npos) << text;
}

}  // namespace
}  // namespace roofscape::store
