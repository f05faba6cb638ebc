// roofscape probe: what this machine reaches, as a table and as a chip file.

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/probe_text.h"
#include "cli/version.h"
#include "cli/write_file.h"
#include "domain/catalog/chip_toml.h"
#include "measure/host/doctor.h"
#include "measure/host/host_facts.h"
#include "measure/host/probe_chip.h"
#include "measure/host/probe_cpu.h"
#include "measure/host/probe_cuda.h"
#include "measure/host/probe_ggml.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Measure what this machine reaches: memory bandwidth, matrix products by number format and "
    "number\n"
    "of tokens, the cost of handing over work; processors, and NVIDIA GPUs where there are any.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape probe --quick\n"
    "  roofscape probe -o catalog/chips/this-machine.toml\n"
    "  roofscape probe -o cpu.toml --ggml $(dirname $(tools/engine/fetch))\n\n"
    "Keeps every processor busy meanwhile. Ctrl-C ends it and keeps what was measured. The file "
    "is\n"
    "a chip of the catalog; its id is the file's name.";

constexpr double kQuick_s = 4;
constexpr double kDefault_s = 50;
// Further seconds for an engine's library.
constexpr double kQuickEngine_s = 12;
constexpr double kEngine_s = 60;

struct Options {
  std::string output;
  std::string device = "auto";
  std::string ggml;
  std::vector<std::string> formats;
  bool quick = false;
  bool json = false;
  double seconds = 0;
  std::int64_t threads = 0;
};

std::atomic<bool> stop_requested{false};

/// The first Ctrl-C ends the probe and keeps it; the third one kills. Not the second: timeout(1)
/// sends each signal twice, to its child and to its group.
void OnSignal(int signal) {
  static std::atomic<bool> again{false};
  stop_requested.store(true);
  if (again.exchange(true)) std::signal(signal, SIG_DFL);
}

void ShowProgress(const std::string& what, std::int64_t number, std::int64_t all) {
  fmt::print(stderr, "\r\x1b[K{}/{} {}", number + 1, all, what);
  std::fflush(stderr);
}

/// `ggml`: an engine's library, to be timed beside our own kernels; or null.
host::ProbeResult Measure(const Options& options, const host::Ggml* ggml, const Clock& clock) {
  host::ProbeResult result;
  const host::CudaNames cuda;
  const bool want_cpu = options.device != "cuda";
  std::int64_t gpus = 0;
  if (options.device == "cpu") {
    result.gpu_absent = "not asked for";
  } else if (const auto count = host::CountGpus(cuda)) {
    gpus = *count;
  } else {
    result.gpu_absent = count.error().message;
  }
  const std::int64_t processors = options.threads > 0 ? options.threads : host::UsableProcessors();
  const auto caches = host::ReadCpuCaches(host::ReadSystemFile, host::UsableProcessors());
  const auto plan = host::PlanCpu(processors, caches, host::MemoryBytes(), options.quick);
  const auto blas = host::Blas::Open(host::Blas::UsualNames());
  const auto engine_plan = host::PlanGgml(plan, options.formats, options.quick);
  const std::int64_t readings = (want_cpu ? plan.readings(static_cast<bool>(blas)) : 0) +
                                (ggml != nullptr ? engine_plan.readings() : 0) +
                                (gpus > 0 ? host::GpuReadingCount(gpus, options.quick) : 0);

  const bool terminal = isatty(STDERR_FILENO) != 0;
  const auto before = host::ReadCpuTimes();
  host::ProbePace pace(clock, stop_requested, FromSeconds(options.seconds), readings,
                       terminal ? host::OnReading(ShowProgress) : nullptr);
  if (gpus > 0) {
    if (auto measured = host::MeasureGpus(cuda, options.quick, pace)) {
      result.gpus = *std::move(measured);
    } else {
      result.gpu_absent = measured.error().message;
    }
  }
  if (want_cpu) {
    result.cpu = host::DescribeCpu(processors, caches);
    // First what was asked for by name: the time may not reach everything.
    if (ggml != nullptr) host::MeasureGgml(engine_plan, *ggml, pace, result.cpu);
    host::MeasureCpu(plan, *host::KernelSets().front(), blas ? &*blas : nullptr, pace, result.cpu);
  }
  if (terminal) fmt::print(stderr, "\r\x1b[K");
  result.steal = host::StealFraction(before, host::ReadCpuTimes());
  result.elapsed_s = pace.elapsed_s();
  result.left_out = pace.left_out();
  result.stopped = pace.stopped();
  return result;
}

/// The chip file of the GPU where one was measured, else of the processor.
std::string ChipFile(const host::ProbeResult& result, const std::string& path, const Clock& clock) {
  const std::string device = result.gpus.empty() ? result.cpu.name : result.gpus.front().name;
  host::ChipOrigin origin;
  origin.id = path == "-" ? host::IdOf(device) : std::filesystem::path(path).stem().string();
  origin.program = fmt::format("roofscape {}", kVersion);
  if (const auto day = catalog::ParseDate(clock.Wall().ToIso().substr(0, 10))) origin.today = *day;
  const catalog::Chip chip = result.gpus.empty()
                                 ? host::MakeChip(result, result.cpu, origin)
                                 : host::MakeChip(result, result.gpus.front(), origin);
  return catalog::ToToml(chip);
}

int Probe(Options options, const Clock& clock) {
  const bool engine = !options.ggml.empty() && options.device != "cuda";
  if (options.seconds == 0) {
    options.seconds = options.quick ? kQuick_s + (engine ? kQuickEngine_s : 0)
                                    : kDefault_s + (engine ? kEngine_s : 0);
  }
  if (!options.output.empty() && options.output != "-" && !options.output.ends_with(".toml")) {
    return Report({ErrorCode::kInvalidArgument,
                   fmt::format("-o '{}': a chip's file must end in .toml", options.output)});
  }
  if (options.output == "-" && options.json) {
    return Report({ErrorCode::kInvalidArgument,
                   "-o - and --json would both write to stdout: give -o a file"});
  }
  std::optional<host::Ggml> ggml;
  if (engine) {
    auto opened = host::Ggml::Open(options.ggml);
    if (!opened) return Report(opened.error().In("--ggml"));
    ggml = *std::move(opened);
  }
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  const host::ProbeResult result = Measure(options, ggml ? &*ggml : nullptr, clock);
  if (options.device == "cuda" && result.gpus.empty()) {
    return Report(
        {ErrorCode::kUnavailable, fmt::format("no GPU can be measured: {}", result.gpu_absent)});
  }
  if (options.output == "-") {
    fmt::print("{}", ChipFile(result, options.output, clock));
    return kDone;
  }
  if (!options.output.empty()) {
    const auto written = WriteWholeFile(options.output, ChipFile(result, options.output, clock));
    if (!written) return Report(written.error());
  }
  if (options.json) {
    fmt::print("{}\n", ProbeJson(result).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}", ProbeText(result, StyleOf(stdout)));
  }
  return kDone;
}

}  // namespace

void AddProbeCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("probe", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("-o,--output", options->output,
                     "Write a chip file: of the GPU where one is measured, else of the processor; "
                     "- is stdout");
  command->AddFlag("--quick", options->quick, "Fewer shapes, in less than 5 seconds");
  command
      ->AddOption("--seconds", options->seconds,
                  "How long to measure (default: 50, with --quick 4; with --ggml 110 and 16)")
      ->Check(InRange(0.1, 3600.0));
  command
      ->AddOption("--threads", options->threads,
                  "As 'all threads' (default: the processors this process may use)")
      ->Check(InRange(1, 4096));
  command->AddOption("--device", options->device, "What to measure: auto is both")
      ->Check(OneOf({"auto", "cpu", "cuda"}))
      ->ShowDefault();
  command
      ->AddOption("--ggml", options->ggml,
                  "Time ggml's kernels, too: the folder of an engine that uses it, such as "
                  "llama-server's")
      ->TypeName("DIR");
  command
      ->AddOption("--formats", options->formats,
                  "Number formats to time with --ggml (default: all)")
      ->Delimiter(',')
      ->Check(OneOf({"q4_0", "q8_0", "f16"}))
      ->Needs(command->Option("--ggml"));
  command->AddFlag("--json", options->json, "Print the readings as JSON");
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] { return Probe(*options, *invocation.clock); };
  });
}

}  // namespace roofscape::cli
