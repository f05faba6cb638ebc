#include "results/store/archive.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/core/rng.h"
#include "results/store/archive_columns.h"
#include "results/store/db.h"
#include "results/store/digest.h"
#include "results/store/test_server.h"

namespace roofscape::store {
namespace {

constexpr WallTime kKnown{1'800'000'000'000'000};

/// A point of one of three layouts; what was measured depends on `seed`.
spec::Row SomeRow(std::int64_t number, std::uint64_t seed) {
  spec::Row row;
  row.origin = {
      "inferencex", "rows.json", "https://example/run/1", "point " + std::to_string(number), number,
      10 * number,  10};
  row.measured = WallTime{1'765'670'400'000'000 + number / 30 * 86'400'000'000};
  row.day_only = true;
  row.protocol = "inferencex";
  row.deployment.model = "deepseek-r1";
  row.deployment.chip = number % 2 == 0 ? "b200" : "h200";
  row.deployment.engine = "sglang";
  spec::Role& role = row.deployment.roles.emplace_back();
  role.chips_per_worker = 4 << (number % 3);
  role.tp = role.chips_per_worker;
  role.dp_attention = number % 2 == 0;
  row.workload.input = {8192, 0.8};
  row.workload.output = {1024, 0.8};
  row.concurrency = 4 << (number / 3 % 5);
  Rng rng(seed);
  row.values.Set("tpot_p50_s", 0.01 + rng.Uniform() / 100);
  row.values.Set("interactivity_p50_tps", 1 / *row.values.Get("tpot_p50_s"));
  row.values.Set("total_tps_per_chip", 1000 * rng.Uniform());
  row.values.Set("send_delay_p99_s", rng.Uniform());  // Has no column.
  if (number % 4 == 0) row.corrections = {{"devices", "num_decode_gpu", "16", "8"}};
  row.instrument = number % 7 == 0 ? spec::Fitness::kInvalid : spec::Fitness::kValid;
  row.complete = number % 5 != 0;
  row.facts = {{"image", "x:" + std::to_string(seed % 3)}};
  return row;
}

std::vector<spec::Row> SomeRows(std::int64_t count, std::uint64_t seed) {
  std::vector<spec::Row> rows;
  for (std::int64_t i = 0; i < count; ++i) {
    rows.push_back(SomeRow(i, seed + static_cast<std::uint64_t>(i)));
  }
  return rows;
}

/// Everything but the day: in what the points of one load agree.
std::string LoadOf(const spec::Row& row) {
  return fmt::format("{} {} {}", spec::ToJson(row.deployment).dump(), row.concurrency,
                     row.rate_rps.value_or(-1));
}

class ArchiveTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    RS_SKIP_WITHOUT(GetParam());
    place_.emplace(GetParam());
    path_ = place_->path();
    Reopen();
  }

  void Reopen() {
    archive_.reset();
    auto opened = OpenArchive(path_, OpenMode::kReadWrite);
    ASSERT_TRUE(opened) << opened.error().message;
    archive_ = *std::move(opened);
  }

  ImportCounts Import(const std::vector<spec::Row>& rows, std::string_view text,
                      WallTime known = kKnown) {
    const ImportHeader header{"inferencex", "rows.json", "0.1", known};
    EXPECT_TRUE(archive_->Begin(header, text));
    EXPECT_TRUE(archive_->Add(rows));
    const auto counts = archive_->Commit();
    EXPECT_TRUE(counts) << counts.error().message;
    return *counts;
  }

  std::vector<ArchivedRow> Rows(const RowQuery& query = {}) {
    auto rows = archive_->Rows(query);
    EXPECT_TRUE(rows) << rows.error().message;
    return *std::move(rows);
  }

  std::optional<TestPlace> place_;
  std::string path_;
  std::unique_ptr<Archive> archive_;
};

INSTANTIATE_TEST_SUITE_P(Backends, ArchiveTest,
                         testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& instance) { return NameOf(instance.param); });

TEST_P(ArchiveTest, RowsComeBackAsTheyWere) {
  const std::vector<spec::Row> rows = SomeRows(100, 1);
  const ImportCounts counts = Import(rows, "text");
  EXPECT_EQ(counts.added, 100);
  EXPECT_EQ(counts.corrected, (std::map<std::string, std::int64_t>{{"devices", 25}}));
  Reopen();
  std::vector<ArchivedRow> read = Rows();
  ASSERT_EQ(read.size(), rows.size());
  std::sort(read.begin(), read.end(),
            [](const auto& a, const auto& b) { return a.row.origin.place < b.row.origin.place; });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    spec::Row expected = rows[i];
    expected.origin.key = read[i].row.origin.key;  // Kept as its digest.
    EXPECT_EQ(read[i].row, expected) << i;
    EXPECT_EQ(read[i].known, kKnown);
  }
}

TEST_P(ArchiveTest, RowsAreToldOneAfterTheOtherWithoutTheirTexts) {
  Import(SomeRows(100, 1), "text");
  std::map<std::int64_t, ArchivedRow> all;
  for (ArchivedRow& row : Rows()) all.emplace(row.id, std::move(row));
  // Twice: what the first asking did to the database's memory is undone.
  for (int i = 0; i < 2; ++i) {
    std::size_t told = 0;
    const auto done =
        archive_->EachRow({.any_order = true, .without_texts = true}, [&](ArchivedRow&& row) {
          ++told;
          ArchivedRow& whole = all.at(row.id);
          EXPECT_EQ(row.setup_id, whole.setup_id);
          EXPECT_EQ(row.row.origin.key, "");
          row.row.origin.key = whole.row.origin.key;
          row.row.facts = whole.row.facts;
          row.row.corrections = whole.row.corrections;
          EXPECT_EQ(row.row, whole.row);
        });
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(told, all.size());
  }
}

TEST_P(ArchiveTest, ImportingTwiceAddsNothing) {
  const std::vector<spec::Row> rows = SomeRows(50, 1);
  Import(rows, "text");
  EXPECT_TRUE(archive_->FindImport(DigestOf("text"), "inferencex", "0.1")->has_value());
  EXPECT_FALSE(archive_->FindImport(DigestOf("text"), "inferencex", "0.2")->has_value());
  EXPECT_FALSE(archive_->FindImport(DigestOf("text"), "vllm", "0.1")->has_value());
  const ImportCounts again = Import(rows, "the same rows in another file");
  EXPECT_EQ(again.known, 50);
  EXPECT_EQ(again.added + again.newer, 0);
  EXPECT_EQ(Rows().size(), 50U);
  EXPECT_EQ(archive_->Imports()->size(), 1U);
}

/// Whole batches are inserted at once, and a point may come again before its first row is written.
TEST_P(ArchiveTest, ThePointsOfABatchKnowEachOther) {
  std::vector<spec::Row> rows = SomeRows(200, 1);
  rows.insert(rows.begin() + 4, rows[3]);
  spec::Row richer = rows[5];
  richer.values.Set("ttft_p50_s", 0.5);
  rows.insert(rows.begin() + 7, richer);
  const ImportCounts first = Import(rows, "a");
  EXPECT_EQ(first.added, 200);
  EXPECT_EQ(first.known, 1);
  EXPECT_EQ(first.newer, 1);
  // Known ones among new ones.
  rows = SomeRows(300, 1);
  const ImportCounts second = Import(rows, "b");
  EXPECT_EQ(second.added, 100);
  EXPECT_EQ(second.known, 200);
  const std::vector<ArchivedRow> now = Rows();
  EXPECT_EQ(now.size(), 300U);
  EXPECT_EQ(
      std::count_if(now.begin(), now.end(), [](const auto& row) { return row.revision == 2; }), 1);
}

TEST_P(ArchiveTest, TextsOfARowComeBackWhateverTheyHold) {
  std::vector<spec::Row> rows = SomeRows(1, 1);
  rows[0].facts = {{"quo\"ted", "back\\slash\nnew line\x01"}, {"\xC3\xA9", "\xE2\x82\xAC"}};
  rows[0].corrections = {{"code", "\"", "", "\t"}, {"code", "b", "1", ""}};
  rows[0].values.Set("send_delay_p99_s", 1e-300);
  rows[0].values.Set("send_delay_p50_s", 100.0);
  Import(rows, "text");
  const std::vector<ArchivedRow> read = Rows();
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].row.facts, rows[0].facts);
  EXPECT_EQ(read[0].row.corrections, rows[0].corrections);
  EXPECT_EQ(read[0].row.values, rows[0].values);
}

/// An import of a million rows must not be gone through for the text of one.
TEST_P(ArchiveTest, ARowIsFoundByItsPlace) {
  if (GetParam() != Backend::kSqlite) GTEST_SKIP() << "a server plans by what it has counted";
  const auto database = Database::Open(path_, Access::kReadOnly, {});
  ASSERT_TRUE(database);
  for (const char* table : {"archive_row", "eval_row"}) {
    auto plan = (*database)->Prepare(fmt::format(
        "EXPLAIN QUERY PLAN SELECT text_offset FROM {} WHERE import_id = ? AND place = ?", table));
    ASSERT_TRUE(plan);
    ASSERT_TRUE(plan->Step());
    EXPECT_NE(plan->Text(3).find("(import_id=? AND place=?)"), std::string::npos) << plan->Text(3);
  }
}

TEST_P(ArchiveTest, WhatIsTheLatestIsFoundWithoutReadingRows) {
  if (GetParam() != Backend::kSqlite) GTEST_SKIP() << "a server plans by what it has counted";
  const auto database = Database::Open(path_, Access::kReadOnly, {});
  ASSERT_TRUE(database);
  auto plan = (*database)->Prepare(
      "EXPLAIN QUERY PLAN SELECT id FROM archive_row WHERE setup_id = 1 AND concurrency < 4 AND "
      "known_us <= 5 ORDER BY concurrency DESC, rate_rps DESC, measured_us DESC, id DESC LIMIT 1");
  ASSERT_TRUE(plan);
  ASSERT_TRUE(*plan->Step());
  EXPECT_NE(plan->Text(3).find("COVERING INDEX archive_row_load (setup_id=? AND concurrency<?)"),
            std::string::npos)
      << plan->Text(3);
  EXPECT_FALSE(*plan->Step()) << "it sorts: " << plan->Text(3);
}

/// The latest of each load against the slow definition: among loads with and without a rate, days
/// that are unknown, equal days, and rows that were superseded later.
TEST_P(ArchiveTest, TheLatestOfEachLoadIsByDefinition) {
  const std::uint64_t seed = 20261130;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  for (std::int64_t import = 0; import < 3; ++import) {
    std::vector<spec::Row> rows;
    for (std::int64_t i = 0; i < 150; ++i) {
      spec::Row row = SomeRow(static_cast<std::int64_t>(rng.Below(120)), rng.Below(1'000'000));
      row.concurrency = static_cast<std::int64_t>(rng.Below(3));
      if (rng.Below(2) == 0) row.rate_rps = static_cast<double>(1 + rng.Below(2));
      row.measured = WallTime{static_cast<std::int64_t>(rng.Below(4)) * 86'400'000'000};
      row.values.Set("ttft_p50_s", rng.Uniform());
      rows.push_back(std::move(row));
    }
    Import(rows, "text " + std::to_string(import), WallTime{kKnown.unix_us + import});
  }
  const std::optional<WallTime> never;
  for (const auto& known : {never, std::optional(kKnown), std::optional(WallTime{1})}) {
    for (const auto& from : {never, std::optional(WallTime{2 * 86'400'000'000})}) {
      for (const auto& until : {never, std::optional(WallTime{2 * 86'400'000'000})}) {
        RowQuery query{
            .chip = "b200", .measured_from = from, .measured_until = until, .known_at = known};
        std::map<std::string, std::pair<WallTime, std::int64_t>> last;
        for (const ArchivedRow& row : Rows(query)) {
          auto& best = last[LoadOf(row.row)];
          best = std::max(best, {row.row.measured, row.id});
        }
        query.latest = true;
        const std::vector<ArchivedRow> latest = Rows(query);
        EXPECT_EQ(latest.size(), last.size());
        for (const ArchivedRow& row : latest) EXPECT_EQ(last[LoadOf(row.row)].second, row.id);
      }
    }
  }
}

TEST_P(ArchiveTest, APoorerCopyIsKnownAndARicherOneSupersedes) {
  std::vector<spec::Row> rows = SomeRows(1, 1);
  Import(rows, "a");
  std::vector<spec::Row> poorer = rows;
  poorer[0].values.Remove("send_delay_p99_s");
  EXPECT_EQ(Import(poorer, "b").known, 1);
  std::vector<spec::Row> richer = rows;
  richer[0].values.Set("ttft_p50_s", 0.5);
  EXPECT_EQ(Import(richer, "c", WallTime{kKnown.unix_us + 10}).newer, 1);

  const std::vector<ArchivedRow> now = Rows();
  ASSERT_EQ(now.size(), 1U);
  EXPECT_EQ(now[0].revision, 2);
  EXPECT_EQ(now[0].row.values.Get("ttft_p50_s"), 0.5);
  const std::vector<ArchivedRow> before = Rows({.known_at = kKnown});
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].row.values.Get("ttft_p50_s"), std::nullopt);
  EXPECT_TRUE(Rows({.known_at = WallTime{kKnown.unix_us - 1}}).empty());
}

TEST_P(ArchiveTest, AFigureThatIsTakenBackIsGone) {
  const std::vector<spec::Row> rows = SomeRows(1, 1);
  Import(rows, "a");
  std::vector<spec::Row> retracted = rows;
  retracted[0].values.Remove("tpot_p50_s");
  retracted[0].corrections.push_back({"power_invalid", "tpot_p50_s", "0.01", ""});
  EXPECT_EQ(Import(retracted, "b").newer, 1);
  EXPECT_EQ(Rows()[0].row.values.Get("tpot_p50_s"), std::nullopt);
  EXPECT_EQ(Import(retracted, "c").known, 1);
  EXPECT_EQ(Import(rows, "d").known, 1);  // An older copy does not come back.
  EXPECT_EQ(Rows()[0].row.values.Get("tpot_p50_s"), std::nullopt);
}

TEST_P(ArchiveTest, TwoReadingsInOneFileStayTwoHoweverOftenItIsRead) {
  std::vector<spec::Row> rows = SomeRows(1, 1);
  rows.push_back(SomeRow(0, 2));
  EXPECT_EQ(Import(rows, "a").newer, 1);
  EXPECT_EQ(Import(rows, "b").known, 2);
  EXPECT_EQ(Rows().size(), 1U);
}

TEST_P(ArchiveTest, RowsWithoutLengthsComeBack) {
  spec::Row row = SomeRow(0, 1);
  row.workload.input.tokens = row.workload.output.tokens = 0;
  row.workload.name = "recorded sessions";
  row.deployment.roles.clear();
  Import({row}, "a");
  const std::vector<ArchivedRow> read = Rows();
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].row.workload, row.workload);
}

TEST_P(ArchiveTest, QueriesPickByEveryCondition) {
  const std::vector<spec::Row> rows = SomeRows(90, 1);
  Import(rows, "text");
  EXPECT_EQ(Rows({.chip = "b200"}).size(), 45U);
  EXPECT_EQ(Rows({.model = "deepseek-r1", .output_tokens = 1024}).size(), 90U);
  EXPECT_TRUE(Rows({.input_tokens = 1024}).empty());
  EXPECT_EQ(Rows({.measured_from = rows[30].measured, .measured_until = rows[30].measured}).size(),
            30U);
  // 15 pairs of layout and concurrency, on two chips.
  EXPECT_EQ(Rows({.latest = true}).size(), 30U);
  for (const ArchivedRow& row : Rows({.latest = true, .metrics = {"tpot_p50_s"}})) {
    EXPECT_GE(row.row.measured, rows[60].measured);
    EXPECT_EQ(row.row.values.entries().size(), 1U);
  }
  EXPECT_EQ(Rows({.limit = 7}).size(), 7U);
  EXPECT_EQ(archive_->Setups()->size(), 2U);
}

TEST_P(ArchiveTest, AnAbandonedImportLeavesNothing) {
  Import(SomeRows(10, 1), "a");
  ASSERT_TRUE(archive_->Begin({"inferencex", "b", "0.1", kKnown}, "b"));
  ASSERT_TRUE(archive_->Add(SomeRows(40, 100)));
  archive_->Abandon();
  EXPECT_EQ(Rows().size(), 10U);
  Reopen();
  EXPECT_EQ(Rows().size(), 10U);
  EXPECT_EQ(Import(SomeRows(12, 1), "c").added, 2);
}

TEST_P(ArchiveTest, WhatWasNotUnderstoodIsKeptWithItsText) {
  std::string text(3 << 20, 'x');
  text.replace(1'048'570, 10, "{\"a\": 123}");  // Across two pieces.
  spec::Row row = SomeRow(0, 1);
  row.origin.offset = 1'048'570;
  row.origin.bytes = 10;
  const std::vector<spec::AsideRow> asides = {{1, 20, 5, "unknown_chip", "hardware: 'x1'"}};
  ASSERT_TRUE(archive_->Begin({"inferencex", "b", "0.1", kKnown}, text));
  ASSERT_TRUE(archive_->Add(std::span(&row, 1)));
  ASSERT_TRUE(archive_->SetAside(asides));
  const auto counts = archive_->Commit();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->aside, 1);
  EXPECT_EQ(counts->read(), 2);
  const std::vector<ArchivedRow> rows = Rows();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(*archive_->Original(rows[0].import_id, 0), "{\"a\": 123}");
  EXPECT_EQ(*archive_->Asides(rows[0].import_id), asides);
  EXPECT_EQ(archive_->Original(rows[0].import_id, 1)->size(), 5U);
  EXPECT_FALSE(archive_->Original(rows[0].import_id, 99));

  ASSERT_TRUE(archive_->Begin({"inferencex", "b", "0.1", kKnown}, text));
  ASSERT_TRUE(archive_->Add(std::span(&row, 1)));
  ASSERT_TRUE(archive_->SetAside(asides));
  EXPECT_EQ(archive_->Commit()->known, 1);
  EXPECT_EQ(archive_->Imports()->size(), 1U);
}

spec::EvalRow SomeEval(std::int64_t number) {
  spec::EvalRow row;
  const spec::Row point = SomeRow(number, 1);
  row.origin = point.origin;
  row.origin.key = "eval " + std::to_string(number);
  row.deployment = point.deployment;
  row.measured = point.measured;
  row.day_only = number % 2 == 0;
  row.task = "gsm8k";
  row.harness = number % 3 == 0 ? "lm-eval 0.4" : "";
  row.concurrency = 64;
  row.scores = {{"em_flexible", 0.9, std::nullopt, std::nullopt, std::nullopt},
                {"em_strict", 0.95, 0.01, 1319, spec::ScoreInterval{0.93, 0.97}}};
  row.facts = {{"framework", "x"}};
  if (number % 2 == 0) row.corrections = {{"disaggregated", "disagg", "true", "false"}};
  return row;
}

TEST_P(ArchiveTest, EvalsComeBackAsTheyWereAndAreAddedOnce) {
  std::vector<spec::EvalRow> rows;
  for (std::int64_t i = 0; i < 6; ++i) rows.push_back(SomeEval(i));
  const auto import = [&](std::string_view text) {
    EXPECT_TRUE(archive_->Begin({"inferencex", "rows.json", "0.1", kKnown}, text));
    EXPECT_TRUE(archive_->AddEvals(rows));
    const auto counts = archive_->Commit();
    EXPECT_TRUE(counts) << counts.error().message;
    return *counts;
  };
  const ImportCounts first = import("a");
  EXPECT_EQ(first.added, 6);
  EXPECT_EQ(first.evals, 6);
  EXPECT_EQ(first.corrected, (std::map<std::string, std::int64_t>{{"disaggregated", 3}}));
  EXPECT_EQ(archive_->Imports()->front().counts.evals, 6);
  EXPECT_EQ(import("b").known, 6);
  Reopen();
  auto read = archive_->Evals({});
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 6U);
  for (const ArchivedEval& eval : *read) {
    spec::EvalRow expected = rows[static_cast<std::size_t>(eval.row.origin.place)];
    expected.origin.key = eval.row.origin.key;  // Kept as its digest.
    EXPECT_EQ(eval.row, expected);
  }
  EXPECT_EQ(archive_->Evals({.chip = "b200"})->size(), 3U);
  EXPECT_TRUE(archive_->Evals({.model = "other"})->empty());
  EXPECT_TRUE(archive_->Evals({.measured_until = WallTime{1}})->empty());
  // Three layouts on two chips.
  EXPECT_EQ(archive_->Evals({.latest = true})->size(), 6U);
  EXPECT_EQ(archive_->Evals({.limit = 2})->size(), 2U);
  EXPECT_TRUE(Rows().empty());

  rows[0].scores[1].score = 0.96;
  EXPECT_EQ(import("c").newer, 1);
  EXPECT_EQ(archive_->Evals({})->size(), 6U);
  EXPECT_TRUE(archive_->Evals({.known_at = WallTime{kKnown.unix_us - 1}})->empty());
}

TEST_P(ArchiveTest, PointsBelongToCampaignsWhateverIsLearntOfThemLater) {
  std::vector<spec::Row> rows = SomeRows(10, 1);
  Import(rows, "a");
  const spec::EvalRow eval = SomeEval(0);
  const auto import = [&](std::string_view text) {
    EXPECT_TRUE(archive_->Begin({"inferencex", "b.json", "0.1", kKnown, "spring"}, text));
    EXPECT_TRUE(archive_->Add(std::span(rows).first(4)));
    EXPECT_TRUE(archive_->AddEvals({&eval, 1}));
    const auto counts = archive_->Commit();
    EXPECT_TRUE(counts) << counts.error().message;
    return *counts;
  };
  EXPECT_EQ(import("b").joined, 5);
  EXPECT_EQ(import("c").joined, 0);
  EXPECT_EQ(Rows({.campaign = "spring"}).size(), 4U);
  EXPECT_EQ(Rows({.chip = "b200", .campaign = "spring", .latest = true}).size(), 2U);
  EXPECT_TRUE(Rows({.campaign = "autumn"}).empty());
  EXPECT_EQ(archive_->Evals({.campaign = "spring"})->size(), 1U);
  EXPECT_EQ(archive_->Imports()->size(), 2U);
  rows[0].values.Set("ttft_p50_s", 0.5);
  EXPECT_EQ(Import({rows[0]}, "d").newer, 1);
  EXPECT_EQ(Rows({.campaign = "spring"}).size(), 4U);
  // Nothing new but that they belong: no import, but members.
  ASSERT_TRUE(archive_->Begin({"inferencex", "a.json", "0.1", kKnown, "summer"}, "a"));
  ASSERT_TRUE(archive_->Add(rows));
  EXPECT_EQ(archive_->Commit()->joined, 10);
  EXPECT_EQ(archive_->Imports()->size(), 3U);
  EXPECT_EQ(Rows({.campaign = "summer"}).size(), 10U);
}

TEST_P(ArchiveTest, RowsOnlyGrow) {
  Import(SomeRows(3, 1), "a");
  auto database = Database::Open(path_, Access::kReadWrite, {});
  ASSERT_TRUE(database);
  for (const char* sql : {"UPDATE archive_row SET concurrency = 1", "DELETE FROM import",
                          "DELETE FROM setup", "UPDATE import_text SET piece = 7"}) {
    EXPECT_FALSE((*database)->Run(sql)) << sql;
  }
}

TEST(ArchiveColumnsTest, EveryColumnIsAMetric) {
  for (const std::string_view column : kMetricColumns) {
    EXPECT_TRUE(spec::MetricPlace(column)) << column;
  }
}

TEST(DigestTest, IsSha256) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(static_cast<std::uint64_t>(Sha256First128("abc").high), 0xba7816bf8f01cfeaULL);
}

}  // namespace
}  // namespace roofscape::store
