#include "cli/write_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace roofscape::cli {
namespace {

class WriteFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("roofscape_write_file_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::ptrdiff_t FileCount() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }

  std::filesystem::path folder_;
};

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(WriteFileTest, ReplacesWhatWasThereAndLeavesNothingElse) {
  ASSERT_TRUE(WriteWholeFile(Path("a.html"), "first"));
  ASSERT_TRUE(WriteWholeFile(Path("a.html"), "second"));
  EXPECT_EQ(Read(Path("a.html")), "second");
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(WriteFileTest, PiecesAreAFileOnlyWhenAllAreThere) {
  ASSERT_TRUE(WriteWholeFile(Path("a.csv"), "old"));
  {
    auto dropped = WholeFile::Create(Path("a.csv"));
    ASSERT_TRUE(dropped);
    dropped->Write("half");
    EXPECT_EQ(FileCount(), 2);
  }
  EXPECT_EQ(Read(Path("a.csv")), "old");
  EXPECT_EQ(FileCount(), 1);
  auto file = WholeFile::Create(Path("a.csv"));
  ASSERT_TRUE(file);
  WholeFile moved = *std::move(file);
  moved.Write("one,");
  moved.Write("two");
  EXPECT_EQ(Read(Path("a.csv")), "old");
  ASSERT_TRUE(moved.Commit());
  EXPECT_EQ(Read(Path("a.csv")), "one,two");
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(WriteFileTest, AFullDiskIsToldAtTheEnd) {
  auto file = WholeFile::Create("/dev/full");
  ASSERT_TRUE(file);
  file->Write(std::string(1 << 20, 'x'));
  const auto done = file->Commit();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("free some space"), std::string::npos);
}

TEST_F(WriteFileTest, RefusalsNameThePathAndTheCure) {
  const auto no_folder = WriteWholeFile(Path("none/a.html"), "x");
  ASSERT_FALSE(no_folder);
  EXPECT_NE(no_folder.error().message.find("none/a.html'"), std::string::npos);
  EXPECT_NE(no_folder.error().message.find("make its folder first"), std::string::npos);
  const auto folder = WriteWholeFile(folder_.string(), "x");
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("name a file in it"), std::string::npos);
  EXPECT_EQ(FileCount(), 0);
}

TEST_F(WriteFileTest, AFullDiskIsTold) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  // The temporary file's name is known: it is made to lead to a disk without room.
  const std::string temporary = Path("a.html.tmp" + std::to_string(getpid()));
  std::filesystem::create_symlink("/dev/full", temporary);
  const auto full = WriteWholeFile(Path("a.html"), "x");
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().message.find("free some space"), std::string::npos)
      << full.error().message;
  EXPECT_EQ(FileCount(), 0);
}

TEST_F(WriteFileTest, DevicesAreWrittenToAndLinksAreFollowed) {
  EXPECT_TRUE(WriteWholeFile("/dev/null", "text"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  std::filesystem::create_symlink(Path("real"), Path("link"));
  EXPECT_TRUE(WriteWholeFile(Path("link"), "text"));
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_EQ(Read(Path("real")), "text");
}

}  // namespace
}  // namespace roofscape::cli
