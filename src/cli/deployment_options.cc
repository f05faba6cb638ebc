#include "cli/deployment_options.h"

#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/core/text.h"
#include "cli/catalog_source.h"
#include "cli/write_file.h"

namespace roofscape::cli {
namespace {

void AddLayoutOptions(Command& command, DeploymentOptions& options) {
  const auto count = [&](const char* flag, std::optional<double>& place, const char* text) {
    command.AddOption(flag, place, text)->Check(InRange(1.0, 1e6));
  };
  count("--tp", options.tp, "Tensor parallel degree (of decoding)");
  count("--ep", options.ep, "Expert parallel degree");
  count("--dp", options.dp, "Data parallel degree of attention");
  count("--pp", options.pp, "Pipeline stages");
  count("--chips", options.chips,
        "Chips of the deployment; without: the larger of tp x dp and ep, x pp");
  count("--workers", options.workers, "Decode workers, where disaggregated");
  count("--prefill-tp", options.prefill_tp, "Tensor parallel degree of prefill workers");
  count("--prefill-ep", options.prefill_ep, "Expert parallel degree of prefill workers");
  count("--prefill-dp", options.prefill_dp, "Data parallel attention of prefill workers");
  count("--prefill-workers", options.prefill_workers, "Prefill workers");
}

std::optional<double> Number(const std::optional<std::int64_t>& count) {
  if (!count) return std::nullopt;
  return static_cast<double>(*count);
}

void Fill(std::optional<double>& place, const std::optional<double>& value) {
  if (!place) place = value;
}

/// One role for all, or two.
Result<> FillLayout(const spec::Deployment& file, DeploymentOptions& o) {
  for (const spec::Role& role : file.roles) {
    const std::optional<double> dp = role.dp_attention.value_or(true) ? Number(role.dp) : 1.0;
    const auto workers = static_cast<double>(role.workers);
    if (role.name == "prefill") {
      Fill(o.prefill_tp, Number(role.tp));
      Fill(o.prefill_ep, Number(role.ep));
      Fill(o.prefill_dp, dp);
      Fill(o.prefill_workers, workers);
      continue;
    }
    if (role.name != "serve" && role.name != "decode") {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("role '{}' is not one that the model knows: name it serve, or "
                               "prefill and decode",
                               Printable(role.name, 40))};
    }
    const bool laid_out = o.tp || o.ep || o.dp || o.pp || o.chips;
    Fill(o.workers, workers);
    if (laid_out) continue;  // Half of a flag's layout and half of the file's is neither.
    o.tp = Number(role.tp);
    o.ep = Number(role.ep);
    o.pp = Number(role.pp);
    o.dp = dp;
    if (!o.tp && !o.pp && !o.dp) o.chips = static_cast<double>(role.chips_per_worker);
  }
  return {};
}

/// Where `name` is a file, what it describes joins the others, in the place of one of the same id,
/// and is found by the file's name.
template <class T>
Result<> TakeFile(std::string_view flag, std::string_view folder, const std::string& name,
                  std::vector<T> catalog::Catalog::* entries, catalog::Catalog& catalog) {
  if (!name.ends_with(".toml")) return {};
  RS_ASSIGN_OR_RETURN(std::string text, ReadFlagFile(flag, name));
  const std::string file = std::filesystem::path(name).filename().string();
  const catalog::CatalogFile whole{fmt::format("{}/{}", folder, file), std::move(text)};
  auto read = catalog::ParseCatalog({&whole, 1});
  if (!read) return read.error().In(fmt::format("{} {}", flag, name));
  T one = std::move(((*read).*entries).front());
  one.entry.aliases.push_back(name);
  std::vector<T>& all = catalog.*entries;
  std::erase_if(all, [&](const T& other) { return other.entry.id == one.entry.id; });
  all.push_back(std::move(one));
  return {};
}

Result<> Fill(const spec::Deployment& from, DeploymentOptions& o) {
  if (o.model.empty()) o.model = from.model;
  if (o.chip.empty()) o.chip = from.chip;
  if (o.engine.empty()) o.engine = from.engine;
  if (o.precision.empty()) o.precision = from.precision;
  return FillLayout(from, o);
}

}  // namespace

Result<> CompleteDeployment(DeploymentOptions& o, const spec::Deployment& known) {
  if (!o.deployment.empty()) {
    RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("--deployment", o.deployment));
    RS_ASSIGN_OR_RETURN(const spec::Deployment file, spec::ParseDeployment(text, o.deployment));
    const Result<> filled = Fill(file, o);
    if (!filled) return filled.error().In(fmt::format("--deployment {}", o.deployment));
  }
  RS_RETURN_IF_ERROR(Fill(known, o));
  const auto missing = [&o](const char* what) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("no {0}: give --{0} a name of the catalog{1}", what,
                             o.deployment.empty() ? ", or a file with --deployment" : "")};
  };
  if (o.model.empty()) return missing("model");
  if (o.chip.empty()) return missing("chip");
  return {};
}

void AddDeploymentOptions(Command& command, DeploymentOptions& options) {
  command.AddOption("--deployment", options.deployment,
                    "A file that says what serves, TOML or JSON; flags count more");
  command.AddOption("--model", options.model, "A model of the catalog, or its file (.toml)");
  command.AddOption("--chip", options.chip,
                    "A chip of the catalog, or its file (.toml) as probe writes it");
  command.AddOption("--fabric", options.fabric, "Links between the chips, instead of the chip's");
  command.AddOption("--engine", options.engine, "vllm, sglang or trtllm; others: what they share");
  command.AddOption("--precision", options.precision,
                    "bf16, fp8, fp4, ...; without: as the model was released");
  AddLayoutOptions(command, options);
  command
      .AddOption("--power-cap", options.power_cap_w,
                 "Watts of a chip, below its TDP: clocks fall to keep it")
      ->Check(InRange(1.0, 1e5));
}

void AddProcessorOptions(Command& command, DeploymentOptions& options) {
  const auto count = [&](const char* flag, std::optional<double>& place, const char* text) {
    command.AddOption(flag, place, text)->Check(InRange(1.0, 1e6));
  };
  count("--threads", options.threads,
        "Threads of a processor that roofscape probe measured; without: the most it measured");
  count("--slots", options.slots,
        "Slots of llama.cpp, each with a cache of its own; on a processor that was measured");
}

void AddParamsOption(Command& command, DeploymentOptions& options) {
  command.AddOption("--params", options.params,
                    "Model file of calibrate; without: the one of this program");
}

Result<catalog::Catalog> LoadDeploymentCatalog(const DeploymentOptions& options) {
  RS_ASSIGN_OR_RETURN(catalog::Catalog catalog, LoadCatalog(options.catalog, Scores::kLeaveOut));
  RS_RETURN_IF_ERROR(TakeFile("--chip", "chips", options.chip, &catalog::Catalog::chips, catalog));
  RS_RETURN_IF_ERROR(
      TakeFile("--model", "models", options.model, &catalog::Catalog::models, catalog));
  RS_RETURN_IF_ERROR(calibrate::CheckLayout(options, catalog));
  RS_RETURN_IF_ERROR(calibrate::ReplaceFabric(options, catalog));
  return catalog;
}

}  // namespace roofscape::cli
