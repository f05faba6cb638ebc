// What logs of servers that failed are read as.

#include "service/fleet/failure.h"

#include <gtest/gtest.h>

namespace roofscape::fleet {
namespace {

const Failure kUnknown{"start", "the server ended with status 1", "look"};

TEST(FailureTest, KnownLinesNameTheClass) {
  const std::vector<catalog::KnownFailure> known = {{"cache blocks", "memory", "more chips"}};
  const std::pair<const char*, const char*> logs[] = {
      {"INFO up\nValueError: No available memory for the Cache Blocks.\n", "memory"},
      {"RuntimeError: CUDA out of memory. Tried to allocate 2 GiB", "memory"},
      {"OSError: [Errno 98] Address already in use", "port"},
      {"vllm: error: unrecognized arguments: --foo", "flag"},
      {"/bin/sh: 1: vllm: not found", "program"},
      {"WARNING: module x: not found", "start"},
      {"Error: manifest unknown", "image"},
      {"all is well", "start"}};
  for (const auto& [log, kind] : logs)
    EXPECT_EQ(FailureInLog(log, known, kUnknown).kind, kind) << log;
}

TEST(FailureTest, TheFirstKnownLineCountsAndIsTheReason) {
  const Failure failure = FailureInLog(
      "x\n  torch.OutOfMemoryError: no\nOSError: Address already in use\n", {}, kUnknown);
  EXPECT_EQ(failure.kind, "memory");
  EXPECT_EQ(failure.reason, "torch.OutOfMemoryError: no");
  EXPECT_FALSE(failure.cure.empty());
}

TEST(FailureTest, PlansMaySayHowOftenAClassIsTried) {
  EXPECT_EQ(RetriesOf({}, "memory"), 0);
  EXPECT_EQ(RetriesOf({{"memory", 2}}, "memory"), 2);
  EXPECT_GT(RetriesOf({}, "node"), 0);
  EXPECT_TRUE(BlamesHost("node"));
  EXPECT_FALSE(BlamesHost("memory"));
}

}  // namespace
}  // namespace roofscape::fleet
