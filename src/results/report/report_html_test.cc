#include "results/report/report_html.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "results/report/numbers.h"
#include "results/report/test_data.h"

namespace roofscape::report {
namespace {

std::size_t CountOf(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

/// The chart of that id, from <svg to </svg>.
std::string ChartOf(const std::string& html, const std::string& id) {
  const std::size_t name = html.find("aria-labelledby=\"" + id + "-t");
  if (name == std::string::npos) return {};
  const std::size_t begin = html.rfind("<svg", name);
  return html.substr(begin, html.find("</svg>", name) - begin);
}

/// Every start tag has its end tag, in order; void elements have none.
std::string FirstUnbalancedTag(const std::string& html) {
  const std::vector<std::string> empty = {"meta", "input", "!DOCTYPE"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at)) {
    const std::size_t end = html.find('>', at);
    const std::string tag = html.substr(at + 1, end - at - 1);
    at = end;
    const std::string name = tag.substr(0, tag.find_first_of(" \n/", 1));
    if (tag.back() == '/') continue;
    if (tag.front() == '/') {
      if (open.empty() || "/" + open.back() != tag) return tag;
      open.pop_back();
    } else if (std::find(empty.begin(), empty.end(), name) == empty.end()) {
      open.push_back(name);
      if (name == "style" || name == "script") at = html.find("</" + name, at);
    }
  }
  return open.empty() ? "" : open.back();
}

TEST(ReportHtmlTest, IsWholeAndBalanced) {
  const std::string html = RenderReport(SampleInput());
  EXPECT_EQ(FirstUnbalancedTag(html), "");
  EXPECT_EQ(html.find("<!DOCTYPE html>"), 0U);
  EXPECT_LT(html.size(), 400'000U);
  EXPECT_NE(html.find("llama-25m-random on llama.cpp b6527"), std::string::npos);
  EXPECT_NE(html.find("Valid.</strong> The load generator was fit to measure all 10 points"),
            std::string::npos);
}

TEST(ReportHtmlTest, LoadsNothingFromAnywhere) {
  const std::string html = RenderReport(SampleInput());
  for (const char* loader : {"src=", "href=", "url(", "@import", "fetch(", "XMLHttp", "<link"}) {
    EXPECT_EQ(html.find(loader), std::string::npos) << loader;
  }
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
}

TEST(ReportHtmlTest, EachChartHasEveryPointOnceAndALineASeries) {
  const std::string html = RenderReport(SampleInput());
  for (const std::string id : {"throughput-0", "throughput-1", "throughput-2", "ttft-0"}) {
    for (const std::string size : {"-wide", "-narrow"}) {
      const std::string chart = ChartOf(html, id + size);
      EXPECT_EQ(CountOf(chart, "class=\"point\""), 10U) << id << size;
      EXPECT_EQ(CountOf(chart, "class=\"solid\""), 10U) << id << size;
      const char* line = id == "ttft-0" ? "class=\"join\"" : "class=\"front\"";
      EXPECT_EQ(CountOf(chart, line), 2U) << id << size;
      EXPECT_EQ(CountOf(chart, "<desc"), 1U) << id << size;
    }
  }
  EXPECT_EQ(CountOf(ChartOf(html, "ttft-0-wide"), "class=\"whisker\""), 10U);
}

TEST(ReportHtmlTest, WhatIsDoubtfulLooksDifferent) {
  ReportInput input = SampleInput();
  input.runs[0].points[3].verdict.instrument = spec::Fitness::kDegraded;
  input.runs[1].points[4].verdict.instrument = spec::Fitness::kInvalid;
  input.runs[1].points[4].verdict.instrument_reasons = {"busy 97 % of the time"};
  input.runs[1].way = "predicted";
  const std::string html = RenderReport(input);
  const std::string chart = ChartOf(html, "throughput-0-wide");
  EXPECT_EQ(CountOf(chart, "class=\"hollow\""), 1U);
  EXPECT_EQ(CountOf(chart, "class=\"cross\""), 1U);
  EXPECT_EQ(CountOf(chart, "<circle class=\"solid\""), 4U);  // measured
  EXPECT_EQ(CountOf(chart, "<path class=\"solid\""), 4U);    // predicted
  EXPECT_NE(html.find("Valid in part."), std::string::npos);
  EXPECT_NE(html.find("busy 97 % of the time"), std::string::npos);
}

// Goal: no text from outside ever becomes markup.
// Method: every string of the input that a server or user chooses is hostile; the page has exactly
// as many tags of each kind as with harmless text.
TEST(ReportHtmlTest, HostileTextStaysText) {
  const auto with = [](const std::string& text) {
    ReportInput input = SampleInput();
    input.title = text;
    input.version = text;
    for (spec::RunResult& run : input.runs) {
      run.version = text;
      run.id = text;
      run.plan.target.model = run.plan.deployment.model = text;
      run.plan.target.url = run.plan.target.extra_body = text;
      run.plan.target.header_names = {text};
      run.plan.deployment.name = run.plan.deployment.precision = text;
      run.plan.deployment.chip = run.plan.deployment.engine = text;
      run.plan.deployment.engine_settings = {{text, text}};
      run.plan.workload.name = text;
      run.plan.labels = {{text, text}};
      run.host = run.engine = {{text, text}, {"cpu", text}, {"cpus", text}};
      run.notes = {text};
      for (spec::PointResult& p : run.points) {
        p.protocol = text;
        p.verdict.instrument_reasons = p.verdict.server_reasons = {text};
      }
    }
    return RenderReport(input);
  };
  const std::string calm = with("calm");
  const std::string hostile = with("<script>alert(1)</script>\"' onload=x \xff</td>{}");
  EXPECT_EQ(CountOf(hostile, "<"), CountOf(calm, "<"));
  EXPECT_EQ(CountOf(hostile, "<script"), 1U);
  EXPECT_EQ(FirstUnbalancedTag(hostile), "");
  EXPECT_NE(hostile.find("&lt;script&gt;alert(1)"), std::string::npos);
}

TEST(ReportHtmlTest, MissingNumbersAreDashes) {
  ReportInput input = SampleInput();
  input.runs.resize(1);
  input.runs[0].points.resize(1);
  input.details.clear();
  spec::PointResult& point = input.runs[0].points[0];
  point.whole = spec::PointMetrics();
  point.steady = point.whole;
  const std::string html = RenderReport(input);
  const std::size_t begin = html.find("<section id=\"results\"");
  const std::string row = html.substr(html.find("<tr data-run", begin));
  EXPECT_EQ(CountOf(row.substr(0, row.find("</tr>")), std::string("<td>") + kMissing + "</td>"),
            12U);
}

TEST(ReportHtmlTest, WithoutASteadyPointTheWholeWindowIsShownAndSaidSo) {
  ReportInput input = SampleInput();
  for (spec::RunResult& run : input.runs) {
    for (spec::PointResult& point : run.points) point.steady.reset();
  }
  const std::string html = RenderReport(input);
  EXPECT_NE(html.find("No point reached a steady state, so all numbers are over the whole window"),
            std::string::npos);
  EXPECT_EQ(CountOf(ChartOf(html, "throughput-0-wide"), "class=\"point\""), 10U);
}

TEST(ReportHtmlTest, NothingMeasuredStillGivesAPage) {
  EXPECT_EQ(FirstUnbalancedTag(RenderReport(ReportInput())), "");
  ReportInput input = SampleInput();
  input.details.clear();
  for (spec::RunResult& run : input.runs) run.points.clear();
  const std::string html = RenderReport(input);
  EXPECT_EQ(FirstUnbalancedTag(html), "");
  EXPECT_NE(html.find("No points."), std::string::npos);
}

TEST(ReportHtmlTest, IntervalsRepeatsAndFailuresAreShownWhereThereAreAny) {
  ReportInput input = SampleInput();
  const std::string bare = RenderReport(input);
  EXPECT_EQ(bare.find("id=\"repeats\""), std::string::npos);
  EXPECT_EQ(bare.find("With failures as"), std::string::npos);
  spec::RunResult& run = input.runs[0];
  spec::PointMetrics& metrics = *run.points[0].steady;
  metrics.intervals["output_tps"] = {*metrics.output_tps - 77, *metrics.output_tps + 77};
  run.points[0].whole.failures = metrics.failures = 1;
  metrics.ttft_attempted_p99_s = std::numeric_limits<double>::infinity();
  spec::RepeatGroup& group = run.repeats.emplace_back();
  group.points = {0, 1, 2};
  group.figures["ttft_p50_s"] = {0.0123, {0.0113, 0.0133}};
  const std::string html = RenderReport(input);
  EXPECT_EQ(FirstUnbalancedTag(html), "");
  EXPECT_EQ(CountOf(html, "\u00b1 77</span>"), 1U);
  EXPECT_NE(html.find("<td>inf</td>"), std::string::npos);
  EXPECT_NE(html.find("With failures as \u221e"), std::string::npos);
  EXPECT_NE(html.find("id=\"repeats\""), std::string::npos);
  EXPECT_NE(html.find("12.3<span class=\"note\"> \u00b1 1</span>"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::report
