// Every way a database can be found at its path. Permissions and locks: tests/faults/store_*.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "results/store/db.h"
#include "results/store/migrations.h"
#include "results/store/store.h"
#include "results/store/test_data.h"

namespace roofscape::store {
namespace {

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// The bytes of a file; "" for anything that is none.
std::string Read(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return "";
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(OpenTest, MakesAFileButNoFolder) {
  const TemporaryFolder folder;
  const std::string path = folder.File("roofscape.db");
  const auto store = OpenStore(path, OpenMode::kReadWrite);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->path(), path);
  EXPECT_TRUE(std::filesystem::exists(path));
  const auto deep = OpenStore(folder.File("a/b/roofscape.db"), OpenMode::kReadWrite);
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().message.find("its folder cannot be used (No such"), std::string::npos)
      << deep.error().message;
  EXPECT_FALSE(std::filesystem::exists(folder.File("a")));
}

TEST(OpenTest, ReadingCreatesNothing) {
  const TemporaryFolder folder;
  const std::string path = folder.File("a/roofscape.db");
  const auto store = OpenStore(path, OpenMode::kReadOnly);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder.File("a")));
}

TEST(OpenTest, ReadsAStoreThatIsBeingWritten) {
  const TemporaryFolder folder;
  const auto writer = OpenStore(folder.File("r.db"), OpenMode::kReadWrite);
  ASSERT_TRUE(writer);
  const auto reader = OpenStore(folder.File("r.db"), OpenMode::kReadOnly);
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_TRUE((*writer)->BeginRun(SomeRun("r")));
  EXPECT_EQ((*reader)->Runs({})->size(), 1U);
  EXPECT_FALSE((*reader)->BeginRun(SomeRun("s"))) << "a reader must not write";
}

TEST(OpenTest, AnEmptyFileBecomesAStore) {
  const TemporaryFolder folder;
  for (const OpenMode mode : {OpenMode::kReadOnly, OpenMode::kReadWrite}) {
    Write(folder.File("empty.db"), "");
    const auto store = OpenStore(folder.File("empty.db"), mode);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->Runs({})->empty());
  }
}

TEST(OpenTest, BadPathsAndFilesGetAMessageWithACure) {
  const TemporaryFolder folder;
  const std::string text = folder.File("notes.txt");
  Write(text, std::string(5000, 'x'));
  const std::string foreign = folder.File("photos.db");
  {
    const auto database = Database::Open(foreign, Access::kReadWrite, {});
    ASSERT_TRUE((*database)->Run("CREATE TABLE photos (x)"));
  }
  const std::string newer = folder.File("newer.db");
  ASSERT_TRUE(OpenStore(newer, OpenMode::kReadWrite));
  ASSERT_TRUE((*Database::Open(newer, Access::kReadWrite, {}))->Run("PRAGMA user_version = 1000"));

  const struct {
    std::string path;
    ErrorCode code;
    const char* says;
  } cases[] = {
      {"", ErrorCode::kInvalidArgument, "give --db the path of a file"},
      {"mysql://me:secret@host/db", ErrorCode::kInvalidArgument, "or postgresql://USER@HOST/NAME"},
      {"postgresql://me:sec@ret@host/db", ErrorCode::kInvalidArgument, "is no valid URL"},
      {folder.path(), ErrorCode::kInvalidArgument, "is a folder: name a file in it"},
      {text, ErrorCode::kProtocol, "is not a Roofscape database"},
      {foreign, ErrorCode::kProtocol, "belongs to another program"},
      {newer, ErrorCode::kProtocol, "written by a newer Roofscape (schema 1000, this one knows "},
  };
  for (const auto& c : cases) {
    for (const OpenMode mode : {OpenMode::kReadOnly, OpenMode::kReadWrite}) {
      const std::string before = Read(c.path);
      const auto store = OpenStore(c.path, mode);
      ASSERT_FALSE(store) << c.path;
      EXPECT_EQ(store.error().code, c.code) << store.error().message;
      EXPECT_NE(store.error().message.find(c.says), std::string::npos) << store.error().message;
      EXPECT_EQ(store.error().message.find("sec"), std::string::npos);
      EXPECT_EQ(Read(c.path), before) << "a refused file was changed";
    }
  }
}

TEST(OpenTest, AFileInPlaceOfTheFolderIsTold) {
  const TemporaryFolder folder;
  Write(folder.File("file"), "x");
  const auto store = OpenStore(folder.File("file/roofscape.db"), OpenMode::kReadWrite);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kIo);
  EXPECT_NE(store.error().message.find("its folder cannot be used (Not a directory)"),
            std::string::npos)
      << store.error().message;
}

TEST(OpenTest, ADamagedFileIsToldAsDamaged) {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.db");
  {
    const auto store = OpenStore(path, OpenMode::kReadWrite);
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->BeginRun(SomeRun("r")));
  }
  std::string bytes = Read(path);
  ASSERT_GT(bytes.size(), 8192U);
  for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31);
  Write(path, bytes);
  const auto store = OpenStore(path, OpenMode::kReadOnly);
  const auto runs = store ? (*store)->Runs({}) : Result<std::vector<RunSummary>>(store.error());
  ASSERT_FALSE(runs);
  EXPECT_EQ(runs.error().code, ErrorCode::kProtocol);
  EXPECT_NE(runs.error().message.find(".recover"), std::string::npos) << runs.error().message;
}

}  // namespace
}  // namespace roofscape::store
