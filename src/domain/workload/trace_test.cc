#include "domain/workload/trace.h"

#include <gtest/gtest.h>

#include <string>

namespace roofscape::workload {
namespace {

TEST(TraceTest, ReadsAzure) {
  const auto trace = ParseTrace(
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
      "2023-11-16 23:59:59.5000000,4808,10\r\n"
      "2023-11-17 00:00:01.2500000,110,0\r\n");
  ASSERT_TRUE(trace) << trace.error().message;
  ASSERT_EQ(trace->requests.size(), 2U);
  EXPECT_EQ(trace->requests[0].at.count(), 0);
  EXPECT_NEAR(static_cast<double>(trace->requests[1].at.count()), 1.75e9, 100);
  EXPECT_EQ(trace->requests[0].input_tokens, 4808);
  EXPECT_EQ(trace->requests[1].output_tokens, 1);
}

TEST(TraceTest, ReadsTheOffsetsOfAzures2024) {
  const auto trace = ParseTrace(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n"
      "2024-05-10 00:00:00.009930+00:00,2162,5\n"
      "2024-05-10 00:00:01+00:00,2399,6\n");
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_NEAR(static_cast<double>(trace->requests[1].at.count()), 0.99007e9, 100);
}

TEST(TraceTest, ReadsBurstGptByTheNamesOfItsColumns) {
  const auto trace = ParseTrace(
      "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log "
      "Type\n"
      "5,1,2.5,ChatGPT,472,18,490,Conversation log\n"
      "45.5,2,0.1,GPT-4,1087,0,1087,API log\n");
  ASSERT_TRUE(trace) << trace.error().message;
  ASSERT_EQ(trace->requests.size(), 2U);
  EXPECT_EQ(trace->requests[0].input_tokens, 472);
  EXPECT_EQ(trace->requests[0].output_tokens, 18);
  EXPECT_EQ(trace->requests[1].at, Nanos(40'500'000'000));
  EXPECT_EQ(trace->requests[1].output_tokens, 1);
  const auto bad = ParseTrace("Timestamp,Request tokens,Response tokens\n5,1,2\nx,1,2\n");
  EXPECT_EQ(bad.error().message, "trace: line 3: its time is no number of seconds");
  EXPECT_NE(ParseTrace("Timestamp,Model,Request tokens,Response tokens\n5,1,2\n")
                .error()
                .message.find("as many fields as the header"),
            std::string::npos);
}

TEST(TraceTest, ReadsMooncakeWithHashesOfWholeChunks) {
  const auto trace = ParseTrace(
      R"({"timestamp": 3000, "input_length": 1030, "output_length": 5, "hash_ids": [0, 1, 2]})"
      "\n"
      R"({"timestamp": 1000, "input_length": 512, "output_length": 7, "hash_ids": [0]})"
      "\n");
  ASSERT_TRUE(trace) << trace.error().message;
  ASSERT_EQ(trace->requests.size(), 2U);
  EXPECT_EQ(trace->requests[0].input_tokens, 512);  // In order of time.
  EXPECT_EQ(trace->requests[1].at, Nanos(2'000'000'000));
  EXPECT_EQ(trace->HashesOf(trace->requests[0]).size(), 1U);
  EXPECT_EQ(trace->HashesOf(trace->requests[1]).size(), 2U);  // 1,030 are two chunks and a piece.
  EXPECT_EQ(trace->HashesOf(trace->requests[0])[0], trace->HashesOf(trace->requests[1])[0]);
}

TEST(TraceTest, RefusesWhatIsNone) {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"", "holds no request"},
      {"TIMESTAMP,ContextTokens,GeneratedTokens\n", "holds no request"},
      {"\x1f\x8b\x08", "unpack it first"},
      {"a,b\n", "line 1: has not three fields"},
      {"x,1,2\n", "line 1: its time"},
      {"2023-13-16 18:15:46.68,1,2\n", "line 1: its time"},
      {"2023-11-16 18:15:46.68,1,2\n2023-11-16 18:15:46.68,a,2\n", "line 2: its token counts"},
      {"2023-11-16 18:15:46.68,0,2\n", "line 1: lengths of 0"},
      {"{\n", "line 1: is no JSON"},
      {"{\"timestamp\": 1}\n", "line 1: timestamp, input_length"},
      {"{\"timestamp\": 1e99, \"input_length\": 5, \"output_length\": 5}\n", "line 1: its time"},
      {"{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 1e30}\n", "line 1: timestamp"},
      {"{\"timestamp\": 1, \"input_length\": 600, \"output_length\": 5, \"hash_ids\": [\"a\"]}\n",
       "line 1: hash_ids"},
      {"{\"timestamp\": 1, \"input_length\": 600, \"output_length\": 5, \"hash_ids\": [-1]}\n",
       "line 1: hash_ids"},
  };
  for (const auto& c : cases) {
    const auto trace = ParseTrace(c.text);
    ASSERT_FALSE(trace) << c.text;
    EXPECT_NE(trace.error().message.find(c.says), std::string::npos) << trace.error().message;
  }
}

}  // namespace
}  // namespace roofscape::workload
