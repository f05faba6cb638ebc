#include "results/ingest/read_ahead.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "results/ingest/test_data.h"

namespace roofscape::ingest {
namespace {

/// A reader of as many rows as the text has characters, each its own batch; '!' breaks off.
Result<> ReadCharacters(std::string_view text, const Source& source, const Take& take) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '!') return Error{ErrorCode::kProtocol, source.name + ": broken"};
    Batch batch;
    batch.rows.emplace_back().origin.place = static_cast<std::int64_t>(i);
    if (const Result<> taken = take(std::move(batch)); !taken) return taken;
  }
  return {};
}

const Format kCharacters{"characters", "", ReadCharacters};

TEST(ReadAhead, TakesEverythingInOrderOnTheCallersThread) {
  const auto caller = std::this_thread::get_id();
  std::int64_t next = 0;
  const std::string text(1000, 'x');
  const auto read = ReadAhead(kCharacters, text, {.name = "a"}, [&](const Batch& batch) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    EXPECT_EQ(batch.rows.at(0).origin.place, next++);
    return Result<>();
  });
  EXPECT_TRUE(read);
  EXPECT_EQ(next, 1000);
}

TEST(ReadAhead, TellsTheReadersErrorAfterWhatCameBeforeIt) {
  int taken = 0;
  const auto read = ReadAhead(kCharacters, "xxx!xx", {.name = "a"}, [&](const Batch&) {
    ++taken;
    return Result<>();
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "a: broken");
  EXPECT_EQ(taken, 3);
}

TEST(ReadAhead, AnErrorOfTheTakerEndsTheReading) {
  const std::string text = std::string(10'000, 'x') + "!";
  int taken = 0;
  const auto read = ReadAhead(kCharacters, text, {.name = "a"}, [&](const Batch&) -> Result<> {
    if (++taken < 5) return {};
    return Error{ErrorCode::kIo, "the disk is full"};
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "the disk is full");
  EXPECT_EQ(taken, 5);
}

}  // namespace
}  // namespace roofscape::ingest
