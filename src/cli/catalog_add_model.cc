// roofscape catalog add-model: a model's file for the catalog from its config.json.

#include "cli/catalog_add_model.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "cli/command.h"
#include "cli/write_file.h"
#include "domain/catalog/check.h"
#include "domain/catalog/hugging_face.h"
#include "domain/catalog/model_toml.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Write a model's file for the catalog from the config.json of a Hugging Face repository.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape catalog add-model config.json --name org/Model-7B -o model-7b.toml\n\n"
    "What the configuration does not say, and what in it cannot be, is told on stderr;\n"
    "'catalog check' refuses the file until that is corrected.";

struct Options {
  std::string config;
  std::string output;
  std::string name;
  std::string date;
  std::string folder;
};

/// The name in the configuration, the folder of a config.json, or the file's own.
std::string NameOf(const Options& options, const Document& config) {
  if (!options.name.empty()) return options.name;
  const Json& root = config.value();
  if (root.is_object()) {
    const auto named = root.find("_name_or_path");
    if (named != root.end() && named->is_string() && !named->get<std::string>().empty()) {
      return named->get<std::string>();
    }
  }
  const std::filesystem::path path(options.config);
  if (path.filename() != "config.json") return path.stem().string();
  return path.parent_path().empty() ? "model" : path.parent_path().filename().string();
}

Result<catalog::Date> DateOf(const Options& options, WallTime now) {
  const std::string text = options.date.empty() ? now.ToIso().substr(0, 10) : options.date;
  if (const auto date = catalog::ParseDate(text)) return *date;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("--date '{}': must be a day such as 2026-07-01", text)};
}

Result<catalog::ConvertedModel> Convert(const Options& options, WallTime now) {
  RS_ASSIGN_OR_RETURN(const catalog::Date date, DateOf(options, now));
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("CONFIG", options.config));
  RS_ASSIGN_OR_RETURN(const Document config, ParseJson(text, options.config));
  const std::string name = NameOf(options, config);
  const std::string file = std::filesystem::path(options.config).filename().string();
  RS_ASSIGN_OR_RETURN(
      catalog::ConvertedModel converted,
      catalog::ModelFromConfig(config, {name, fmt::format("{} of {}", file, name), date}));
  if (!options.output.empty() && options.output != "-") {
    converted.model.entry.id = std::filesystem::path(options.output).stem().string();
  }
  return converted;
}

int AddModel(const Options& options, WallTime now) {
  const auto converted = Convert(options, now);
  if (!converted) return Report(converted.error());
  const std::string toml = catalog::ToToml(converted->model);
  std::string output = options.output;
  if (output.empty() && !options.folder.empty()) {
    output = fmt::format("{}/models/{}.toml", options.folder, converted->model.entry.id);
  }
  if (output.empty() || output == "-") {
    fmt::print("{}", toml);
  } else if (const Result<> written = WriteWholeFile(output, toml); !written) {
    return Report(written.error());
  }
  const catalog::ParameterCount count = catalog::CountParameters(converted->model);
  fmt::print(stderr, "{}: the shape makes {:.4g} billion parameters, {:.4g} of them active\n",
             converted->model.entry.id, count.total / 1e9, count.active / 1e9);
  for (const std::string& untold : converted->untold) fmt::print(stderr, "  {}\n", untold);
  std::vector<catalog::Problem> problems;
  catalog::CheckModel(converted->model, problems);
  for (const catalog::Problem& problem : problems) {
    // What the configuration leaves open was told above.
    const bool told = std::any_of(
        converted->untold.begin(), converted->untold.end(),
        [&](const std::string& untold) { return untold.starts_with(problem.field + ":"); });
    if (!told) fmt::print(stderr, "  impossible: {}: {}\n", problem.field, problem.what);
  }
  return kDone;
}

}  // namespace

void AddCatalogAddModel(Command& catalog, Invocation& invocation) {
  Command* command = catalog.AddSubcommand("add-model", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("CONFIG", options->config, "The configuration, config.json")->Required();
  command->AddOption("-o,--output", options->output,
                     "The file to write; it is named for the model's id (default: stdout)");
  command->AddOption("--name", options->name,
                     "The model's name, e.g. org/Model-7B (default: the configuration's, or its "
                     "folder's)");
  command->AddOption("--date", options->date, "The day it was read (default: today)");
  command
      ->AddOption("--catalog", options->folder, "Write it into the models of this folder's catalog")
      ->TypeName("DIR");
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] {
      return AddModel(*options, invocation.clock->Wall());
    };
  });
}

}  // namespace roofscape::cli
