// roofscape codesign: chip, links, model and layout chosen together; where the gain of one way to
// serve over another comes from; what it costs to move a model from machine to machine.

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/codesign_attribute.h"
#include "cli/codesign_joint.h"
#include "cli/codesign_machines.h"
#include "cli/codesign_portability.h"
#include "cli/codesign_what_if.h"
#include "cli/command.h"
#include "cli/model_source.h"

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
    "--what-if: numbers of a machine otherwise, and which of them decides.\n"
    "All by the formulas, without the correction by measured rows. Fields of the files:\n"
    "docs/reference/codesign.md.";

struct Options {
  AttributeOptions attribute;
  std::string space;
  std::string what_if;
  std::vector<double> speeds_tps;
  bool portability = false;
  bool machines = false;
  std::uint64_t evaluations = 1'000'000;
  std::uint64_t seed = 1;
};

template <class Table>
void Show(const Table& table, bool json, Json (*to_json)(const Table&),
          std::string (*to_text)(const Table&, const Style&)) {
  fmt::print("{}{}", json ? to_json(table).dump(2) : to_text(table, StyleOf(stdout)),
             json ? "\n" : "");
}

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

Result<> RunAttribute(const Options& options, WallTime now) {
  if (options.speeds_tps.size() != 1) {
    return Wrong(
        "--attribute needs --interactivity: tokens/s that a user gets at least, one number");
  }
  AttributeOptions attribute = options.attribute;
  attribute.interactivity = options.speeds_tps[0];
  attribute.seed = options.seed;
  return Attribute(attribute, now);
}

Result<> RunWhatIf(const Options& options, WallTime now) {
  const AttributeOptions& o = options.attribute;
  RS_ASSIGN_OR_RETURN(WhatIfText text, ReadWhatIfFile(options.what_if));
  if (options.speeds_tps.size() > 1) return Wrong("--what-if takes one --interactivity");
  if (!options.speeds_tps.empty()) text.speed_tps = options.speeds_tps[0];
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadCatalog(o.catalog));
  RS_ASSIGN_OR_RETURN(const calibrate::Model fitted, LoadModel(o.params));
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  RS_ASSIGN_OR_RETURN(const WhatIfTable table,
                      ComputeWhatIf(text, catalog, fitted, &kernels->book, now));
  Show(table, o.json, WhatIfJson, WhatIfTextOf);
  return {};
}

Result<> RunSpace(const Options& options, WallTime now) {
  const AttributeOptions& o = options.attribute;
  RS_ASSIGN_OR_RETURN(SpaceText space, ReadSpaceFile(options.space));
  if (!options.speeds_tps.empty()) space.speeds_tps = options.speeds_tps;
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadCatalog(o.catalog));
  RS_ASSIGN_OR_RETURN(const calibrate::Model fitted, LoadModel(o.params));
  if (!options.portability && !options.machines) {
    RS_ASSIGN_OR_RETURN(const JointTable table,
                        ComputeJoint(space, options.evaluations, options.seed, catalog, fitted));
    Show(table, o.json, JointJson, JointText);
    return {};
  }
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  if (options.machines) {
    RS_ASSIGN_OR_RETURN(const MachinesTable table,
                        ComputeMachines(space, catalog, fitted, &kernels->book, now));
    Show(table, o.json, MachinesJson, MachinesText);
    return {};
  }
  RS_ASSIGN_OR_RETURN(const PortabilityTable table,
                      ComputePortability(space, catalog, fitted, &kernels->book, now));
  Show(table, o.json, PortabilityJson, PortabilityText);
  return {};
}

Result<> Codesign(const Options& options, WallTime now) {
  if (!options.attribute.files.empty()) return RunAttribute(options, now);
  if (!options.what_if.empty()) return RunWhatIf(options, now);
  if (options.space.empty()) {
    return Wrong(
        "nothing to do: give --attribute A B, --what-if FILE, or SPACE.toml, alone or with "
        "--portability or --machines");
  }
  return RunSpace(options, now);
}

void AddFlags(Command& command, Options& o) {
  AttributeOptions& a = o.attribute;
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
  command.AddOption("--params", a.params,
                    "Model file of calibrate; without: the one of this program");
  command.AddFlag("--json", a.json, "Print one object");
  AddCatalogOption(command, a.catalog);
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
