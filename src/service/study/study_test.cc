// The studies that the program carries, and what is asked of any.

#include <atomic>
#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "domain/catalog/catalog.h"
#include "service/study/book.h"
#include "service/study/fabrics.h"
#include "service/study/joint.h"
#include "service/study/machines.h"
#include "service/study/portability.h"
#include "service/study/sketch.h"
#include "service/study/test_facts.h"
#include "service/study/what_if.h"

namespace roofscape::study {
namespace {

TEST(StudyTest, EveryListedStudyIsThereAndItsFilesAreUnderstood) {
  const auto studies = ParseStudies(EmbeddedStudies());
  ASSERT_TRUE(studies) << studies.error().message;
  int stories = 0;
  for (const Study& s : *studies) {
    SCOPED_TRACE(s.id);
    stories += s.story.empty() ? 0 : 1;
    EXPECT_EQ(s.Command().find("roofscape codesign "), 0U);
    for (const StudyFile& file : s.files) {
      EXPECT_NE(s.Command().find("examples/" + file.name), std::string::npos);
      Result<> read;
      switch (s.kind) {
        case StudyKind::kGain:
          if (const auto r = ParseDescription(file.text, file.name); !r) read = r.error();
          break;
        case StudyKind::kFabrics:
          if (const auto r = ParseFabrics(file.text, file.name); !r) read = r.error();
          break;
        case StudyKind::kWhatIf:
          if (const auto r = ParseWhatIf(file.text, file.name); !r) read = r.error();
          break;
        default:
          if (const auto r = ParseSpace(file.text, file.name); !r) read = r.error();
      }
      EXPECT_TRUE(read) << read.error().message;
    }
  }
  EXPECT_EQ(stories, 3);
}

TEST(StudyTest, AListThatNamesNothingIsRefused) {
  const char* head = "[[study]]\nid = \"x\"\nkind = \"joint\"\ntitle = \"t\"\ntext = [\"t\"]\n";
  const auto missing =
      ParseStudies({{"codesign/studies.toml", std::string(head) + "files = [\"a/b.toml\"]\n"}});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("'a/b.toml' is not there"), std::string::npos);
  EXPECT_FALSE(ParseStudies({}));
}

TEST(StudyTest, TheWaterfallEndsAtTheGain) {
  const TestFacts facts;
  Study s;
  s.kind = StudyKind::kGain;
  s.interactivity_tps = 30;
  s.draws = 0;
  s.files = {
      {"a.toml", "model = \"llama-3.1-8b\"\nchip = \"h100-sxm\"\nengine = \"vllm\"\nchips = 2"},
      {"b.toml", "model = \"llama-3.1-8b\"\nchip = \"h200-sxm\"\nengine = \"vllm\"\nchips = 2"}};
  double told = 0.0;
  Means means = facts.Of();
  means.progress = [&](double share) { told = share; };
  const auto out = Compute(s, means);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(told, 1.0);
  const Json& falls = out->json["waterfall"];
  ASSERT_EQ(falls.size(), out->json["layers"].size());
  EXPECT_EQ(falls[0]["from"], 1.0);
  EXPECT_NEAR(falls.back()["to"].get<double>(), out->json["gain"].get<double>(), 1e-9);
  for (std::size_t i = 1; i < falls.size(); ++i) EXPECT_EQ(falls[i]["from"], falls[i - 1]["to"]);
  EXPECT_NE(out->headline.find("a.toml"), std::string::npos);
}

TEST(StudyTest, WhatIsStoppedEndsAtOnceAndSaysSo) {
  const TestFacts facts;
  const auto studies = ParseStudies(EmbeddedStudies());
  ASSERT_TRUE(studies) << studies.error().message;
  std::atomic<bool> stop = true;
  Means means = facts.Of();
  means.stop = &stop;
  for (const Study& s : *studies) {
    const auto out = Compute(s, means);
    ASSERT_FALSE(out) << s.id;
    EXPECT_EQ(out.error().code, ErrorCode::kCancelled) << s.id;
  }
  // In the middle, too.
  stop = false;
  means.progress = [&](double) { stop = true; };
  for (const Study& s : *studies) {
    if (s.kind != StudyKind::kMachines) continue;
    const auto out = Compute(s, means);
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, ErrorCode::kCancelled);
  }
}

TEST(SketchTest, ASketchOfNothingIsTheBuiltChip) {
  const TestFacts facts;
  SketchAsk ask;
  ask.chip = "h200-sxm";
  ask.model = "llama-3.1-8b";
  ask.chips = 2;
  const auto same = ComputeSketch(ask, facts.Of());
  ASSERT_TRUE(same) << same.error().message;
  const Json json = SketchJson(*same);
  ASSERT_FALSE(json["sketch"]["points"].empty());
  EXPECT_EQ(json["sketch"]["points"], json["built"]["points"]);
  // Half the price: as many tokens a second, twice as many a USD.
  ask.usd_per_hour = *same->built.usd_per_hour / 2;
  const Json cheap = SketchJson(*ComputeSketch(ask, facts.Of()));
  const Json& a = cheap["sketch"]["points"][0];
  const Json& b = cheap["built"]["points"][0];
  EXPECT_EQ(a["total_tps_per_chip"], b["total_tps_per_chip"]);
  EXPECT_NEAR(a["tokens_per_usd"].get<double>() / b["tokens_per_usd"].get<double>(), 2.0, 1e-9);
}

TEST(SketchTest, MoreBandwidthHelpsDecoding) {
  const TestFacts facts;
  SketchAsk ask;
  ask.chip = "h200-sxm";
  ask.model = "llama-3.1-8b";
  ask.chips = 1;
  ask.parts[1] = 9.6;
  const auto t = ComputeSketch(ask, facts.Of());
  ASSERT_TRUE(t) << t.error().message;
  EXPECT_GT(t->sketch.points.back().user_tps, t->built.points.back().user_tps);
  EXPECT_GE(t->sketch.points.size(), t->built.points.size());
}

TEST(SketchTest, WhatCannotBeIsRefusedWithItsCure) {
  const TestFacts facts;
  const auto refuse = [&](const auto& change) {
    SketchAsk ask;
    ask.chip = "h200-sxm";
    ask.model = "deepseek-v3";
    change(ask);
    const auto t = ComputeSketch(ask, facts.Of());
    EXPECT_FALSE(t);
    return t ? "" : t.error().message;
  };
  EXPECT_NE(refuse([](SketchAsk& a) { a.parts[0] = 1e9; }).find("bf16_pflops"), std::string::npos);
  EXPECT_NE(refuse([](SketchAsk& a) { a.shape.top_k = {999}; }).find("experts a token"),
            std::string::npos);
  EXPECT_NE(refuse([](SketchAsk& a) { a.chip = "wse-3"; }), "");
  EXPECT_NE(refuse([](SketchAsk& a) { a.chips = 65; }).find("1 to 64"), std::string::npos);
  EXPECT_NE(refuse([](SketchAsk& a) { a.model = "none"; }), "");
}

TEST(FabricsTest, AWiderDomainIsNeverWorseAndSpreadingTakesLonger) {
  const TestFacts facts;
  const auto text = ParseFabrics(
      "model = \"deepseek-v3\"\nchip = \"h200-sxm\"\nprecision = \"fp8\"\nchips = 16\n"
      "interactivity = [20]\nfabrics = [\"nvlink4-8\", \"ici-v7\"]\nscale_out = \"rail-400g\"\n"
      "domains = [4, 8, 16]\ndate = \"2026-11-29\"",
      "f.toml");
  ASSERT_TRUE(text) << text.error().message;
  const auto t = ComputeFabrics(*text, facts.Of());
  ASSERT_TRUE(t) << t.error().message;
  ASSERT_EQ(t->rows.size(), 2U);
  const FabricRow& nvlink = t->rows[0];
  ASSERT_EQ(nvlink.served.size(), 3U);
  double last = 0.0;
  for (const auto& served : nvlink.served) {
    const double value = served[0] ? served[0]->value : 0.0;
    EXPECT_GE(value, last * (1 - 1e-9));
    last = value;
  }
  EXPECT_GT(last, 0.0);
  // Over its domain of 8 tokens take the rails.
  EXPECT_GT(*nvlink.travel_s.back(), 2 * *nvlink.travel_s[2]);
  EXPECT_EQ(t->rows[1].served.size(), 1U);
  EXPECT_FALSE(
      ParseFabrics("model = \"m\"\nchip = \"c\"\ninteractivity = []\nfabrics = []\n"
                   "domains = [0]",
                   "f.toml"));
}

}  // namespace
}  // namespace roofscape::study
