// Studies and sketches as the API gives them out.

#include <chrono>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/api/study_desk.h"
#include "service/api/test_rows.h"
#include "service/study/test_facts.h"

namespace roofscape::api {
namespace {

study::Study Gain(const std::string& id, const std::string& b_chip) {
  study::Study s;
  s.id = id;
  s.kind = study::StudyKind::kGain;
  s.title = "A title";
  s.text = {"A paragraph."};
  s.interactivity_tps = 40;
  s.objective = "chip";
  const auto file = [](const std::string& chip) {
    return "model = \"deepseek-v3\"\nengine = \"sglang\"\nprecision = \"fp8\"\nchip = \"" + chip +
           "\"";
  };
  s.files = {{"a.toml", file("h200-sxm")}, {"b.toml", file(b_chip)}};
  return s;
}

class StudiesTest : public testing::Test {
 protected:
  StudiesTest()
      : desk_(facts_.catalog, facts_.fitted,
              {Gain("one", "b200-sxm"), Gain("broken", "no-such-chip")}, clock_),
        input_(TestRows()) {
    api_facts_ = *(*input_).facts;
    api_facts_.studies = &desk_;
    view_ = *input_;
    view_.facts = &api_facts_;
  }

  Json Done(const std::string& id) {
    for (int i = 0; i < 6'000; ++i) {
      const auto answer = StudyView(view_, id);
      EXPECT_TRUE(answer);
      const std::string state = (*answer)["state"];
      if (state == "done" || state == "failed") return *answer;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << id << " is not done after a minute";
    return {};
  }

  ManualClock clock_;
  study::TestFacts facts_;
  StudyDesk desk_;
  TestInput input_;
  Facts api_facts_;
  ViewInput view_;
};

TEST_F(StudiesTest, AStudyIsComputedOnceAndThenThere) {
  const Json before = *StudiesView(view_);
  ASSERT_EQ(before["studies"].size(), 2U);
  EXPECT_TRUE(before["studies"][0]["headline"].is_null());
  EXPECT_NE((*StudyView(view_, "one"))["state"], "done");
  const Json done = Done("one");
  ASSERT_EQ(done["state"], "done") << done["error"];
  EXPECT_GT(done["gain"]["gain"], 1.0);
  EXPECT_TRUE(done["what_if"].is_null());
  EXPECT_FALSE((*StudiesView(view_))["studies"][0]["headline"].is_null());
  const auto* study = desk_.Find("one");
  EXPECT_EQ(desk_.Ask(*study).outcome, desk_.Finish(*study).outcome);
}

TEST_F(StudiesTest, RowsOfTheStoreConfirmAShare) {
  // Rows of 8192 and 1024 tokens say nothing of a gain at 1024 and 1024.
  const Json done = Done("one");
  EXPECT_TRUE(done["gain"]["measured"]["axes"].empty());
  std::vector<KnownRow> rows = TestRows();
  for (KnownRow& known : rows) known.row.workload.input = {1024, 0.8};
  const TestInput same(std::move(rows));
  view_.snapshot = (*same).snapshot;
  const Json confirmed = *StudyView(view_, "one");
  const Json& axes = confirmed["gain"]["measured"]["axes"];
  ASSERT_EQ(axes.size(), 1U);
  EXPECT_EQ(axes[0]["axis"], "chip");
  // The later rows of B200 give twice as much as those of H200 at every load.
  EXPECT_NEAR(axes[0]["gain"].get<double>(), 2.0, 1e-6);
  for (const Json& layer : confirmed["gain"]["layers"]) {
    EXPECT_EQ(layer["measured"], layer["layer"] == "silicon" || layer["layer"] == "memory" ||
                                     layer["layer"] == "fabric" || layer["layer"] == "kernels");
  }
}

TEST_F(StudiesTest, WhatFailsSaysWhy) {
  const Json failed = Done("broken");
  EXPECT_EQ(failed["state"], "failed");
  EXPECT_NE(failed["error"].get<std::string>().find("no-such-chip"), std::string::npos);
  const auto none = StudyView(view_, "none");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

TEST_F(StudiesTest, AStoppedDeskStartsNothing) {
  desk_.Ask(*desk_.Find("one"));
  desk_.Stop();
  EXPECT_EQ(desk_.Ask(*desk_.Find("broken")).state, StudyDesk::State::kWaiting);
}

TEST_F(StudiesTest, ASketchIsAnsweredWithinItsBounds) {
  const auto ask = [&](const std::string& query) {
    return SketchView(view_, *Params::Parse(query));
  };
  const auto sketch = ask("model=deepseek-v3&chip=h200-sxm&chips=8&bandwidth_tb_s=10&experts=128");
  ASSERT_TRUE(sketch) << sketch.error().message;
  EXPECT_FALSE((*sketch)["sketch"]["points"].empty());
  EXPECT_EQ((*sketch)["sketch"]["chip"]["bandwidth_tb_s"], 10.0);
  EXPECT_LT((*sketch)["model"]["total_b"], (*sketch)["base"]["total_b"]);
  const std::pair<const char*, const char*> wrong[] = {
      {"chip=h200-sxm", "model"},
      {"model=deepseek-v3&chip=h200-sxm&chips=65", "chips"},
      {"model=deepseek-v3&chip=h200-sxm&layers=0", "layers"},
      {"model=deepseek-v3&chip=h200-sxm&hidden=1e99", "hidden"},
      {"model=deepseek-v3&chip=h200-sxm&memory_gb=nan", "memory_gb"},
      {"model=deepseek-v3&chip=h200-sxm&tier=mine", "tier"}};
  for (const auto& [query, parameter] : wrong) {
    const auto refused = ask(query);
    ASSERT_FALSE(refused) << query;
    EXPECT_EQ(ParameterOf(refused.error()), parameter) << refused.error().message;
  }
}

}  // namespace
}  // namespace roofscape::api
