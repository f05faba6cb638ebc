// The archive with many rows: what a dashboard asks of it, each answer in milliseconds.
//
//   archive_bench [ROWS]         default 1000000
//
// Every model is measured on every chip with three engines, two precisions, two shapes and three
// layouts, at seven loads, again and again: what a daily benchmark of the whole field leaves behind
// in years. Prints the median and the slowest of several askings, beside how long SQLite takes to
// count the rows of the largest answer: the named reference. Writing is held against SQLite copying
// the same rows from table to table (bare_copy.h). docs/internals/archive.md has what was measured.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bare_copy.h"
#include "base/core/rng.h"
#include "results/store/archive.h"
#include "results/store/db.h"

namespace {

namespace rs = roofscape;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kModels = 20;
constexpr std::int64_t kChips = 12;
constexpr std::int64_t kLoads = 7;
constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr std::int64_t kSetups = kModels * kChips * 3 * 2 * 2 * 3;

rs::spec::Row MakeRow(std::int64_t setup, std::int64_t day, std::int64_t load, rs::Rng& rng) {
  rs::spec::Row row;
  std::int64_t rest = setup;
  const auto digit = [&](std::int64_t base) {
    const std::int64_t value = rest % base;
    rest /= base;
    return value;
  };
  row.deployment.model = fmt::format("model-{}", digit(kModels));
  row.deployment.chip = fmt::format("chip-{}", digit(kChips));
  row.deployment.engine = fmt::format("engine-{}", digit(3));
  row.deployment.precision = digit(2) == 0 ? "fp8" : "fp4";
  const bool is_long = digit(2) == 0;
  row.workload.input = {is_long ? 8192 : 1024, 0.8};
  row.workload.output = {1024, 0.8};
  const std::int64_t chips = std::int64_t{4} << digit(3);
  row.deployment.roles.push_back({.chips_per_worker = chips, .tp = chips});
  row.protocol = "inferencex";
  row.measured = rs::WallTime{1'700'000'000'000'000 + day * kDayUs};
  row.day_only = true;
  row.concurrency = std::int64_t{4} << load;
  row.origin.format = "bench";
  row.origin.key = fmt::format("{}/{}/{}", setup, day, load);
  row.origin.place = (day * kSetups + setup) * kLoads + load;
  row.origin.bytes = 1;
  const double tpot = 0.005 + 0.001 * static_cast<double>(load) + 0.0001 * rng.Uniform();
  for (const char* stat : {"mean", "p50", "p90", "p99"}) {
    row.values.Set(fmt::format("tpot_{}_s", stat), tpot);
    row.values.Set(fmt::format("ttft_{}_s", stat), 0.1 + rng.Uniform());
    row.values.Set(fmt::format("e2e_{}_s", stat), 5 + rng.Uniform());
    row.values.Set(fmt::format("interactivity_{}_tps", stat), 1 / tpot);
  }
  row.values.Set("total_tps_per_chip", 1000 * (1 + rng.Uniform()) * static_cast<double>(load + 1));
  return row;
}

rs::Result<> Fill(rs::store::Archive& archive, std::int64_t rows) {
  rs::Rng rng(1);
  RS_RETURN_IF_ERROR(archive.Begin({"bench", "bench", "0", rs::WallTime{1}}, "."));
  std::vector<rs::spec::Row> batch;
  std::int64_t made = 0;
  for (std::int64_t day = 0; made < rows; ++day) {
    for (std::int64_t setup = 0; setup < kSetups && made < rows; ++setup) {
      for (std::int64_t load = 0; load < kLoads; ++load, ++made) {
        batch.push_back(MakeRow(setup, 25 * day + setup % 25, load, rng));
      }
      if (batch.size() < 4096) continue;
      RS_RETURN_IF_ERROR(archive.Add(batch));
      batch.clear();
    }
  }
  RS_RETURN_IF_ERROR(archive.Add(batch));
  RS_RETURN_IF_ERROR(archive.Commit());
  return {};
}

double MsOf(const std::function<void()>& work) {
  const auto began = Clock::now();
  work();
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

void Measure(const char* name, const std::function<std::size_t()>& ask) {
  std::vector<double> times;
  std::size_t rows = 0;
  for (int i = 0; i < 11; ++i) times.push_back(MsOf([&] { rows = ask(); }));
  std::sort(times.begin(), times.end());
  fmt::print("{:<58}{:>8} rows{:>9.1f} ms{:>9.1f} ms\n", name, rows, times[5], times.back());
}

template <class T>
T Must(rs::Result<T> result) {
  if (!result) {
    fmt::print(stderr, "archive_bench: {}\n", result.error().message);
    std::exit(1);
  }
  return *std::move(result);
}

void Ask(const std::string& path) {
  using rs::store::RowQuery;
  const auto archive = Must(rs::store::OpenArchive(path, rs::store::OpenMode::kReadOnly));
  const std::vector<std::string> axes = {"interactivity_p50_tps", "total_tps_per_chip"};
  const auto rows = [&](const RowQuery& query) { return Must(archive->Rows(query)).size(); };
  fmt::print("{:<58}{:>13}{:>12}{:>12}\n", "", "answer", "median", "slowest");
  Measure("what there is", [&] { return Must(archive->Setups()).size(); });
  Measure("frontiers of a model and shape, latest, two metrics", [&] {
    return rows({.model = "model-3",
                 .input_tokens = 8192,
                 .output_tokens = 1024,
                 .latest = true,
                 .metrics = axes});
  });
  Measure("trend of a model and shape on a chip, two metrics", [&] {
    return rows({.model = "model-3", .chip = "chip-5", .input_tokens = 8192, .metrics = axes});
  });
  Measure("a model on a chip with an engine, everything",
          [&] { return rows({.model = "model-3", .chip = "chip-5", .engine = "engine-1"}); });
  Measure("what was measured in the last month, a chip, two metrics", [&] {
    return rows({.chip = "chip-5",
                 .input_tokens = 8192,
                 .measured_from = rs::WallTime{1'700'000'000'000'000 + 350 * kDayUs},
                 .latest = true,
                 .metrics = axes});
  });
  Measure("a whole model in all shapes, latest, two metrics", [&] {
    return rows({.model = "model-3", .latest = true, .any_order = true, .metrics = axes});
  });
  Measure("frontiers of a model and shape as known at a day", [&] {
    return rows({.model = "model-3",
                 .input_tokens = 8192,
                 .known_at = rs::WallTime{2},
                 .latest = true,
                 .metrics = axes});
  });
  std::vector<std::int64_t> ids;
  for (std::int64_t id = 1; id < 20'000; id += 100) ids.push_back(id);
  Measure("200 points by their ids, with facts and corrections",
          [&] { return rows({.ids = ids}); });
  Measure("a point's text as published", [&] { return Must(archive->Original(1, 705)).size(); });
  Measure("what was imported", [&] { return Must(archive->Imports()).size(); });
  const auto database = Must(rs::store::Database::Open(path, rs::store::Access::kReadOnly, {}));
  Measure("reference: SQLite counts a model's rows", [&] {
    return static_cast<std::size_t>(
        Must(database->Int("SELECT COUNT(*) FROM archive_row WHERE setup_id IN "
                           "(SELECT id FROM setup WHERE model = 'model-3')")));
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t rows = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("archive-bench-{}", getpid());
  std::filesystem::create_directories(folder);
  const std::string path = folder / "archive.db";
  rs::bench::Spent written;
  {
    const auto archive = Must(rs::store::OpenArchive(path, rs::store::OpenMode::kReadWrite));
    const rs::bench::Spent before = rs::bench::SpentUntilNow();
    if (const rs::Result<> filled = Fill(*archive, rows); !filled) {
      fmt::print(stderr, "archive_bench: {}\n", filled.error().message);
      return 1;
    }
    written = rs::bench::SpentUntilNow() - before;
  }
  const auto rate = [rows](double seconds) { return static_cast<double>(rows) / seconds; };
  fmt::print("{} rows made and written in {:.1f} s, {:.0f} a second; {:.0f} MB\n", rows,
             written.wall_s, rate(written.wall_s),
             static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  Ask(path);
  const rs::bench::Spent bare = Must(rs::bench::BareCopy(path, folder / "copy.db"));
  fmt::print(
      "reference: SQLite copies these rows into an empty table in {:.1f} s, {:.0f} a second; "
      "making and writing took {:.2f} times that, {:.2f} times its processor time\n",
      bare.wall_s, rate(bare.wall_s), written.wall_s / bare.wall_s, written.cpu_s / bare.cpu_s);
  std::filesystem::remove_all(folder);
}
