// roofscape codesign: chip, links, model and layout chosen together; where the gain of one way to
// serve over another comes from; what it costs to move a model from machine to machine.

#include <algorithm>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/codesign_attribute.h"
#include "cli/codesign_fabrics.h"
#include "cli/codesign_joint.h"
#include "cli/codesign_machines.h"
#include "cli/codesign_portability.h"
#include "cli/codesign_what_if.h"
#include "cli/command.h"
#include "cli/model_source.h"
#include "cli/write_file.h"
#include "service/study/threads.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Choose chip, links, model and layout together; split a gain; what moving a model costs.";

constexpr const char* kFooter =
    "Example:\n"
    "  printf 'model = \"llama-3.1-70b\"\\nchip = \"h100-sxm\"\\nengine = \"vllm\"\\n' > a.toml\n"
    "  printf 'model = \"llama-3.1-70b\"\\nchip = \"b200-sxm\"\\nengine = \"vllm\"\\n' > b.toml\n"
    "  roofscape codesign --attribute a.toml b.toml --interactivity 30\n"
    "  roofscape codesign examples/codesign/joint.toml\n"
    "  roofscape codesign examples/codesign/portability.toml --portability\n"
    "  roofscape codesign --what-if examples/what-if/co-packaged-optics.toml\n\n"
    "--attribute: every mixture of the layers in which the two differ is searched; where the "
    "layout "
    "is\n"
    "B's it is the best one, elsewhere A's or the nearest legal. Shares multiply to the gain.\n"
    "SPACE alone: chip, links, model and layout chosen together, and what each input is worth.\n"
    "--portability: the best of each model of SPACE on each of its machines, over all layouts.\n"
    "--machines: each model as it is on each machine; nothing need count as equally good.\n"
    "--fabrics: what links are worth, by how many chips they join.\n"
    "--what-if: numbers of a machine otherwise, and which of them decides.\n"
    "All by the formulas, without the correction by measured rows. Fields of the files:\n"
    "docs/reference/codesign.md.";

struct AttributeFlags {
  std::vector<std::string> files;  // Two.
  double ttft_ms = 0.0;            // 0: no limit.
  double input = 1024.0;
  double output = 1024.0;
  std::string objective = "chip";
  std::string rows;  // A file of measured rows; empty: none.
  int draws = 0;     // Of coefficients, for intervals; 0: no intervals.
};

struct Options {
  AttributeFlags attribute;
  std::string space;
  std::string what_if;
  std::vector<double> speeds_tps;
  bool portability = false;
  bool machines = false;
  bool fabrics = false;
  std::uint64_t evaluations = 1'000'000;
  std::uint64_t seed = 1;
  std::string params;
  std::string catalog;
  bool json = false;
};

/// What all of it is computed with.
struct Facts {
  catalog::Catalog catalog;
  calibrate::Model fitted;
  std::unique_ptr<Kernels> kernels;

  study::Means Means(WallTime now) const {
    const unsigned threads = std::max(std::thread::hardware_concurrency(), 1U);
    return {catalog, fitted, &kernels->book, {true, threads, study::OnThreads(threads)}, now};
  }
};

Result<Facts> LoadFacts(const Options& options) {
  RS_ASSIGN_OR_RETURN(catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_ASSIGN_OR_RETURN(calibrate::Model fitted, LoadModel(options.params));
  RS_ASSIGN_OR_RETURN(auto kernels, LoadKernels());
  return Facts{std::move(catalog), std::move(fitted), std::move(kernels)};
}

template <class Table>
void Show(const Table& table, bool json, Json (*to_json)(const Table&),
          std::string (*to_text)(const Table&, const Style&)) {
  fmt::print("{}{}", json ? to_json(table).dump(2) : to_text(table, StyleOf(stdout)),
             json ? "\n" : "");
}

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

Result<study::Description> ReadDescription(const std::string& path) {
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("--attribute", path));
  return study::ParseDescription(text, path);
}

Result<study::Evidence> EvidenceOf(const study::AttributionTable& table, const std::string& path,
                                   const catalog::Catalog& catalog) {
  RS_ASSIGN_OR_RETURN(const CalibrationRows rows, LoadCalibrationRows(path, catalog));
  std::vector<std::optional<double>> tput;
  for (const calibrate::Case& c : rows.cases) tput.push_back(rows.rows.rows[c.row].tput_per_chip);
  return study::FindEvidence(table, catalog, rows.cases, tput);
}

Result<> RunAttribute(const Options& options, WallTime now) {
  const AttributeFlags& flags = options.attribute;
  if (options.speeds_tps.size() != 1) {
    return Wrong(
        "--attribute needs --interactivity: tokens/s that a user gets at least, one number");
  }
  RS_ASSIGN_OR_RETURN(const Facts facts, LoadFacts(options));
  study::AttributionAsk ask;
  RS_ASSIGN_OR_RETURN(ask.a, ReadDescription(flags.files[0]));
  RS_ASSIGN_OR_RETURN(ask.b, ReadDescription(flags.files[1]));
  ask.interactivity_tps = options.speeds_tps[0];
  if (flags.ttft_ms > 0.0) ask.ttft_limit_s = flags.ttft_ms * 1e-3;
  ask.input = flags.input;
  ask.output = flags.output;
  ask.objective = flags.objective;
  ask.draws = flags.draws;
  ask.seed = options.seed;
  const study::Means means = facts.Means(now);
  RS_ASSIGN_OR_RETURN(const auto table, study::ComputeAttribution(ask, means));
  std::optional<study::Evidence> evidence;
  if (!flags.rows.empty()) {
    RS_ASSIGN_OR_RETURN(evidence, EvidenceOf(table, flags.rows, facts.catalog));
  }
  if (options.json) {
    fmt::print("{}\n", study::AttributionJson(table, evidence).dump(2));
  } else {
    fmt::print("{}", AttributionText(table, evidence, StyleOf(stdout)));
  }
  return {};
}

Result<> RunWhatIf(const Options& options, WallTime now) {
  RS_ASSIGN_OR_RETURN(const std::string file, ReadFlagFile("--what-if", options.what_if));
  RS_ASSIGN_OR_RETURN(study::WhatIfText text, study::ParseWhatIf(file, options.what_if));
  if (options.speeds_tps.size() > 1) return Wrong("--what-if takes one --interactivity");
  if (!options.speeds_tps.empty()) text.speed_tps = options.speeds_tps[0];
  RS_ASSIGN_OR_RETURN(const Facts facts, LoadFacts(options));
  const study::Means means = facts.Means(now);
  RS_ASSIGN_OR_RETURN(const auto table, study::ComputeWhatIf(text, means));
  Show(table, options.json, study::WhatIfJson, WhatIfTextOf);
  return {};
}

Result<> RunFabrics(const Options& options, WallTime now) {
  RS_ASSIGN_OR_RETURN(const std::string file, ReadFlagFile("SPACE", options.space));
  RS_ASSIGN_OR_RETURN(study::FabricsText text, study::ParseFabrics(file, options.space));
  if (!options.speeds_tps.empty()) text.speeds_tps = options.speeds_tps;
  RS_ASSIGN_OR_RETURN(const Facts facts, LoadFacts(options));
  const study::Means means = facts.Means(now);
  RS_ASSIGN_OR_RETURN(const auto table, study::ComputeFabrics(text, means));
  Show(table, options.json, study::FabricsJson, FabricsText);
  return {};
}

Result<> RunSpace(const Options& options, WallTime now) {
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("SPACE", options.space));
  RS_ASSIGN_OR_RETURN(study::SpaceText space, study::ParseSpace(text, options.space));
  if (!options.speeds_tps.empty()) space.speeds_tps = options.speeds_tps;
  RS_ASSIGN_OR_RETURN(const Facts facts, LoadFacts(options));
  const study::Means means = facts.Means(now);
  if (options.machines) {
    RS_ASSIGN_OR_RETURN(const auto table, study::ComputeMachines(space, means));
    Show(table, options.json, study::MachinesJson, MachinesText);
  } else if (options.portability) {
    RS_ASSIGN_OR_RETURN(const auto table, study::ComputePortability(space, means));
    Show(table, options.json, study::PortabilityJson, PortabilityText);
  } else {
    RS_ASSIGN_OR_RETURN(const auto table,
                        study::ComputeJoint(space, options.evaluations, options.seed, means));
    Show(table, options.json, study::JointJson, JointText);
  }
  return {};
}

Result<> Codesign(const Options& options, WallTime now) {
  if (!options.attribute.files.empty()) return RunAttribute(options, now);
  if (!options.what_if.empty()) return RunWhatIf(options, now);
  if (options.space.empty()) {
    return Wrong(
        "nothing to do: give --attribute A B, --what-if FILE, or SPACE.toml, alone or with "
        "--portability, --machines or --fabrics");
  }
  if (options.fabrics) return RunFabrics(options, now);
  return RunSpace(options, now);
}

void AddFlags(Command& command, Options& o) {
  AttributeFlags& a = o.attribute;
  command.AddOption("SPACE", o.space, "A TOML file: models, machines, what counts as equally good");
  command.AddOption("--attribute", a.files, "Two TOML files, each one way to serve")->Expected(2);
  command.AddOption("--what-if", o.what_if, "A TOML file: a scenario against what is");
  command.AddFlag("--portability", o.portability, "Every model of SPACE on each of its machines");
  command
      .AddOption("--evaluations", o.evaluations, "Configurations that a search computes at least")
      ->Check(InRange(std::int64_t{1'000}, std::int64_t{1'000'000'000}))
      ->ShowDefault();
  command.AddOption("--seed", o.seed, "Of a search's samples and of intervals")->ShowDefault();
  command.AddFlag("--machines", o.machines,
                  "Each model of SPACE as it is on each machine, by speed and length");
  command.AddFlag("--fabrics", o.fabrics,
                  "One fabric after another between the chips that the file names");
  command
      .AddOption("--interactivity", o.speeds_tps,
                 "Tokens/s that a user gets at least; of a SPACE one or more in place of its own")
      ->Delimiter(',')
      ->Check(InRange(0.01, 1e6));
  command.AddOption("--ttft-ms", a.ttft_ms, "Limit of mean TTFT; default: none")
      ->Check(InRange(1e-3, 1e9));
  command.AddOption("--input-tokens", a.input, "Prompt tokens, nominal")
      ->Check(InRange(1.0, 1e8))
      ->ShowDefault();
  command.AddOption("--output-tokens", a.output, "Tokens of an answer, nominal")
      ->Check(InRange(2.0, 1e8))
      ->ShowDefault();
  command.AddOption("--objective", a.objective, "Tokens/s a chip, tokens a USD or a kWh")
      ->Check(OneOf({"chip", "usd", "kwh"}))
      ->ShowDefault();
  command.AddOption("--rows", a.rows,
                    "A CSV file of measured rows, to set beside shares of a gain");
  command.AddOption("--draws", a.draws, "Draws of coefficients behind a gain's intervals; 0: none")
      ->Check(InRange(0, 1000))
      ->ShowDefault();
  command.AddOption("--params", o.params,
                    "Model file of calibrate; without: the one of this program");
  command.AddFlag("--json", o.json, "Print one object");
  AddCatalogOption(command, o.catalog);
}

}  // namespace

void AddCodesignCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("codesign", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddFlags(*command, *options);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] {
      const Result<> done = Codesign(*options, invocation.clock->Wall());
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
