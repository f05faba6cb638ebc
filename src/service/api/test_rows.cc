#include "service/api/test_rows.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "domain/analysis/days.h"
#include "model/perf/kernel_curves.h"

namespace roofscape::api {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

struct Model {
  calibrate::Model model;
  perf::KernelCurves curves;
};

const Predictor& TestPredictor() {
  static const Model parts = [] {
    auto model = calibrate::Model::Shipped();
    auto curves = perf::KernelCurves::Parse(perf::EmbeddedKernelCurves());
    RS_CHECK(model && curves);
    return Model{*std::move(model), *std::move(curves)};
  }();
  static perf::KernelBook book(parts.curves);
  static const Predictor predictor(TestCatalog(), parts.model, book);
  return predictor;
}

}  // namespace

const catalog::Catalog& TestCatalog() {
  static const catalog::Catalog catalog = [] {
    std::vector<catalog::CatalogFile> files;
    for (const std::string_view folder : catalog::Folders()) {
      for (const auto& entry :
           std::filesystem::directory_iterator(std::filesystem::path("catalog") / folder)) {
        std::ifstream file(entry.path());
        std::stringstream text;
        text << file.rdbuf();
        files.push_back(
            {fmt::format("{}/{}", folder, entry.path().filename().string()), text.str()});
      }
    }
    auto parsed = catalog::ParseCatalog(files);
    RS_CHECK(parsed);
    return *std::move(parsed);
  }();
  return catalog;
}

KnownRow TestRow(std::int64_t id, const std::string& chip, std::int64_t concurrency,
                 double interactivity_tps, double tps_per_chip, const std::string& day) {
  KnownRow known;
  known.origin.id = fmt::format("a{}", id);
  known.origin.archive_id = id;
  known.origin.import_id = 1;
  spec::Row& row = known.row;
  row.deployment.model = "deepseek-v3";
  row.deployment.chip = chip;
  row.deployment.engine = "sglang";
  row.deployment.precision = "fp8";
  row.deployment.speculative = "none";
  row.deployment.roles.push_back({.chips_per_worker = 8, .tp = 8});
  row.workload.input = {8192, 0.8};
  row.workload.output = {1024, 0.8};
  row.protocol = "inferencex";
  row.measured = WallTime{analysis::DayNumber(*catalog::ParseDate(day)) * kDayUs};
  row.day_only = true;
  row.concurrency = concurrency;
  row.origin.format = "inferencex";
  row.origin.url = "https://example.org/runs/" + day;
  row.values.Set("interactivity_p50_tps", interactivity_tps);
  row.values.Set("tpot_p50_s", 1 / interactivity_tps);
  row.values.Set("ttft_p50_s", 0.01 * static_cast<double>(concurrency));
  row.values.Set("total_tps_per_chip", tps_per_chip);
  row.values.Set("output_tps_per_chip", tps_per_chip / 9);
  return known;
}

std::vector<KnownRow> TestRows() {
  std::vector<KnownRow> rows;
  std::int64_t id = 0;
  for (const double factor : {2.0, 1.0}) {
    const std::string chip = factor == 2.0 ? "b200-sxm" : "h200-sxm";
    for (const auto& [day, gain] : {std::pair("2026-05-01", 0.8), std::pair("2026-06-11", 1.0)}) {
      rows.push_back(TestRow(++id, chip, 4, 125, 300 * gain * factor, day));
      rows.push_back(TestRow(++id, chip, 16, 77, 900 * gain * factor, day));
      rows.push_back(TestRow(++id, chip, 64, 33, 2000 * gain * factor, day));
    }
  }
  return rows;
}

TestInput::TestInput(KnownRows rows) : facts_{&TestCatalog(), &TestPredictor(), "1.2.3", "test"} {
  const std::int64_t day = analysis::DayNumber({2026, 8, 1});
  input_ = {&facts_, Snapshot::Make(std::move(rows), 1), WallTime{day * kDayUs}};
}

Json Answer(TestView view, const TestInput& input, std::string_view query) {
  const auto params = Params::Parse(query);
  EXPECT_TRUE(params) << query;
  auto answer = view(*input, *params);
  EXPECT_TRUE(answer) << query << ": " << (answer ? "" : answer.error().message);
  return answer ? *std::move(answer) : Json();
}

std::string Refusal(TestView view, const TestInput& input, std::string_view query) {
  const auto params = Params::Parse(query);
  EXPECT_TRUE(params) << query;
  const auto answer = view(*input, *params);
  EXPECT_FALSE(answer) << query;
  return answer ? "" : answer.error().message;
}

}  // namespace roofscape::api
