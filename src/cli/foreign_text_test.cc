#include "cli/foreign_text.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "domain/metrics/point_metrics.h"
#include "domain/metrics/window.h"

namespace roofscape::cli {
namespace {

spec::RequestLog Log() {
  spec::RequestLog log;
  for (std::int64_t i = 0; i < 40; ++i) {
    spec::Request request;
    request.http_status = 200;
    request.intended_ns = request.sent_ns = i * 2'000'000'000;
    request.input_tokens = request.output_tokens = 12'345;
    request.first_event = static_cast<std::int64_t>(log.events.size());
    request.event_count = 2;
    for (const std::int64_t at_ns : {1'234'567'890, 1'934'567'890}) {
      spec::Event event;
      event.time_ns = request.sent_ns + at_ns;
      event.tokens = 1;
      event.chars = 4;
      log.events.push_back(event);
    }
    request.end_ns = log.events.back().time_ns;
    log.requests.push_back(request);
  }
  return log;
}

spec::PointResult Point(const spec::RequestLog& log) {
  spec::PointResult point;
  point.concurrency = 4;
  point.whole = metrics::ComputePoint(log, *metrics::WholeWindow(log), std::nullopt);
  return point;
}

TEST(ForeignText, AllToolsFitTheTerminalAndHaveARowEach) {
  const spec::RequestLog log = Log();
  std::vector<metrics::ForeignFigures> tools;
  for (const metrics::Tool tool : metrics::AllTools()) {
    tools.push_back(metrics::ComputeAs(tool, log, {}));
  }
  std::istringstream lines(ForeignTables(Point(log), tools, {}));
  std::string line;
  std::string text;
  while (std::getline(lines, line)) {
    EXPECT_LE(line.size(), 80U) << line;
    text += "\n" + line;
  }
  for (const metrics::Tool tool : metrics::AllTools()) {
    std::size_t rows = 0;
    const std::string begin = "\n" + std::string(metrics::Name(tool)) + " ";
    for (std::size_t at = text.find(begin); at != std::string::npos;
         at = text.find(begin, at + 1)) {
      ++rows;
    }
    EXPECT_EQ(rows, 3U) << metrics::Name(tool) << text;
  }
  EXPECT_NE(text.find("\nours, whole "), std::string::npos);
  EXPECT_EQ(text.find("\nours, steady "), std::string::npos);
}

TEST(ForeignText, OneToolListsItsFiguresAndSaysWhatIsMissing) {
  const spec::RequestLog log = Log();
  const std::string text =
      ForeignText(Point(log), metrics::ComputeAs(metrics::Tool::kSglang, log, {}), {});
  EXPECT_NE(text.find("by the definitions of sglang"), std::string::npos);
  EXPECT_NE(text.find("Mean TTFT"), std::string::npos);
  EXPECT_NE(text.find("1234.57  ms"), std::string::npos) << text;
  EXPECT_NE(text.find("[1] needs the text"), std::string::npos) << text;
}

TEST(ForeignText, NumbersHaveNoPowersOfTen) {
  const spec::RequestLog log = Log();
  // Nanoseconds are ten digits; 40 answers of 12,345 tokens are 493,800 and 987,600.
  const std::string text =
      ForeignText(Point(log), metrics::ComputeAs(metrics::Tool::kMlperf, log, {}), {});
  EXPECT_NE(text.find(" 1234567890  ns"), std::string::npos) << text;
  EXPECT_EQ(text.find("e+"), std::string::npos) << text;
  EXPECT_EQ(text.find("e-"), std::string::npos) << text;
}

TEST(ForeignText, ContextTakesTheRolesOfADeployment) {
  spec::RunResult run;
  run.plan.target.api = spec::Api::kCompletions;
  spec::Role role;
  role.name = "prefill";
  role.workers = 2;
  role.chips_per_worker = 4;
  run.plan.deployment.roles.push_back(role);
  role.name = "decode";
  role.workers = 1;
  role.chips_per_worker = 8;
  run.plan.deployment.roles.push_back(role);
  const metrics::ForeignContext context = ForeignContextOf(run, {});
  EXPECT_EQ(context.api, spec::Api::kCompletions);
  EXPECT_EQ(context.chips, 16);
  EXPECT_EQ(context.prefill_chips, 8);
  EXPECT_EQ(context.decode_chips, 8);
}

}  // namespace
}  // namespace roofscape::cli
