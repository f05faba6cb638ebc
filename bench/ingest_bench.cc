// Rows a second from the text of an InferenceX answer, `items_per_second`:
//
//   ReadRows     to rows, corrected and named: at least 100,000 wanted
//   ParseAlone   beside it, nlohmann::json, which the rest of the product uses, reads the text and
//                does nothing with it
//   WholeImport  what `roofscape import` does with a file into an empty store, until it is on the
//                disk: digest, rows, provenance, corrections, the text compressed
//
// `bare_rows_per_s` of WholeImport: SQLite alone copies the rows that came of it from one table to
// another with the same columns and indexes (bare_copy.h); nothing is parsed, looked up or
// compressed. `of_bare`: the import's time as a multiple of that, measured after each import.
// `cpu_us_a_row` and `cpu_of_bare`: the same for the processor time of all threads, which other
// work on the machine changes little. docs/internals/archive.md has what was measured and where it
// goes.
//
//   build/bench/bench/ingest_bench [FILE] [--benchmark_repetitions=5]
//
// FILE: an answer of the API to read in place of invented rows; it is repeated to 20,000 rows, each
// with a run of its own, since one point read twice is one row.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bare_copy.h"
#include "base/core/rng.h"
#include "results/ingest/ingest.h"
#include "results/ingest/read_ahead.h"
#include "results/store/archive.h"

namespace roofscape::ingest {
namespace {

constexpr int kRows = 20000;

template <class T>
T Named(std::string id, std::string alias) {
  T thing;
  thing.entry.id = std::move(id);
  thing.entry.aliases = {std::move(alias)};
  return thing;
}

const catalog::Catalog& SmallCatalog() {
  static const catalog::Catalog kCatalog = [] {
    catalog::Catalog catalog;
    for (const char* chip : {"h100", "h200", "b200", "gb200", "gb300", "mi300x", "mi355x"}) {
      catalog.chips.push_back(Named<catalog::Chip>(fmt::format("{}-chip", chip), chip));
    }
    catalog.models.push_back(Named<catalog::Model>("deepseek-v3", "dsr1"));
    for (const char* engine : {"sglang", "vllm", "atom"}) {
      catalog.engines.push_back(Named<catalog::Engine>(engine, engine));
    }
    catalog.engines.push_back(Named<catalog::Engine>("tensorrt-llm", "trt"));
    return catalog;
  }();
  return kCatalog;
}

/// The metrics of a row of the API: five distributions of seven statistics, all digits.
std::string Metrics(Rng& rng, double tps) {
  std::string text =
      fmt::format(R"("tput_per_gpu": {}, "input_tput_per_gpu": {}, "output_tput_per_gpu": {})", tps,
                  tps * 0.75, tps * 0.25);
  for (const char* stat : {"mean", "median", "std", "p90", "p99", "p99.9"}) {
    const double tpot = 0.01 + 1e-5 * static_cast<double>(rng.Below(1000)) / 7.0;
    text += fmt::format(R"(, "{0}_ttft": {1}, "{0}_tpot": {2}, "{0}_itl": {3}, "{0}_e2el": {4}, )"
                        R"("{0}_intvty": {5})",
                        stat, tpot * 11.3, tpot, tpot * 1.01, tpot * 933.1, 1 / tpot);
  }
  return text;
}

/// A list of rows, a third of them with a wrong count of chips.
std::string InventedRows() {
  Rng rng(1);
  std::string text = "[";
  for (int i = 0; i < kRows; ++i) {
    const int conc = 1 << rng.Below(10);
    const int ep = rng.Below(3) == 0 ? 8 : 1;
    const double tps = 0.976 * conc * 0.9 * 9216 / (933.1 * 0.0107) / 8;
    text += i == 0 ? "" : ", ";
    text += fmt::format(
        R"({{"hardware": "b200", "framework": "sglang", "model": "dsr1", "precision": "fp8", )"
        R"("spec_method": "none", "disagg": false, "is_multinode": false, "prefill_tp": 8, )"
        R"("prefill_ep": {0}, "prefill_dp_attention": false, "prefill_num_workers": 0, )"
        R"("decode_tp": 8, "decode_ep": {0}, "decode_dp_attention": false, )"
        R"("decode_num_workers": 0, "num_prefill_gpu": {1}, "num_decode_gpu": {1}, "isl": 8192, )"
        R"("osl": 1024, "conc": {2}, "image": "example/sglang:v0.0.{3}", "metrics": {{{4}}}, )"
        R"("workers": null, "date": "2026-06-11", "run_url": )"
        R"("https://example.org/actions/runs/{3}/attempts/1"}})",
        ep, 8 * ep, conc, i, Metrics(rng, tps));
  }
  return text + "]";
}

std::string text_to_read;  // Set before the benchmarks run.

std::int64_t CountRows(std::int64_t& aside) {
  std::int64_t rows = 0;
  Source source;
  source.name = "bench";
  source.catalog = &SmallCatalog();
  const auto format = FindFormat("inferencex");
  const auto read = (*format)->read(text_to_read, source, [&](Batch batch) -> Result<> {
    rows += static_cast<std::int64_t>(batch.rows.size());
    aside += static_cast<std::int64_t>(batch.aside.size());
    return {};
  });
  return read ? rows : 0;
}

void Finish(benchmark::State& state, std::int64_t rows) {
  state.SetItemsProcessed(rows);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text_to_read.size()));
}

void ReadRows(benchmark::State& state) {
  std::int64_t rows = 0;
  std::int64_t aside = 0;
  for (auto _ : state) rows += CountRows(aside);
  if (rows == 0 || aside != 0) state.SkipWithError("rows were kept aside");
  Finish(state, rows);
}

void ParseAlone(benchmark::State& state) {
  std::int64_t rows = 0;
  for (auto _ : state) {
    const auto json = nlohmann::json::parse(text_to_read);
    rows += static_cast<std::int64_t>(json.size());
  }
  Finish(state, rows);
}

/// A folder that is gone at the end.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / fmt::format("ingest-bench-{}", getpid())) {
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string File(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// As `roofscape import` does it.
Result<store::ImportCounts> Import(store::Archive& archive) {
  const std::string digest = store::DigestOf(text_to_read);
  RS_ASSIGN_OR_RETURN(const auto before, archive.FindImport(digest, "inferencex", "0"));
  if (before) return Error{ErrorCode::kInvalidArgument, "was imported before"};
  Source source;
  source.name = "bench";
  source.catalog = &SmallCatalog();
  RS_RETURN_IF_ERROR(
      archive.Begin({"inferencex", "bench", "0", WallTime{1}, "", digest}, text_to_read));
  RS_ASSIGN_OR_RETURN(const Format* const format, FindFormat("inferencex"));
  const auto take = [&](const Batch& batch) -> Result<> {
    RS_RETURN_IF_ERROR(archive.Add(batch.rows));
    RS_RETURN_IF_ERROR(archive.AddEvals(batch.evals));
    return archive.SetAside(batch.aside);
  };
  RS_RETURN_IF_ERROR(ReadAhead(*format, text_to_read, source, take));
  return archive.Commit();
}

void WholeImport(benchmark::State& state) {
  std::int64_t rows = 0;
  bench::Spent whole;
  bench::Spent bare;
  for (auto _ : state) {
    const Folder folder;
    auto archive = store::OpenArchive(folder.File("a.db"), store::OpenMode::kReadWrite);
    if (!archive) return state.SkipWithError(archive.error().message.c_str());
    const bench::Spent before = bench::SpentUntilNow();
    const auto counts = Import(**archive);
    const bench::Spent spent = bench::SpentUntilNow() - before;
    if (!counts) return state.SkipWithError(counts.error().message.c_str());
    state.SetIterationTime(spent.wall_s);
    archive->reset();
    const auto copied = bench::BareCopy(folder.File("a.db"), folder.File("b.db"));
    if (!copied) return state.SkipWithError(copied.error().message.c_str());
    rows += counts->read();
    whole += spent;
    bare += *copied;
  }
  Finish(state, rows);
  const auto of = [rows](double seconds) { return 1e6 * seconds / static_cast<double>(rows); };
  state.counters["bare_rows_per_s"] = 1e6 / of(bare.wall_s);
  state.counters["of_bare"] = whole.wall_s / bare.wall_s;
  state.counters["cpu_us_a_row"] = of(whole.cpu_s);
  state.counters["cpu_of_bare"] = whole.cpu_s / bare.cpu_s;
}

BENCHMARK(WholeImport)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(ReadRows)->Unit(benchmark::kMillisecond);
BENCHMARK(ParseAlone)->Unit(benchmark::kMillisecond);

/// The items of the list in `path`, again and again.
std::string Repeated(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string once{std::istreambuf_iterator<char>(file), {}};
  const auto json = nlohmann::ordered_json::parse(once, nullptr, false);
  if (!json.is_array() || json.empty()) return {};
  std::string text = "[";
  for (std::size_t i = 0; i < kRows; ++i) {
    text += i == 0 ? "" : ", ";
    auto row = json[i % json.size()];
    if (row.is_object()) row["run_url"] = fmt::format("https://example.org/actions/runs/{}", i);
    text += row.dump();
  }
  return text + "]";
}

}  // namespace
}  // namespace roofscape::ingest

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  using namespace roofscape::ingest;
  text_to_read = argc > 1 ? Repeated(argv[1]) : InventedRows();
  if (text_to_read.empty()) {
    fmt::print(stderr, "{}: expected a JSON list of rows\n", argv[1]);
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
