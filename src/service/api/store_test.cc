// The views that read a store, over a file of their own.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "results/store/digest.h"
#include "service/api/api.h"
#include "service/api/export_static.h"
#include "service/api/gzip.h"
#include "service/api/test_rows.h"

namespace roofscape::api {
namespace {

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "roofscape-api-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/r.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Import(const std::string& name) {
    auto archive = store::OpenArchive(path_, store::OpenMode::kReadWrite);
    ASSERT_TRUE(archive) << archive.error().message;
    std::vector<spec::Row> rows;
    for (KnownRow& known : TestRows()) {
      known.row.origin.key = name + known.origin.id;
      known.row.origin.place = known.origin.archive_id;
      known.row.facts = {{"image", "<b>" + name + "</b>"}};
      known.row.corrections = {{"devices", "gpus", "16", "8"}};
      rows.push_back(std::move(known.row));
    }
    ASSERT_TRUE((*archive)->Begin({"inferencex", name, "1", WallTime{1'000'000}}, name));
    ASSERT_TRUE((*archive)->Add(rows));
    ASSERT_TRUE((*archive)->Commit());
  }

  void Run() {
    auto store = store::OpenStore(path_, store::OpenMode::kReadWrite);
    ASSERT_TRUE(store);
    spec::RunResult run;
    run.id = "20260701-000000-abcdef";
    run.started = WallTime{1'782'864'000'000'000};
    run.plan.target.url = "http://127.0.0.1:1";
    run.plan.deployment.model = "own-model";
    ASSERT_TRUE((*store)->BeginRun(run));
    spec::PointResult point;
    point.started = run.started;
    point.concurrency = 2;
    const auto id = (*store)->BeginPoint(run.id, point);
    ASSERT_TRUE(id);
    point.complete = true;
    point.steady.emplace();
    point.steady->interactivity_tps.p50 = 40;
    point.steady->total_tps = 100;
    point.steady->intervals["total_tps"] = {90, 110};
    ASSERT_TRUE((*store)->FinishPoint(*id, point));
  }

  ManualClock clock_;
  std::string folder_, path_;
};

TEST_F(StoreTest, SnapshotsFollowTheStore) {
  StoreAccess store(path_, TestCatalog());
  Snapshots snapshots(store);
  ASSERT_TRUE(store.Check());  // None yet is no error.
  ASSERT_TRUE(*snapshots.Refresh());
  EXPECT_EQ(snapshots.Now()->rows().size(), 0U);
  EXPECT_FALSE(*snapshots.Refresh());
  Import("one");
  EXPECT_TRUE(*snapshots.Refresh());
  EXPECT_EQ(snapshots.Now()->rows().size(), 12U);
  EXPECT_EQ(snapshots.Now()->generation(), 2);
  Run();
  EXPECT_TRUE(*snapshots.Refresh());
  EXPECT_EQ(snapshots.Now()->rows().size(), 13U);
  EXPECT_FALSE(*snapshots.Refresh());
  // Imported on 1970-01-01, before the run.
  EXPECT_EQ((*snapshots.AsOf({1970, 1, 2}))->rows().size(), 12U);
  EXPECT_EQ((*snapshots.AsOf({1969, 1, 1}))->rows().size(), 0U);
}

TEST_F(StoreTest, ARowHasItsTextsItsRecipeAndItsIntervals) {
  Import("one");
  Run();
  StoreAccess store(path_, TestCatalog());
  const TestInput input(*store.LoadRows(std::nullopt));
  const Params none = *Params::Parse("");
  const auto imported = RowView(*input, store, "a2", none);
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ((*imported)["facts"]["image"], "<b>one</b>");
  EXPECT_EQ((*imported)["corrections"][0]["code"], "devices");
  EXPECT_EQ((*imported)["recipe"]["kind"], "run_link");
  EXPECT_NE((*imported)["recipe"]["text"].get<std::string>().find("8 x b200-sxm"),
            std::string::npos);
  EXPECT_TRUE((*imported)["run"].is_null());
  // Nobody here watched the client of what others published.
  EXPECT_EQ((*imported)["verdict"]["instrument"], "UNKNOWN");
  const auto own = RowView(*input, store, "20260701-000000-abcdef.p0", none);
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ((*own)["recipe"]["kind"], "command");
  EXPECT_NE((*own)["recipe"]["command"].get<std::string>().find("roofscape bench"),
            std::string::npos);
  EXPECT_EQ((*own)["verdict"]["instrument"], "VALID");
  for (const Json& figure : (*own)["figures"]) {
    if (figure["name"] != "total_tps") continue;
    EXPECT_EQ(figure["low"], 90.0);
    EXPECT_EQ(figure["high"], 110.0);
  }
  EXPECT_FALSE(RowView(*input, store, "a2000", none));
}

TEST_F(StoreTest, TheAnswerRanksByWhatIsAsked) {
  Import("one");
  StoreAccess store(path_, TestCatalog());
  const TestInput input(*store.LoadRows(std::nullopt));
  const auto answer = [&](const std::string& query) {
    const auto result = AnswerView(*input, store, *Params::Parse(query));
    EXPECT_TRUE(result) << query << ": " << (result ? "" : result.error().message);
    return result ? *result : Json();
  };
  const Json at50 = answer("model=deepseek-r1&input=8192&output=1024&interactivity_tps=50");
  ASSERT_EQ(at50["results"].size(), 2U);
  const Json& best = at50["results"][0];
  EXPECT_EQ(best["concurrency"], 16);
  EXPECT_EQ(best["corrections"], 1);
  EXPECT_NEAR(best["headroom"]["interactivity"].get<double>(), 0.54, 1e-12);
  const Json& next = at50["results"][1];
  EXPECT_LE(best["cost"]["usd_per_mtok_total"], next["cost"]["usd_per_mtok_total"]);
  EXPECT_EQ(best["verdict"], "UNKNOWN");
  EXPECT_EQ(best["behind"], 0.0);
  EXPECT_NEAR(next["behind"].get<double>(),
              next["cost"]["usd_per_mtok_total"].get<double>() /
                      best["cost"]["usd_per_mtok_total"].get<double>() -
                  1,
              1e-12);
  // 0.04 s of TTFT at 4 users, 0.16 s at 16.
  const Json quick = answer("ttft_s=0.1");
  EXPECT_EQ(quick["results"][0]["concurrency"], 4);
  EXPECT_EQ(answer("max_chips=4")["results"].size(), 0U);
  EXPECT_EQ(answer("interactivity_tps=1000")["left_out"]["no_point"], 2);
  EXPECT_EQ(answer("rank=throughput&interactivity_tps=50")["results"][0]["key"]["chip"],
            "b200-sxm");
  EXPECT_EQ(answer("limit=1")["left_out"]["beyond_limit"], 1);
  // 1,000 streams at 77 tokens/s need as many chips as their rate asks for, in whole deployments.
  const Json fleet = answer("interactivity_tps=50&users=1000&chip=h200")["results"][0]["fleet"];
  ASSERT_FALSE(fleet.is_null());
  EXPECT_EQ(fleet["chips"], 8 * std::ceil(1000 * 77 / 100.0 / 8));
  EXPECT_EQ(answer("interactivity_tps=50&users=1000&usd_per_month=1")["left_out"]["over_budget"],
            2);
  const Json elsewhere = answer("model=deepseek-r1&input=7&output=7");
  EXPECT_EQ(elsewhere["shapes"][0]["shape"], "8192/1024");
}

// What re-runs differ by anyway decides nothing: the first is then no better than the second.
TEST_F(StoreTest, AnAnswerTellsHowSureItsOrderIs) {
  Import("one");  // Recipes are read from a store.
  StoreAccess store(path_, TestCatalog());
  const auto ask = [&](double second) {
    std::vector<KnownRow> rows = {TestRow(1, "h200-sxm", 16, 77, 1000),
                                  TestRow(2, "h200-sxm", 16, 77, second)};
    rows[1].row.deployment.engine = "vllm";
    rows[0].origin.intervals["total_tps_per_chip"] = {950, 1050};
    const TestInput input(std::move(rows));
    const auto answer = AnswerView(*input, store, *Params::Parse("interactivity_tps=50"));
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
    return answer ? *answer : Json();
  };
  const Json near = ask(950);
  ASSERT_EQ(near["results"].size(), 2U);
  EXPECT_EQ(near["rerun"]["p95"], 0.1009);
  EXPECT_EQ(near["results"][0]["interval"], Json({{"low", 950.0}, {"high", 1050.0}}));
  EXPECT_TRUE(near["results"][1]["interval"].is_null());
  EXPECT_NEAR(near["results"][1]["behind"].get<double>(), 1000 / 950.0 - 1, 1e-12);
  EXPECT_EQ(near["results"][1]["close"], true);
  EXPECT_EQ(ask(500)["results"][1]["close"], false);
  // Throughput is behind by the same.
  EXPECT_NEAR(ask(500)["results"][1]["behind"].get<double>(), 1.0, 1e-12);
}

TEST_F(StoreTest, AnswersAreKeptUntilTheDataChanges) {
  Import("one");
  StoreAccess store(path_, TestCatalog());
  Snapshots snapshots(store);
  ASSERT_TRUE(snapshots.Refresh());
  const TestInput facts({});
  Api api(*(*facts).facts, snapshots, store, clock_);
  const char* target = "/api/v1/frontier?chip=b200&at=50";
  EXPECT_EQ(api.Peek(target), nullptr);
  const BodyPtr first = api.Get(target);
  ASSERT_EQ(first->status, 200) << first->json;
  EXPECT_EQ(api.Peek("/api/v1/frontier?at=50&chip=b200"), first);
  EXPECT_EQ(Gunzip(first->gzip, 1 << 22), first->json);
  Import("two");
  ASSERT_TRUE(*snapshots.Refresh());
  EXPECT_EQ(api.Peek(target), nullptr);
  const BodyPtr second = api.Get(target);
  EXPECT_NE(second->etag, first->etag);
  EXPECT_EQ(api.Get("/api/v1/frontier?chip=%zz")->status, 400);
  EXPECT_EQ(api.Get("/api/v1/frontiers")->status, 404);
  EXPECT_EQ(api.Get("/api/v1/rows/a%2f1")->status, 404);
  EXPECT_EQ(api.Get("/api/")->status, 404);
  EXPECT_EQ(api.WhereOf("/api/v1/rows/a1"), Api::Where::kStore);
  EXPECT_EQ(api.WhereOf("/api/v1/frontier"), Api::Where::kLoop);
  EXPECT_EQ(api.WhereOf("/api/v1/frontier?as_of=2026-01-01"), Api::Where::kStore);
  EXPECT_EQ(api.WhereOf("/api/v1/sketch?chip=x"), Api::Where::kCompute);
  EXPECT_EQ(api.Get("/api/v1/codesign")->status, 503);  // This one computes none.
}

TEST_F(StoreTest, EveryPathOfTheDocumentExistsAndNoOther) {
  const Json document = Json::parse(OpenApiDocument());
  std::vector<std::string> documented;
  for (const auto& [path, item] : document["paths"].items()) documented.push_back(path);
  std::vector<std::string> answered = Api::Paths();
  std::sort(documented.begin(), documented.end());
  std::sort(answered.begin(), answered.end());
  EXPECT_EQ(documented, answered);
}

TEST_F(StoreTest, APublishedSiteHasAManifestOfAllItsFiles) {
  Import("one");
  Run();
  StoreAccess store(path_, TestCatalog());
  const TestInput input(*store.LoadRows(std::nullopt));
  const std::string index = Gzip(R"(<head><meta name="roofscape-data" content="" /></head>)", 9);
  const StaticFile files[] = {{"/index.html", "text/html", "\"1\"", index}};
  std::map<std::string, std::string> written;
  const auto done = ExportStatic(*input, store, {"https://example.org/x", files},
                                 [&](const std::string& path, std::string_view bytes) {
                                   EXPECT_TRUE(written.emplace(path, bytes).second) << path;
                                   return Result<>();
                                 });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->rows, 13);
  EXPECT_EQ(done->runs, 1);
  EXPECT_NE(written["index.html"].find(R"(content="data/" />)"), std::string::npos);
  const Json manifest = Json::parse(written["data/manifest.json"]);
  EXPECT_EQ(manifest["files"].size() + 1, written.size());
  for (const Json& file : manifest["files"]) {
    const std::string& bytes = written.at(file["path"]);
    EXPECT_EQ(file["bytes"], bytes.size());
    EXPECT_EQ(file["sha256"], store::Sha256Hex(bytes));
  }
  const Json sets = Json::parse(written["data/index.json"])["sets"];
  ASSERT_EQ(sets.size(), 2U);
  const auto packed = [&](const Json& path) {
    return Json::parse(*Gunzip(written.at(path.get<std::string>()), 1 << 26));
  };
  const Json points = packed(sets[0]["points"]);
  const Json rows = packed(sets[0]["rows"])["rows"];
  for (const Json& id : points["columns"]["id"]) EXPECT_TRUE(rows.contains(id.get<std::string>()));
  const Json grid = packed(sets[0]["answer"])["grid"];
  ASSERT_FALSE(grid.empty());
  EXPECT_EQ(grid.back()["interactivity_tps"], 125.0);  // Nothing is faster.
  EXPECT_EQ(packed(sets[0]["history"])["at"].size(), 6U);
  EXPECT_TRUE(written.contains("data/runs/20260701-000000-abcdef/points/0.json"));
  EXPECT_EQ(written["data/meta.json"].find(folder_), std::string::npos);
}

}  // namespace
}  // namespace roofscape::api
