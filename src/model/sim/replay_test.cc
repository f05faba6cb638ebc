// The requests of a measured run once more.

#include <gtest/gtest.h>

#include <vector>

#include "model/sim/log_writer.h"
#include "model/sim/test_clusters.h"
#include "model/sim/workloads.h"

namespace roofscape::sim {
namespace {

spec::Request Row(std::int64_t id, std::int64_t slot, std::int64_t at_ms, std::int64_t input,
                  std::int64_t output) {
  spec::Request r;
  r.id = id;
  r.slot = slot;
  r.intended_ns = at_ms * 1'000'000;
  r.input_tokens_asked = r.input_tokens = input;
  r.output_tokens_asked = r.output_tokens = output;
  return r;
}

std::vector<spec::Request> Play(const spec::RequestLog& log, bool closed) {
  RunReplay source(log, closed);
  LogWriter writer;
  RunWorkload(TestCluster(LinearStep{}), source, writer, {});
  return writer.Take().requests;
}

TEST(RunReplayTest, AnOpenLoopIsSentWhenItWasDue) {
  spec::RequestLog log;
  // As rows of several threads may stand: not in order of time.
  log.requests = {Row(4, -1, 5030, 7, 3), Row(5, -1, 5000, 9, 2)};
  const auto out = Play(log, /*closed=*/false);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].input_tokens, 7);
  EXPECT_EQ(out[0].intended_ns, 30'000'000) << "from the first request on";
  EXPECT_EQ(out[1].input_tokens, 9);
  EXPECT_EQ(out[1].intended_ns, 0);
}

// Ten milliseconds a step. The first user's second request was sent late in the measured run; in
// the replay it follows its own answer. The second user begins between the two.
TEST(RunReplayTest, UsersSendWhenTheirAnswerHasEnded) {
  spec::RequestLog log;
  log.requests = {Row(0, 0, 100, 10, 5), Row(1, 1, 400, 10, 5), Row(2, 0, 900, 10, 5)};
  const auto out = Play(log, /*closed=*/true);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[0].intended_ns, 0);
  EXPECT_EQ(out[1].intended_ns, 300'000'000) << "users begin as they did";
  EXPECT_EQ(out[2].intended_ns, out[0].end_ns);
  EXPECT_LT(out[2].end_ns, out[1].intended_ns);
  EXPECT_EQ(out[2].slot, 0);
}

// Both users' warm-ups had ended before anything was measured: they begin together again.
TEST(RunReplayTest, AWarmUpThatDrainedDrainsAgain) {
  spec::RequestLog log;
  log.requests = {Row(0, 0, 0, 10, 5), Row(1, 1, 0, 10, 30), Row(2, 0, 500, 10, 5),
                  Row(3, 1, 500, 10, 5)};
  for (std::size_t i = 0; i < 2; ++i) {
    log.requests[i].phase = spec::Phase::kWarmup;
    log.requests[i].end_ns = 490'000'000;
  }
  const auto out = Play(log, true);
  EXPECT_LT(out[0].end_ns, out[1].end_ns);
  EXPECT_EQ(out[2].intended_ns, out[1].end_ns);
  EXPECT_EQ(out[3].intended_ns, out[1].end_ns);
  // One that ran over into what was measured does not.
  log.requests[1].end_ns = 510'000'000;
  EXPECT_EQ(Play(log, true)[2].intended_ns, out[0].end_ns);
}

TEST(RunReplayTest, ALengthThatTheServerDidNotTellIsTheOneAskedFor) {
  spec::RequestLog log;
  log.requests = {Row(0, 0, 0, 10, 5), Row(1, 0, 1, 10, 5), Row(2, 0, 2, 10, 5)};
  log.requests[0].input_tokens = spec::kUnknown;
  log.requests[1].output_tokens = 0;  // It failed before its first token.
  log.requests[2].input_tokens = log.requests[2].input_tokens_asked = spec::kUnknown;
  const RunReplay source(log, true);
  EXPECT_EQ(source.requests(), 2) << "one without any length is left out";
  const auto out = Play(log, true);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].input_tokens, 10);
  EXPECT_EQ(out[1].output_tokens, 5);
}

TEST(RunReplayTest, AnEmptyLogIsNothing) {
  EXPECT_TRUE(Play({}, true).empty());
  EXPECT_TRUE(Play({}, false).empty());
}

}  // namespace
}  // namespace roofscape::sim
