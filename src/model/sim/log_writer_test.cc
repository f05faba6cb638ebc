// A log that holds an even sample of a run's requests, and tells each as it ends.

#include "model/sim/log_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "model/sim/test_clusters.h"

namespace roofscape::sim {
namespace {

constexpr std::int64_t kRequests = 1000;

// Three workers, so that requests do not end in the order in which they were sent; some are longer
// than the cache and refused.
std::int64_t Play(LogWriter& writer, Detail detail) {
  spec::Workload w;
  w.input = {600, 0.2};
  w.output = {60, 0.1};
  LinearStep step;
  Cluster cluster = TestCluster(step);
  cluster.serve.workers = 3;
  cluster.serve.blocks = 36;
  OpenLoop source(w, workload::ArrivalStream(workload::Gaps::kPoisson, 40.0, 5), kRequests,
                  std::nullopt, 5);
  RunOptions options;
  options.detail = detail;
  return RunWorkload(cluster, source, writer, options).refused;
}

spec::RequestLog WholeLog(Detail detail) {
  LogWriter writer;
  EXPECT_GT(Play(writer, detail), 20);
  EXPECT_EQ(writer.every(), 1);
  return writer.Take();
}

void ExpectSameRow(const spec::RequestLog& a, spec::Request in_a, const spec::RequestLog& b,
                   spec::Request in_b) {
  EXPECT_TRUE(std::ranges::equal(a.EventsOf(in_a), b.EventsOf(in_b))) << in_a.id;
  EXPECT_EQ(a.StringAt(in_a.message), b.StringAt(in_b.message));
  for (spec::Request* row : {&in_a, &in_b}) row->id = row->first_event = row->message = 0;
  EXPECT_EQ(in_a, in_b);
}

TEST(LogWriterTest, HoldsAnEvenSampleOfWhatIsMore) {
  for (const Detail detail : {Detail::kTokens, Detail::kRequests}) {
    const spec::RequestLog whole = WholeLog(detail);
    ASSERT_EQ(std::ssize(whole.requests), kRequests);
    for (const auto& [most, every] : std::vector<std::pair<std::size_t, std::int64_t>>{
             {2, 512}, {60, 32}, {499, 4}, {500, 2}, {999, 2}, {1000, 1}}) {
      LogWriter writer(most);
      Play(writer, detail);
      EXPECT_EQ(writer.every(), every) << most;
      const spec::RequestLog some = writer.Take();
      ASSERT_EQ(std::ssize(some.requests), (kRequests + every - 1) / every);
      for (std::size_t i = 0; i < some.requests.size(); ++i) {
        EXPECT_EQ(some.requests[i].id, static_cast<std::int64_t>(i));
        ExpectSameRow(some, some.requests[i], whole,
                      whole.requests[i * static_cast<std::size_t>(every)]);
      }
    }
  }
}

TEST(LogWriterTest, TellsEachRequestHeldOrNot) {
  const spec::RequestLog whole = WholeLog(Detail::kTokens);
  LogWriter writer(50);
  std::vector<bool> told(kRequests);
  writer.on_row = [&](const spec::RequestLog& row) {
    ASSERT_EQ(row.requests.size(), 1U);
    const auto id = static_cast<std::size_t>(row.requests[0].id);
    EXPECT_FALSE(told[id]);
    told[id] = true;
    ExpectSameRow(row, row.requests[0], whole, whole.requests[id]);
  };
  Play(writer, Detail::kTokens);
  EXPECT_EQ(std::ranges::count(told, true), kRequests);
}

}  // namespace
}  // namespace roofscape::sim
