#include "domain/metrics/foreign.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "domain/metrics/point_metrics.h"
#include "domain/metrics/test_logs.h"
#include "domain/metrics/window.h"

namespace roofscape::metrics {
namespace {

using spec::EventKind;

spec::Event Text(double time_ms, EventKind kind = EventKind::kAnswer, std::uint16_t tokens = 1) {
  spec::Event event = At(time_ms, kind, tokens);
  event.chars = 4;
  return event;
}

spec::Request Counted(spec::Request request, std::int64_t asked, std::int64_t input,
                      std::int64_t output) {
  request.input_tokens_asked = asked;
  request.input_tokens = input;
  request.output_tokens = request.output_tokens_asked = output;
  request.token_source = spec::TokenSource::kFinalUsage;
  return request;
}

// Three answers and a failure, beside a warm-up request that takes no part. [ms]
//   A  due 0, connects 1, sent 2: the call begins at 1. Role 11, tokens 21, 31 (two), 41,
//      finish 42, usage 43, [DONE] 44; 10 tokens asked in, 12 counted, 4 out
//   B  sent 50: its one token 80, finish 81, usage 82, [DONE] 83; 5 in, 1 out
//   C  sent 100: role 105, reasoning 120, 130, answer 150, 160, finish 161, usage 162, [DONE] 163;
//      8 in, 4 out
//   D  sent 200: a token 220, reset 240
spec::RequestLog SmallLog() {
  spec::RequestLog log;
  spec::Request warm = OkRequest(0, 1000);
  warm.phase = spec::Phase::kWarmup;
  AddRequest(log, warm, {Text(500), Text(900)});
  spec::Request a = Counted(OkRequest(0, 44), 10, 12, 4);
  a.sent_ns = 2 * kMs;
  a.connect_ns = kMs;
  AddRequest(log, a,
             {At(11, EventKind::kRole), Text(21), Text(31, EventKind::kAnswer, 2), Text(41),
              At(42, EventKind::kFinish), At(43, EventKind::kUsage), At(44, EventKind::kDone)});
  AddRequest(
      log, Counted(OkRequest(50, 83), 5, 5, 1),
      {Text(80), At(81, EventKind::kFinish), At(82, EventKind::kUsage), At(83, EventKind::kDone)});
  AddRequest(log, Counted(OkRequest(100, 163), 8, 8, 4),
             {At(105, EventKind::kRole), Text(120, EventKind::kReasoning),
              Text(130, EventKind::kReasoning), Text(150), Text(160), At(161, EventKind::kFinish),
              At(162, EventKind::kUsage), At(163, EventKind::kDone)});
  spec::Request d = OkRequest(200, 240);
  d.input_tokens_asked = 6;
  d.output_tokens_asked = 4;
  d.outcome = spec::Outcome::kReset;
  AddRequest(log, d, {Text(220)});
  return log;
}

struct Expected {
  const char* key;
  double value;
};

void ExpectFigures(const ForeignFigures& figures, const std::vector<Expected>& expected) {
  for (const Expected& one : expected) {
    const ForeignFigure* figure = figures.Find(one.key);
    ASSERT_NE(figure, nullptr) << one.key;
    ASSERT_TRUE(figure->value) << one.key << ": " << figure->note;
    EXPECT_NEAR(*figure->value, one.value, 1e-6 * std::max(1.0, one.value)) << one.key;
  }
}

ForeignContext TwoUsers(bool chat = true) {
  ForeignContext context;
  context.api = chat ? spec::Api::kChat : spec::Api::kCompletions;
  context.concurrency = 2;
  return context;
}

ForeignFigures As(Tool tool) {
  ForeignContext context = TwoUsers();
  context.chips = 2;
  return ComputeAs(tool, SmallLog(), context);
}

bool HasNote(const ForeignFigures& figures, std::string_view part) {
  for (const std::string& note : figures.notes) {
    if (note.find(part) != std::string::npos) return true;
  }
  return false;
}

// From 1 to 240 ms, the failure's end, are 239.
constexpr double kWholeS = 0.239;

TEST(Foreign, Vllm) {
  const ForeignFigures f = As(Tool::kVllm);
  ExpectFigures(f, {{"completed", 3},
                    {"failed", 1},
                    {"duration", kWholeS},
                    {"total_input_tokens", 12 + 5 + 8},
                    {"total_output_tokens", 4 + 1 + 4},
                    {"request_throughput", 3 / kWholeS},
                    {"output_throughput", 9 / kWholeS},
                    {"total_token_throughput", 34 / kWholeS},
                    {"max_output_tokens_per_s", 3 + 1 + 4},  // chunks, all in the first second
                    {"max_concurrent_requests", 1},
                    // The role chunks of A and C (10, 5) hold no output.
                    {"mean_ttft_ms", (20 + 30 + 20) / 3.0},
                    {"median_ttft_ms", 20},
                    {"std_ttft_ms", 4.714045},
                    {"p99_ttft_ms", 20 + 0.98 * 10},
                    // A 10 10, C 10 20 10; the finish chunks (41, 31, 61) hold none either
                    {"mean_itl_ms", 12},
                    {"median_itl_ms", 10},
                    // (40 - 20) / 3 and (60 - 20) / 3; B has one token
                    {"mean_tpot_ms", (20 + 40) / 6.0},
                    {"mean_e2el_ms", (40 + 30 + 60) / 3.0}});
  EXPECT_FALSE(f.Find("mean_client_queue_time_ms")->value);
  EXPECT_NE(f.Find("mean_client_queue_time_ms")->note, "");
  EXPECT_FALSE(HasNote(f, "role chunk"));
  EXPECT_TRUE(HasNote(f, "several in 1 of 3 answers"));
  ASSERT_EQ(f.requests.size(), 4U);
  EXPECT_NEAR(f.requests[2].ttft_s, 0.020, 1e-12);
  EXPECT_FALSE(f.requests[3].success);
}

TEST(Foreign, SglangChat) {
  const ForeignFigures f = As(Tool::kSglang);
  ExpectFigures(f, {{"completed", 3},
                    {"total_input_tokens", 10 + 5 + 8},  // of its data set
                    {"total_output_tokens", 9},
                    {"total_throughput", 32 / kWholeS},
                    {"concurrency", (43 + 33 + 63) * 1e-3 / kWholeS},
                    {"mean_ttft_ms", (20 + 30 + 20) / 3.0},  // reasoning counts
                    {"mean_itl_ms", (10 + 10 + 10 + 20 + 10) / 5.0},
                    {"mean_tpot_ms", ((43 - 20) / 3.0 + (63 - 20) / 3.0) / 2},  // to [DONE]
                    {"mean_e2e_latency_ms", (43 + 33 + 63) / 3.0}});
  EXPECT_FALSE(f.Find("total_output_tokens_retokenized")->value);
  EXPECT_FALSE(HasNote(f, "asks for none"));
  spec::RequestLog shorter = SmallLog();
  shorter.requests[1].output_tokens_asked = 9;
  EXPECT_TRUE(HasNote(ComputeAs(Tool::kSglang, shorter, TwoUsers()),
                      "not the length asked for, in 1 of 3 answers"));
}

// Completions have no reasoning, and a chunk of usage alone is not asked for: the lengths asked for
// count, here made to differ.
TEST(Foreign, SglangCompletions) {
  spec::RequestLog log = SmallLog();
  log.requests[1].output_tokens_asked = 5;
  const ForeignFigures f = ComputeAs(Tool::kSglang, log, TwoUsers(false));
  ExpectFigures(f, {{"total_output_tokens", 5 + 1 + 4},
                    {"mean_ttft_ms", (20 + 30 + 50) / 3.0},
                    {"mean_tpot_ms", ((43 - 20) / 4.0 + (63 - 50) / 3.0) / 2}});
  EXPECT_TRUE(HasNote(f, "the length asked for in all answers"));
}

TEST(Foreign, Aiperf) {
  const ForeignFigures f = As(Tool::kAiperf);
  constexpr double kSpanS = 0.159;  // 1 ms to C's last text
  ExpectFigures(f, {{"time_to_first_token.avg", (20 + 30 + 20) / 3.0},
                    {"time_to_first_output_token.avg", (20 + 30 + 50) / 3.0},
                    {"time_to_second_token.avg", 10},
                    {"request_latency.avg", (40 + 30 + 60) / 3.0},
                    {"inter_token_latency.avg", (20 / 3.0 + 40 / 3.0) / 2},
                    {"inter_chunk_latency.avg", 12},
                    {"inter_chunk_latency.p50", 10},
                    {"output_token_throughput_per_user.avg", (150 + 75) / 2.0},
                    {"output_sequence_length.avg", 3},
                    {"output_token_throughput", 9 / kSpanS},
                    {"total_token_throughput", 34 / kSpanS},
                    {"request_throughput", 3 / kSpanS},
                    {"request_count", 3},
                    {"error_request_count", 1},
                    {"benchmark_duration", kSpanS}});
}

TEST(Foreign, Guidellm) {
  const ForeignFigures f = As(Tool::kGuidellm);
  ExpectFigures(f, {{"request_latency.mean", (43 + 33 + 63) * 1e-3 / 3},
                    {"time_to_first_token_ms.mean", (20 + 30 + 20) / 3.0},
                    {"time_to_first_token_ms.median", 20},
                    {"time_to_first_token_ms.p99", 30},
                    {"time_to_first_output_token_ms.mean", (20 + 30 + 50) / 3.0},
                    // A 40 / 4, B 30 / 1, C 60 / 4, weights 4, 1, 4
                    {"time_per_output_token_ms.mean", 130 / 9.0},
                    {"time_per_output_token_ms.median", 15},
                    // A 20 / 3, C 40 / 3, weights 3 and 3: half of the weight is reached by A
                    {"inter_token_latency_ms.mean", 10},
                    {"inter_token_latency_ms.median", 20 / 3.0},
                    {"requests_per_second.mean", 3 / kWholeS},
                    {"prompt_tokens_per_second.mean", 25 / kWholeS},
                    {"output_tokens_per_second.mean", 9 / kWholeS},
                    {"tokens_per_second.mean", 34 / kWholeS},
                    {"request_totals.successful", 3},
                    {"request_totals.incomplete", 0},
                    {"request_totals.errored", 1}});
}

TEST(Foreign, InferencePerf) {
  const ForeignFigures f = As(Tool::kInferencePerf);
  // Tokens: A 21 31 31 41, B one alone, C without reasoning 150 160.
  ExpectFigures(f, {{"successes.latency.time_to_first_token.mean", (20 + 50) / 2.0 * 1e-3},
                    {"successes.latency.inter_token_latency.mean", (10 + 0 + 10 + 10) / 4.0 * 1e-3},
                    {"successes.latency.time_per_output_token.mean", (20 + 10) / 6.0 * 1e-3},
                    {"successes.latency.request_latency.mean", (43 + 33 + 63) / 3.0 * 1e-3},
                    {"successes.latency.normalized_time_per_output_token.mean",
                     (43 / 4.0 + 33 + 63 / 4.0) / 3 * 1e-3},
                    {"load_summary.schedule_delay.mean", 0.25e-3},
                    {"failures.request_latency.mean", 0.040},
                    {"successes.throughput.output_tokens_per_sec", 9 / kWholeS},
                    {"successes.throughput.total_tokens_per_sec", 34 / kWholeS},
                    {"successes.throughput.requests_per_sec", 3 / kWholeS},
                    {"successes.count", 3},
                    {"failures.count", 1}});
  EXPECT_TRUE(HasNote(f, "1 answers of at most one token"));
}

// Two events of two tokens each that did not say so: between the tokens of one is no gap, and how
// many there are only the text tells.
TEST(Foreign, InferencePerfHasNoItlWhereEventsDoNotTellTheirTokens) {
  spec::RequestLog log;
  AddRequest(log, Counted(OkRequest(0, 40), 5, 5, 4),
             {Text(10), Text(30), At(31, EventKind::kFinish), At(32, EventKind::kDone)});
  const ForeignFigures f = ComputeAs(Tool::kInferencePerf, log, TwoUsers(/*chat=*/false));
  ExpectFigures(f, {{"successes.latency.time_to_first_token.mean", 0.010},
                    {"successes.latency.time_per_output_token.mean", 0.020 / 3}});
  const ForeignFigure* itl = f.Find("successes.latency.inter_token_latency.mean");
  ASSERT_NE(itl, nullptr);
  EXPECT_FALSE(itl->value);
  EXPECT_NE(itl->note.find("2 of 4 tokens"), std::string::npos) << itl->note;
  EXPECT_FALSE(f.row.itl_s.mean);
}

TEST(Foreign, GenaiPerf) {
  const ForeignFigures f = As(Tool::kGenaiPerf);
  constexpr double kSpanS = 0.159;
  // C without reasoning: two tokens, 150 and 160.
  ExpectFigures(f, {{"time_to_first_token.avg", (20 + 30 + 50) / 3.0},
                    {"time_to_second_token.avg", 10},
                    {"request_latency.avg", (40 + 30 + 60) / 3.0},
                    {"inter_token_latency.avg", (6.666667 + 10) / 2},
                    {"output_sequence_length.avg", (4 + 1 + 2) / 3.0},
                    {"output_token_throughput", 7 / kSpanS},
                    {"request_throughput", 3 / kSpanS}});
}

TEST(Foreign, Llmperf) {
  const ForeignFigures f = As(Tool::kLlmperf);
  ExpectFigures(f, {{"ttft_s.mean", (20 + 30 + 50) / 3.0 * 1e-3},
                    // From the call to the last text: A 40 / 4, B 30 / 1, C 60 / 2
                    {"inter_token_latency_s.mean", (10 + 30 + 30) / 3.0 * 1e-3},
                    {"end_to_end_latency_s.mean", (43 + 33 + 63) / 3.0 * 1e-3},
                    {"end_to_end_latency_s.stddev", 15.275252e-3},
                    {"number_input_tokens.mean", 23 / 3.0},
                    {"mean_output_throughput_token_per_s", 7 / kWholeS},
                    {"num_completed_requests_per_min", 180 / kWholeS},
                    {"num_requests_started", 4},
                    {"error_rate", 0.25}});
}

TEST(Foreign, Mlperf) {
  const ForeignFigures f = As(Tool::kMlperf);
  // From due: first tokens 21, 30, 20; ends 44, 33, 63; the query due last ends at 163.
  ExpectFigures(f, {{"result_query_count", 4},
                    {"result_mean_latency_ns", 46666666},
                    {"result_first_token_mean_latency_ns", 23666666},
                    {"result_first_token_50.00_percentile_latency_ns", 21000000},
                    {"result_first_token_99.00_percentile_latency_ns", 30000000},
                    // 23 / 3 and 43 / 3 ms in whole nanoseconds: 7666666 and 14333333
                    {"result_time_per_output_token_mean_latency_ns", 10999999},
                    {"result_scheduled_samples_per_sec", 2 / 0.100},
                    {"result_completed_samples_per_sec", 2 / 0.163},
                    {"result_completed_tokens_per_second", 9 / 0.163}});
  EXPECT_TRUE(HasNote(f, "no result"));
}

TEST(Foreign, InferencexChat) {
  const ForeignFigures f = As(Tool::kInferencex);
  // Ends at the usage chunk: 42, 32, 62. TPOT (42 - 10) / 3 and (62 - 5) / 3.
  ExpectFigures(f, {{"completed", 3},
                    {"total_input_tokens", 23},
                    {"total_token_throughput", 32 / kWholeS},
                    {"mean_ttft_ms", 15},
                    {"p99.9_ttft_ms", 10 + 0.998 * 20},
                    {"mean_itl_ms", 8.8},
                    {"mean_e2el_ms", (42 + 32 + 62) / 3.0},
                    {"median_tpot_ms", (32 + 57) / 6.0},
                    {"median_intvty", 1000 / ((32 + 57) / 6.0)},
                    {"tput_per_gpu", 16 / kWholeS},
                    {"output_tput_per_gpu", 4.5 / kWholeS},
                    {"input_tput_per_gpu", 11.5 / kWholeS}});
}

TEST(Foreign, InferencexCompletionsEndAtTheLastChunkAndSplitChips) {
  ForeignContext context = TwoUsers(false);
  context.chips = 6;
  context.prefill_chips = 2;
  context.decode_chips = 4;
  const ForeignFigures f = ComputeAs(Tool::kInferencex, SmallLog(), context);
  ExpectFigures(f, {{"mean_e2el_ms", (41 + 31 + 61) / 3.0},
                    {"tput_per_gpu", 32 / kWholeS / 6},
                    {"input_tput_per_gpu", 23 / kWholeS / 2},
                    {"output_tput_per_gpu", 9 / kWholeS / 4}});
  const ForeignFigures unknown = ComputeAs(Tool::kInferencex, SmallLog(), {});
  EXPECT_FALSE(unknown.Find("tput_per_gpu")->value);
}

// Clients that take each line for JSON fail on a comment; vLLM's passes it over, and an error
// inside a stream as well.
TEST(Foreign, WhatACommentOrAnErrorInTheStreamDoes) {
  spec::RequestLog log;
  AddRequest(log, Counted(OkRequest(0, 30), 1, 1, 2),
             {At(5, EventKind::kComment), Text(10), Text(20), At(30, EventKind::kDone)});
  spec::Request broken = Counted(OkRequest(0, 30), 1, 1, 2);
  broken.outcome = spec::Outcome::kServerError;
  AddRequest(log, broken, {Text(10), At(20, EventKind::kError), At(30, EventKind::kDone)});
  struct Case {
    Tool tool;
    bool chat;
    std::int64_t successes;
  };
  for (const Case& c :
       {Case{Tool::kVllm, true, 2}, Case{Tool::kVllm, false, 2}, Case{Tool::kSglang, true, 1},
        Case{Tool::kSglang, false, 0}, Case{Tool::kInferencex, false, 1},
        Case{Tool::kLlmperf, true, 0}, Case{Tool::kAiperf, true, 1}, Case{Tool::kMlperf, true, 1},
        Case{Tool::kGuidellm, true, 1}, Case{Tool::kInferencePerf, true, 1},
        Case{Tool::kGenaiPerf, true, 1}}) {
    const ForeignFigures f = ComputeAs(c.tool, log, TwoUsers(c.chat));
    EXPECT_EQ(f.row.successes, c.successes) << Name(c.tool) << (c.chat ? " chat" : "");
    EXPECT_EQ(f.row.failures, 2 - c.successes) << Name(c.tool);
  }
}

// What we cancelled is nobody's failure: no tool keeps it as one, and but for guidellm, which
// counts it, all figures are as if it had never been sent.
TEST(Foreign, CancelledRequestsAreNoFailures) {
  spec::RequestLog log = SmallLog();
  spec::Request cut = OkRequest(230, 500);
  cut.outcome = spec::Outcome::kCancelled;
  AddRequest(log, cut, {Text(300), Text(400)});
  for (const Tool tool : AllTools()) {
    SCOPED_TRACE(Name(tool));
    const ForeignFigures f = ComputeAs(tool, log, TwoUsers());
    const ForeignFigures without = ComputeAs(tool, SmallLog(), TwoUsers());
    EXPECT_EQ(f.row.failures, 1);
    EXPECT_EQ(f.row.successes, 3);
    EXPECT_EQ(f.requests.size(), without.requests.size());
    EXPECT_TRUE(HasNote(f, "1 requests that we cancelled"));
    EXPECT_FALSE(HasNote(without, "cancelled"));
    EXPECT_EQ(f.row.ttft_s.mean, without.row.ttft_s.mean);
    if (tool == Tool::kGuidellm) continue;
    for (const ForeignFigure& figure : without.figures) {
      EXPECT_EQ(f.Find(figure.key)->value, figure.value) << figure.key;
    }
  }
  // From 1 to 500 ms, where what it calls incomplete ended.
  ExpectFigures(ComputeAs(Tool::kGuidellm, log, TwoUsers()),
                {{"request_totals.incomplete", 1},
                 {"request_totals.errored", 1},
                 {"duration", 0.499},
                 {"output_tokens_per_second.mean", 9 / 0.499}});
}

// SGLang's own API tells all text so far and its count in each event: a gap is shared by the tokens
// that came in it, and one whose text is still held back counts, too.
TEST(Foreign, SglangOwnApi) {
  spec::RequestLog log;
  spec::Request request = Counted(OkRequest(0, 75), 5, 5, 8);
  request.token_source = spec::TokenSource::kChunkUsage;
  request.output_tokens_asked = 20;
  AddRequest(log, request,
             {At(5, EventKind::kAnswer, 1), Text(10, EventKind::kAnswer, 1),
              Text(40, EventKind::kAnswer, 3), At(56, EventKind::kAnswer, 1),
              At(60, EventKind::kAnswer, 0), Text(70, EventKind::kAnswer, 2),
              At(72, EventKind::kFinish), At(75, EventKind::kDone)});
  ForeignContext context = TwoUsers();
  context.api = spec::Api::kSglang;
  const ForeignFigures f = ComputeAs(Tool::kSglang, log, context);
  ExpectFigures(f, {{"completed", 1},
                    {"total_output_tokens", 8},
                    {"mean_ttft_ms", 10},
                    // 30 / 3 three times, 16 once, 14 / 2 twice: the empty one moves nothing.
                    {"mean_itl_ms", 60 / 6.0},
                    {"std_itl_ms", 3},
                    {"mean_tpot_ms", 65 / 7.0},
                    {"mean_e2e_latency_ms", 75}});
  ASSERT_EQ(f.requests.at(0).itl_s.size(), 6U);
  EXPECT_FALSE(HasNote(f, "no client of this API"));
  EXPECT_TRUE(HasNote(ComputeAs(Tool::kVllm, log, context), "no client of this API (sglang)"));
}

// What opens an answer of Responses holds no token; to vLLM's client of that API it is none.
TEST(Foreign, VllmOnResponses) {
  ForeignContext context = TwoUsers();
  context.api = spec::Api::kResponses;
  const ForeignFigures f = ComputeAs(Tool::kVllm, SmallLog(), context);
  ExpectFigures(f, {{"mean_ttft_ms", (20 + 30 + 20) / 3.0}});
  EXPECT_FALSE(HasNote(f, "no client of this API"));
  EXPECT_TRUE(
      HasNote(ComputeAs(Tool::kSglang, SmallLog(), context), "no client of this API (responses)"));
}

TEST(Foreign, AnEmptyLogHasNoFigure) {
  for (const Tool tool : AllTools()) {
    const ForeignFigures f = ComputeAs(tool, {}, {});
    EXPECT_FALSE(f.row.ttft_s.mean) << Name(tool);
    EXPECT_FALSE(f.row.request_rps) << Name(tool);
    EXPECT_EQ(f.row.successes, 0) << Name(tool);
  }
}

TEST(Foreign, EveryToolHasItsName) {
  EXPECT_EQ(AllTools().size(), 9U);
  for (const Tool tool : AllTools()) EXPECT_EQ(ToolNamed(Name(tool)), tool);
  EXPECT_EQ(ToolNamed("vlm"), std::nullopt);
}

// No role, finish or usage chunk, one token an event, nothing waits and nothing fails.
spec::RequestLog PlainLog(std::uint64_t seed) {
  Rng rng(seed);
  spec::RequestLog log;
  double begin_ms = 0.0;
  for (int i = 0; i < 50; ++i) {
    double now_ms = begin_ms;
    std::vector<spec::Event> events;
    const auto tokens = static_cast<std::int64_t>(2 + rng.Below(30));
    for (std::int64_t token = 0; token < tokens; ++token) {
      now_ms += (token == 0 ? 40.0 : 5.0) * (0.5 + rng.Uniform());
      events.push_back(Text(now_ms));
      events.back().read = static_cast<std::uint32_t>(token);
    }
    spec::Request request = Counted(OkRequest(begin_ms, now_ms), 7, 7, tokens);
    request.end_ns = events.back().time_ns;
    AddRequest(log, request, events);
    begin_ms += 20.0;
  }
  return log;
}

void ExpectSame(const ForeignSpread& theirs, const spec::Summary& ours, const std::string& what) {
  ASSERT_TRUE(theirs.mean) << what;
  EXPECT_NEAR(*theirs.mean, *ours.mean, 1e-8) << what;
  EXPECT_NEAR(*theirs.p50, *ours.p50, 1e-8) << what;
  EXPECT_NEAR(*theirs.p99, *ours.p99, 1e-8) << what;
}

// On such a log every tool that means the same by a figure gives ours.
TEST(Foreign, AgreeWithOursOnAPlainLog) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const spec::RequestLog log = PlainLog(seed);
    const spec::PointMetrics ours = ComputePoint(log, *WholeWindow(log), std::nullopt);
    const ForeignContext context = TwoUsers(false);
    for (const Tool tool : AllTools()) {
      const ForeignRow row = ComputeAs(tool, log, context).row;
      const std::string name(Name(tool));
      // Percentiles that do not interpolate are others.
      const bool linear = tool != Tool::kGuidellm && tool != Tool::kMlperf;
      EXPECT_EQ(row.successes, 50) << name;
      EXPECT_NEAR(*row.ttft_s.mean, *ours.ttft_s.mean, 1e-8) << name;
      EXPECT_NEAR(*row.e2e_s.mean, *ours.e2e_s.mean, 1e-8) << name;
      if (linear) ExpectSame(row.ttft_s, ours.ttft_s, name + " ttft");
      if (linear) ExpectSame(row.e2e_s, ours.e2e_s, name + " e2e");
      if (linear && row.tpot_s.mean) ExpectSame(row.tpot_s, ours.tpot_s, name + " tpot");
      if (tool == Tool::kAiperf || tool == Tool::kGenaiPerf) {
        ExpectSame(row.itl_s, ours.tpot_s, name + " itl");
      } else if (linear && tool != Tool::kLlmperf) {
        ExpectSame(row.itl_s, ours.itl_s, name + " itl");
      }
      if (tool == Tool::kMlperf) continue;
      EXPECT_NEAR(*row.output_tps, *ours.output_tps, 1e-6) << name;
      EXPECT_NEAR(*row.request_rps, *ours.request_rps, 1e-6) << name;
      if (!row.total_tps) continue;
      EXPECT_NEAR(*row.total_tps, *ours.total_tps, 1e-6) << name;
    }
  }
}

}  // namespace
}  // namespace roofscape::metrics
