// The views over a dozen rows whose answers can be worked out by hand.

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/api/export_points.h"
#include "service/api/selection.h"
#include "service/api/series_view.h"
#include "service/api/test_rows.h"

namespace roofscape::api {
namespace {

/// The value of an option's `count`, -1 where the option is not offered.
int CountOf(const Json& answer, const char* field, const std::string& value) {
  for (const Json& option : answer["options"][field]) {
    if (option["value"] == value) return option["count"];
  }
  return -1;
}

TEST(Snapshot, FindsRowsByTheirIdsAndNothingElse) {
  std::vector<KnownRow> rows;
  for (const std::int64_t id : {17, 3, 200}) {  // Not as they stand in a store.
    rows.push_back(TestRow(id, "h200-sxm", 4, 100, 300));
  }
  KnownRow own = TestRow(0, "h200-sxm", 4, 100, 300);
  own.origin.id = "aa.p0";
  own.origin.run = "aa";
  rows.push_back(std::move(own));
  const auto snapshot = Snapshot::Make(std::move(rows), 1);
  EXPECT_EQ(snapshot->Find("a17"), 0U);
  EXPECT_EQ(snapshot->Find("a3"), 1U);
  EXPECT_EQ(snapshot->Find("a200"), 2U);
  EXPECT_EQ(snapshot->Find("aa.p0"), 3U);
  for (const char* none :
       {"", "a", "a4", "a017", "a17x", "17", "b17", "a-3", "a99999999999999999999", "a0", "aa"}) {
    EXPECT_EQ(snapshot->Find(none), std::nullopt) << none;
  }
}

TEST(Snapshot, TheLatestOfALoadIsTheOneMeasuredLastAndThenTheOneThatCameLast) {
  std::vector<KnownRow> rows = {TestRow(1, "h200-sxm", 4, 100, 300, "2026-06-11"),
                                TestRow(2, "h200-sxm", 4, 100, 300, "2026-05-01"),
                                TestRow(3, "h200-sxm", 8, 100, 300, "2026-05-01"),
                                TestRow(4, "h200-sxm", 8, 100, 300, "2026-05-01"),
                                TestRow(5, "b200-sxm", 4, 100, 300, "2026-05-01")};
  // Of one setup of an archive, and so of one here.
  for (KnownRow& row : rows) row.origin.setup_id = row.row.deployment.chip == "h200-sxm" ? 7 : 8;
  const auto snapshot = Snapshot::Make(std::move(rows), 1);
  ASSERT_EQ(snapshot->setups().size(), 2U);
  EXPECT_EQ(snapshot->setups()[0].rows, 4);
  std::string latest;
  for (std::size_t i = 0; i < 5; ++i) latest += snapshot->IsLatest(i) ? '1' : '0';
  EXPECT_EQ(latest, "10011");
}

TEST(FrontierView, ChoosesWhatMostRowsAreOf) {
  std::vector<KnownRow> rows = TestRows();
  rows.push_back(TestRow(99, "h200-sxm", 4, 100, 500));
  rows.back().row.workload.input.tokens = 1024;
  const Json answer = Answer(FrontierView, TestInput(std::move(rows)), "");
  EXPECT_EQ(answer["query"]["shape"], Json({"8192/1024"}));
  EXPECT_EQ(answer["query"]["defaulted"], Json({"model", "shape", "protocol"}));
  EXPECT_EQ(answer["counts"]["rows"], 13);
  EXPECT_EQ(answer["counts"]["matched"], 12);
  EXPECT_EQ(CountOf(answer, "shape", "1024/1024"), 1);
  ASSERT_EQ(answer["series"].size(), 2U);
  EXPECT_EQ(answer["series"][0]["label"], "b200-sxm, sglang, fp8");
}

// A default must not hide what could be chosen instead of it.
TEST(FrontierView, OffersAnotherModelOfAnotherShape) {
  std::vector<KnownRow> rows = TestRows();
  rows.push_back(TestRow(99, "h200-sxm", 4, 100, 500));
  rows.back().row.deployment.model = "llama-3.1-70b";
  rows.back().row.workload.input.tokens = 1024;
  const TestInput input(std::move(rows));
  EXPECT_EQ(CountOf(Answer(FrontierView, input, ""), "model", "llama-3.1-70b"), 1);
  EXPECT_EQ(CountOf(Answer(FrontierView, input, ""), "shape", "1024/1024"), -1)
      << "of the model that is shown there is none";
  // What was asked for counts.
  EXPECT_EQ(CountOf(Answer(FrontierView, input, "shape=8192/1024"), "model", "llama-3.1-70b"), -1);
}

TEST(FrontierView, HasTheFrontierAndTheStepOfEachSeries) {
  const Json answer = Answer(FrontierView, TestInput(TestRows()), "chip=h200&at=50");
  ASSERT_EQ(answer["series"].size(), 1U);
  const Json& series = answer["series"][0];
  // The later day is better at every load: its three points are the frontier, by rising x.
  std::vector<std::string> front;
  for (const Json& place : series["front"])
    front.push_back(series["points"]["id"][place.get<std::size_t>()]);
  EXPECT_EQ(front, (std::vector<std::string>{"a12", "a11", "a10"}));
  EXPECT_EQ(series["reading"]["step"]["id"], "a11");
  EXPECT_EQ(series["reading"]["step"]["y"], 900.0);
  EXPECT_TRUE(series["reading"]["between"].is_null());
  EXPECT_EQ(series["points"]["x_low"][0], nullptr);
  EXPECT_EQ(series["points"]["verdict"][0], "UNKNOWN");
}

TEST(FrontierView, ReadsBetweenPointsOfOneLayoutWhenAsked) {
  const Json answer = Answer(FrontierView, TestInput(TestRows()), "chip=h200&at=50&curve=1");
  const Json& between = answer["series"][0]["reading"]["between"];
  ASSERT_FALSE(between.is_null());
  EXPECT_EQ(between["left"], "a12");
  EXPECT_EQ(between["right"], "a11");
  EXPECT_GT(between["y"], 900.0);
  EXPECT_LT(between["y"], 2000.0);
  // The same as a cost: what the rate makes at the price of the day.
  const Json cost =
      Answer(FrontierView, TestInput(TestRows()), "chip=h200&at=50&curve=1&y=usd_per_mtok_total");
  const auto price = analysis::ChipPrice("h200-sxm", {&TestCatalog(), {}, {2026, 8, 1}});
  ASSERT_TRUE(price);
  EXPECT_NEAR(cost["series"][0]["reading"]["between"]["y"].get<double>(),
              analysis::UsdPerMtok(price->value, between["y"]), 1e-9);
  EXPECT_NE(Refusal(FrontierView, TestInput(TestRows()), "at=1&curve=1&x=ttft_p50_s"), "");
}

TEST(FrontierView, KeepsUnfitPointsOffTheFrontierUnlessAsked) {
  std::vector<KnownRow> rows = TestRows();
  rows.push_back(TestRow(50, "h200-sxm", 32, 90, 5000));
  rows.back().row.instrument = spec::Fitness::kInvalid;
  const TestInput input(std::move(rows));
  const Json without = Answer(FrontierView, input, "chip=h200&at=50");
  EXPECT_EQ(without["series"][0]["reading"]["step"]["id"], "a11");
  EXPECT_EQ(without["counts"]["excluded"][0]["reason"], "instrument INVALID");
  const Json with = Answer(FrontierView, input, "chip=h200&at=50&all=1");
  EXPECT_EQ(with["series"][0]["reading"]["step"]["id"], "a50");
}

TEST(FrontierView, CountsOfOptionsAreWhatTheyWouldGive) {
  const TestInput input(TestRows());
  const Json answer = Answer(FrontierView, input, "since=2026-06-01&chip=b200");
  EXPECT_EQ(answer["counts"]["matched"], 3);
  EXPECT_EQ(CountOf(answer, "chip", "h200-sxm"), 3);
  EXPECT_EQ(Answer(FrontierView, input, "since=2026-06-01&chip=h200")["counts"]["matched"], 3);
  EXPECT_EQ(Answer(FrontierView, input, "latest=1")["counts"]["matched"], 6);
}

TEST(FrontierView, ThinsWhatIsTooMuchButNoFrontier) {
  std::vector<KnownRow> rows;
  for (int i = 0; i < 12'000; ++i) {
    // A hundred on the frontier, the rest far below it.
    const bool front = i % 120 == 0;
    rows.push_back(TestRow(i + 1, "h200-sxm", i + 1, 1 + i, front ? 20'000 - i : 1));
  }
  const Json answer = Answer(FrontierView, TestInput(std::move(rows)), "");
  const Json& series = answer["series"][0];
  EXPECT_LE(series["points"]["id"].size(), 5000U);
  EXPECT_GE(series["points"]["id"].size(), 2500U);
  EXPECT_GE(series["front"].size(), 100U);
  EXPECT_EQ(series["points"]["id"].size() + series["left_out"].get<std::size_t>(), 12'000U);
  for (const Json& place : series["front"]) {
    EXPECT_TRUE(series["points"]["on_front"][place.get<std::size_t>()].get<bool>());
  }
}

TEST(FrontierView, LaysThePredictedCurveBesideTheMeasuredOne) {
  const Json answer = Answer(FrontierView, TestInput(TestRows()), "chip=h200&overlay=predicted");
  const Json& predicted = answer["series"][0]["predicted"];
  ASSERT_FALSE(predicted.is_null());
  EXPECT_EQ(predicted["concurrency"], Json({4.0, 16.0, 64.0}));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LT(predicted["y_low"][i], predicted["y"][i]);
    EXPECT_LT(predicted["y"][i], predicted["y_high"][i]);
    EXPECT_LT(predicted["x_low"][i], predicted["x"][i]);
  }
  // The model knows no p99: there is no curve rather than a wrong one.
  EXPECT_TRUE(
      Answer(FrontierView, TestInput(TestRows()),
             "overlay=predicted&x=ttft_p50_s&y=output_tps_per_chip")["series"][0]["predicted"]
          .is_null());
}

TEST(FrontierView, SaysWhatToDoWithoutRows) {
  const Json answer = Answer(FrontierView, TestInput({}), "");
  EXPECT_TRUE(answer["series"].empty());
  EXPECT_NE(answer["notes"][0].get<std::string>().find("roofscape bench"), std::string::npos);
  EXPECT_EQ(Answer(FrontierView, TestInput(TestRows()), "model=none")["notes"].size(), 1U);
}

TEST(Labels, DifferForDifferentSeries) {
  std::vector<analysis::RowSeriesKey> keys(4);
  keys[1].model = "x";
  keys[2].window = "steady";
  keys[3].workload.ignore_eos = false;
  const std::vector<std::string> labels = LabelsOf(keys);
  EXPECT_EQ(std::set<std::string>(labels.begin(), labels.end()).size(), 4U);
}

TEST(CompareView, HoldsEverySideAgainstTheFirst) {
  const Json answer = Answer(CompareView, TestInput(TestRows()),
                             "since=2026-06-01&side=chip%3Dh200&side=chip%3Db200"
                             "&side=chip%3Dtpu-v4&at=50&at=100&at=500");
  ASSERT_EQ(answer["sides"].size(), 3U);
  EXPECT_EQ(answer["matches"].size(), 2U);  // Nothing reaches 500.
  EXPECT_EQ(answer["matches"][0]["at"], 50.0);
  EXPECT_EQ(answer["matches"][0]["values"][0]["value"], 900.0);
  EXPECT_EQ(answer["matches"][0]["values"][1]["value"], 1800.0);
  EXPECT_EQ(answer["matches"][0]["values"][1]["effect"]["change"], 1.0);
  EXPECT_TRUE(answer["matches"][0]["values"][2].is_null());
  EXPECT_EQ(answer["missing"][0]["side"], 2);
  EXPECT_DOUBLE_EQ(answer["overall"][1]["change"].get<double>(), 1.0);
  EXPECT_EQ(answer["overall"][1]["differs"], Json({"chip"}));
  const Json by_load = Answer(CompareView, TestInput(TestRows()),
                              "since=2026-06-01&side=chip%3Dh200&side=chip%3Db200");
  EXPECT_EQ(by_load["matched_by"], "load");
  EXPECT_EQ(by_load["matches"].size(), 3U);
}

TEST(CompareView, RefusesSidesThatAreNone) {
  const TestInput input(TestRows());
  for (const char* side : {"h200", "colour%3Dred", "chip%3D", "chip%3Da%2C"}) {
    const std::string query = std::string("side=chip%3Db200&side=") + side;
    EXPECT_NE(Refusal(CompareView, input, query).find("NAME=VALUE"), std::string::npos) << side;
  }
  // A value that looks like a query is a value.
  const Json answer =
      Answer(CompareView, input, "side=chip%3Db200%26engine%3Dvllm&side=chip%3Dh200");
  EXPECT_EQ(answer["sides"][0]["points"], 0);
}

TEST(HistoryView, HasTheStepsAndWhatChanged) {
  std::vector<KnownRow> rows = TestRows();
  rows.push_back(TestRow(60, "h200-sxm", 16, 80, 1500, "2026-07-01"));
  rows.back().row.deployment.precision = "fp4";
  const Json answer = Answer(HistoryView, TestInput(std::move(rows)), "chip=h200&at=50");
  const Json& steps = answer["groups"][0]["trends"][0]["steps"];
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0]["value"], 720.0);
  EXPECT_TRUE(steps[0]["gain"].is_null());
  EXPECT_DOUBLE_EQ(steps[1]["gain"].get<double>(), 0.25);
  EXPECT_TRUE(steps[1]["changed"].empty());
  EXPECT_EQ(steps[2]["id"], "a60");
  EXPECT_EQ(steps[2]["changed"],
            Json::array({{{"field", "precision"}, {"was", "fp8"}, {"now", "fp4"}}}));
  EXPECT_TRUE(answer["regressions"].is_null());
}

TEST(HistoryView, FindsACurveThatGotWorse) {
  std::vector<KnownRow> rows;
  std::int64_t id = 0;
  for (const char* day : {"2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05"}) {
    const double loss = day[9] == '5' ? 0.6 : 1.0;
    for (const auto& [load, rate] :
         {std::pair(4, 300.0), std::pair(16, 900.0), std::pair(64, 2000.0)}) {
      rows.push_back(TestRow(++id, "h200-sxm", load, 80, rate * loss, day));
    }
  }
  const Json answer = Answer(HistoryView, TestInput(std::move(rows)), "regressions=1");
  const Json& shifts = answer["regressions"]["shifts"];
  ASSERT_EQ(shifts.size(), 1U);
  EXPECT_EQ(shifts[0]["verdict"], "worse");
  EXPECT_EQ(shifts[0]["day"], "2026-06-05");
  EXPECT_NEAR(shifts[0]["change"].get<double>(), -0.4, 1e-9);
  EXPECT_EQ(shifts[0]["ids"], Json({"a13", "a14", "a15"}));
}

TEST(PredictView, AnswersLoadsInOrderWithTheirBands) {
  const Json answer = Answer(PredictView, TestInput(TestRows()),
                             "model=deepseek-r1&chip=h200&tp=8&precision=fp8&engine=sglang"
                             "&input=8192&output=1024&concurrency=64&concurrency=4");
  ASSERT_EQ(answer["points"].size(), 2U);
  EXPECT_EQ(answer["points"][0]["concurrency"], 4.0);
  for (const Json& point : answer["points"]) {
    const Json& tpot = point["tpot_mean_s"];
    EXPECT_NEAR(point["interactivity_tps"]["low80"].get<double>(), 1 / tpot["high80"].get<double>(),
                1e-9);
    // The mean answer has 0.9 of the nominal tokens, as whoever sends them has it.
    EXPECT_NEAR(point["e2e_mean_s"]["value"].get<double>(),
                point["ttft_mean_s"]["value"].get<double>() +
                    tpot["value"].get<double>() * (0.9 * 1024 - 1),
                1e-9);
    // A million tokens at the rate and price of a chip.
    const double rate = point["total_tps_per_chip"]["value"];
    const double price = answer["price"]["usd_per_chip_hour"];
    EXPECT_NEAR(point["usd_per_mtok_total"]["value"].get<double>(), price * 1e6 / 3600 / rate,
                1e-9);
    double parts = 0;
    for (const Json& part : answer["parts"]) {
      parts += point["decode_step"][part["key"].get<std::string>()].get<double>();
    }
    EXPECT_NEAR(parts, point["decode_step"]["total_s"].get<double>(), 1e-12);
  }
  EXPECT_EQ(answer["measured"].size(), 6U);
  EXPECT_EQ(answer["chips"], 8);
}

TEST(PredictView, AnswersRatesOfAnOpenLoop) {
  const TestInput input(TestRows());
  const std::string ask =
      "model=deepseek-r1&chip=h200&tp=8&precision=fp8&engine=sglang&input=8192&output=1024";
  const Json answer = Answer(PredictView, input, ask + "&rate=1000&rate=0.001&rate=0.5");
  EXPECT_TRUE(answer["points"].empty());
  EXPECT_EQ(answer["chips"], 8);
  const Json& capacity = answer["capacity_rps"];
  EXPECT_LT(capacity["low80"], capacity["value"]);
  EXPECT_LT(capacity["value"], capacity["high80"]);
  const Json& rates = answer["rates"];
  ASSERT_EQ(rates.size(), 3U);
  EXPECT_EQ(rates[0]["rate_rps"], 0.001);
  // A request that is nearly always alone is that of a closed loop of one.
  const Json lone = Answer(PredictView, input, ask + "&concurrency=1")["points"][0];
  const double ttft = lone["ttft_mean_s"]["value"];
  EXPECT_NEAR(rates[0]["ttft_mean_s"]["value"].get<double>(), ttft, 0.05 * ttft);
  const std::string near = std::to_string(0.95 * capacity["value"].get<double>());
  const Json busy = Answer(PredictView, input, ask + "&rate=" + near)["rates"][0];
  EXPECT_GT(busy["ttft_mean_s"]["value"], rates[0]["ttft_mean_s"]["value"]);
  EXPECT_GT(busy["in_flight_mean_requests"], rates[1]["in_flight_mean_requests"]);
  // The slower deployment is saturated there: no upper end.
  EXPECT_TRUE(Json::parse(busy.dump())["ttft_mean_s"]["high80"].is_null());
  // What comes in is what goes out, of lengths of 0.9 of nominal in the mean.
  EXPECT_NEAR(rates[1]["total_tps_per_chip"]["value"].get<double>(), 0.5 * 0.9 * 9216 / 8, 1e-6);
  EXPECT_EQ(rates[2]["saturated"], true);
  EXPECT_TRUE(rates[2]["ttft_mean_s"].is_null());
  for (const auto& [name, value] : rates[0].items()) EXPECT_TRUE(rates[2].contains(name)) << name;
  // An engine that takes few at once is saturated earlier.
  EXPECT_LT(Answer(PredictView, input, ask + "&rate=0.5&max_sequences=2")["capacity_rps"]["value"],
            capacity["value"]);
  // A closed loop has none of this.
  EXPECT_FALSE(Answer(PredictView, input, ask).contains("rates"));
}

TEST(PredictView, KnowsPowerCapsAndPrefixHits) {
  const TestInput input(TestRows());
  const std::string ask =
      "model=deepseek-r1&chip=h200&tp=8&engine=sglang&input=8192&concurrency=16";
  const Json plain = Answer(PredictView, input, ask)["points"][0];
  EXPECT_EQ(plain["clock"]["prompt"], 1.0);
  const Json capped = Answer(PredictView, input, ask + "&power_cap=350")["points"][0];
  EXPECT_LT(capped["clock"]["prompt"], 1.0);
  EXPECT_GT(capped["ttft_mean_s"]["value"], plain["ttft_mean_s"]["value"]);
  const Json hit = Answer(PredictView, input, ask + "&prefix_hit=0.8")["points"][0];
  EXPECT_LT(hit["ttft_mean_s"]["value"], plain["ttft_mean_s"]["value"]);
  const Json host =
      Answer(PredictView, input, ask + "&prefix_hit=0.4&host_hit=0.4&host_gbps=1")["points"][0];
  EXPECT_GT(host["ttft_mean_s"]["value"], hit["ttft_mean_s"]["value"]);
}

TEST(PredictView, RefusesWhatCannotBe) {
  const TestInput input(TestRows());
  const std::string model = "model=deepseek-r1&chip=h200&tp=8";
  EXPECT_NE(Refusal(PredictView, input, model + "&power_cap=9000").find("TDP"), std::string::npos);
  EXPECT_NE(Refusal(PredictView, input, model + "&prefix_hit=1").find("'prefix_hit'"),
            std::string::npos);
  EXPECT_NE(Refusal(PredictView, input, model + "&rate=1&concurrency=4").find("'rate'"),
            std::string::npos);
  EXPECT_NE(Refusal(PredictView, input, model + "&max_sequences=4").find("'max_sequences'"),
            std::string::npos);
  EXPECT_NE(Refusal(PredictView, input, model + "&rate=0").find("'rate'"), std::string::npos);
  EXPECT_NE(Refusal(PredictView, input, model + "&workers=1e6&prefill_tp=8&rate=1e6")
                .find("too large for a rate"),
            std::string::npos);
  EXPECT_NE(Refusal(PredictView, input, model + "&prefill_tp=8&prefill_workers=1e6&rate=1&input=1")
                .find("too large for a rate"),
            std::string::npos);
  EXPECT_NE(Refusal(PredictView, input, "model=deepseek-r1&chip=h100&tp=1").find("leave no room"),
            std::string::npos);
  EXPECT_NE(Refusal(PredictView, input, "model=none&chip=h100"), "");
  EXPECT_NE(Refusal(PredictView, input, "chip=h100").find("model"), std::string::npos);
}

TEST(IntelligenceView, SaysWhichEvalsTakePart) {
  const Json answer = Answer(IntelligenceView, TestInput(TestRows()), "");
  EXPECT_FALSE(answer["eval"].is_null());
  EXPECT_EQ(answer["evals"].size(), TestCatalog().evals.size());
  EXPECT_NE(Refusal(IntelligenceView, TestInput(TestRows()), "eval=none"), "");
}

TEST(CatalogViews, HaveEveryEntryWithItsSources) {
  const Json kinds = CatalogKindsView(TestCatalog());
  for (const Json& kind : kinds["kinds"]) {
    const auto list = CatalogListView(TestCatalog(), kind["kind"].get<std::string>());
    ASSERT_TRUE(list);
    EXPECT_EQ((*list)["entries"].size(), kind["count"].get<std::size_t>());
    std::set<std::string> fields;
    for (const Json& entry : (*list)["entries"]) {
      for (const auto& [field, value] : entry["values"].items()) fields.insert(field);
    }
    for (const Json& column : (*list)["columns"]) {
      EXPECT_TRUE(fields.contains(column["field"].get<std::string>())) << column;
    }
    const std::string id = (*list)["entries"][0]["id"];
    const auto one = CatalogEntryView(TestCatalog(), kind["kind"].get<std::string>(), id);
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_FALSE((*one)["sources"].empty()) << id;
  }
  EXPECT_FALSE(CatalogListView(TestCatalog(), "dragons"));
  EXPECT_FALSE(CatalogEntryView(TestCatalog(), "chips", "llama-3.1-70b"));
}

TEST(SitePoints, HaveTheFrontiersThatTheViewHas) {
  const TestInput input(TestRows());
  const Json view = Answer(FrontierView, input, "");
  std::vector<std::size_t> all(12);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  analysis::Pricing pricing;
  pricing.catalog = &TestCatalog();
  pricing.date = {2026, 8, 1};
  const Json site = SitePointsJson(*(*input).snapshot, all, pricing);
  const Json& fronts = site["fronts"]["interactivity_p50_tps|total_tps_per_chip"];
  ASSERT_EQ(fronts.size(), view["series"].size());
  for (std::size_t s = 0; s < fronts.size(); ++s) {
    std::vector<std::string> expected;
    for (const Json& place : view["series"][s]["front"]) {
      expected.push_back(view["series"][s]["points"]["id"][place.get<std::size_t>()]);
    }
    std::vector<std::string> got;
    for (const Json& place : fronts[s])
      got.push_back(site["columns"]["id"][place.get<std::size_t>()]);
    EXPECT_EQ(got, expected);
  }
  for (const auto& [name, values] : site["values"].items()) {
    EXPECT_EQ(values.size(), 12U) << name;
  }
}

}  // namespace
}  // namespace roofscape::api
