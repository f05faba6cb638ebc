// Compresses measured kernel times into the file of curves that the program carries.
//
//   kernel_curves TABLES OUTPUT [--report FILE] [--chip ID] [--table NAME]
//
// TABLES is a folder <system>/<family>/<engine>_<version>_<table>.csv.gz, as the tables of
// ai-dynamo/aiconfigurator are laid out once exported. docs/internals/kernel-curves.md says more.

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fit.h"
#include "model/perf/kernel_curves.h"
#include "ops.h"
#include "report.h"
#include "table.h"

namespace roofscape::kernel_curves {
namespace {

struct System {
  std::string_view folder;
  std::string_view chip;  // Its id in the catalog.
  perf::Roofs roofs;      // The catalog's dense peaks, memory and scale-up links.
};

constexpr std::array<System, 7> kSystems = {{
    {"a100_sxm", "a100-sxm-80gb", {312e12, 0, 0, 624e12, 2.039e12, 300e9}},
    {"b200_sxm", "b200-sxm", {2250e12, 4500e12, 9000e12, 4500e12, 8e12, 900e9}},
    {"b300_sxm", "b300-sxm", {2250e12, 4500e12, 13500e12, 153.5e12, 8e12, 900e9}},
    {"gb200", "gb200-nvl72", {2500e12, 5000e12, 10000e12, 5000e12, 8e12, 900e9}},
    {"gb300", "gb300-nvl72", {2500e12, 5000e12, 15000e12, 165e12, 8e12, 900e9}},
    {"h100_sxm", "h100-sxm", {989e12, 1979e12, 0, 1978e12, 3.35e12, 450e9}},
    {"h200_sxm", "h200-sxm", {989e12, 1979e12, 0, 1978e12, 4.8e12, 450e9}},
}};

/// A curve that misses half of its own rows by more describes nothing.
constexpr float kWorstMedian = 0.15f;

struct Options {
  std::filesystem::path tables;
  std::filesystem::path output;
  std::filesystem::path report;
  std::string chip;
  std::string table;
};

Result<Options> ParseOptions(int argc, char** argv) {
  Options options;
  std::vector<std::string> plain;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      plain.push_back(word);
      continue;
    }
    const std::string value = i + 1 < argc ? argv[++i] : "";
    if (word == "--report") options.report = value;
    if (word == "--chip") options.chip = value;
    if (word == "--table") options.table = value;
  }
  if (plain.size() != 2) {
    return Error{ErrorCode::kInvalidArgument,
                 "usage: kernel_curves TABLES OUTPUT [--report FILE] [--chip ID] [--table NAME]"};
  }
  options.tables = plain[0];
  options.output = plain[1];
  return options;
}

struct TableFile {
  std::filesystem::path path;
  perf::KernelEngine engine;
  std::string table;  // "gemm_perf"
};

/// "vllm_0.24.0_gemm_perf.csv.gz" -> vllm, gemm_perf. The rest is skipped by the caller.
TableFile Describe(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  name.resize(name.size() - std::string_view(".csv.gz").size());
  const std::size_t engine_end = name.find('_');
  const std::size_t version_end = name.find('_', engine_end + 1);
  TableFile file = {path, perf::KernelEngine::kNccl, name.substr(version_end + 1)};
  for (int e = 0; e < perf::kKernelEngines; ++e) {
    const auto engine = static_cast<perf::KernelEngine>(e);
    if (name.starts_with(Name(engine))) file.engine = engine;
  }
  return file;
}

std::vector<TableFile> FindTables(const std::filesystem::path& folder, const std::string& only) {
  std::vector<TableFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.path().string().ends_with(".csv.gz")) continue;
    TableFile file = Describe(entry.path());
    if (only.empty() || file.table == only) files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const TableFile& a, const TableFile& b) { return a.path < b.path; });
  return files;
}

Result<perf::KernelCurves::Chip> MakeChip(const System& system, const Options& options,
                                          Report& report) {
  Samples samples;
  for (const TableFile& file : FindTables(options.tables / system.folder, options.table)) {
    const auto begin = [&](const Columns& columns) {
      RowReader reader = MakeRowReader(file.table, file.engine, columns, system.roofs, samples);
      return reader ? reader : [](const Row&) {};
    };
    if (const auto read = ReadTable(file.path.string(), begin); !read) return read.error();
  }
  perf::KernelCurves::Chip chip = {std::string(system.chip), system.roofs, {}};
  for (const auto& [key, rows] : samples.by_key()) {
    perf::KernelCurve curve = Fit(key, system.roofs, rows, KnotsOf(key));
    if (curve.error().fit_median > kWorstMedian) {
      report.AddDropped(system.chip, curve);
      continue;
    }
    report.AddCurve(system.chip, curve);
    chip.curves.push_back(std::move(curve));
  }
  report.AddRejected(system.chip, samples.rejected());
  return chip;
}

Result<> WriteFile(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return Error{ErrorCode::kIo, path.string() + ": cannot be written; is there room?"};
  return {};
}

Result<> Main(int argc, char** argv) {
  const auto options = ParseOptions(argc, argv);
  if (!options) return options.error();
  Report report;
  std::vector<perf::KernelCurves::Chip> chips;
  for (const System& system : kSystems) {
    if (!options->chip.empty() && options->chip != system.chip) continue;
    auto chip = MakeChip(system, *options, report);
    if (!chip) return chip.error();
    fmt::print(stderr, "{}: {} curves\n", chip->id, chip->curves.size());
    chips.push_back(*std::move(chip));
  }
  const std::vector<std::uint8_t> bytes = perf::Serialize(chips);
  const std::string text = report.Text(bytes.size());
  if (options->report.empty()) fmt::print("{}", text);
  if (!options->report.empty()) {
    if (const auto written = WriteFile(options->report, text); !written) return written;
  }
  return WriteFile(options->output, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace
}  // namespace roofscape::kernel_curves

int main(int argc, char** argv) {
  const auto done = roofscape::kernel_curves::Main(argc, argv);
  if (done) return 0;
  fmt::print(stderr, "kernel_curves: {}\n", done.error().message);
  return 1;
}
