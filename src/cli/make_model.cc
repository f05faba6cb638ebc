// roofscape make-model: a model of random weights, so that an engine can be tried without a
// download.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/text.h"
#include "cli/command.h"
#include "cli/version.h"
#include "cli/write_file.h"
#include "domain/catalog/model_toml.h"
#include "measure/gguf/model_writer.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Write a GGUF file of a Llama-shaped network with random weights: nothing to download, the "
    "same\n"
    "seed gives the same bytes. Its text makes no sense; its speed is that of a real network of "
    "its "
    "shape.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape make-model -o tiny.gguf --catalog-out catalog/models/tiny.toml\n"
    "  llama-server -m tiny.gguf -t 1 -np 16 --port 8080";

struct Options {
  std::string path;
  std::string catalog_path;
  gguf::ModelRecipe recipe;
  std::string type = "q4_0";
  std::string vocabulary = "ascii";
  bool force = false;
  bool json = false;
};

void AddOptions(Command& command, Options& options) {
  gguf::ModelRecipe& recipe = options.recipe;
  command.AddOption("-o,--output", options.path, "The file to write")->Required();
  command.AddOption("--embd", recipe.embedding, "Width of the network")->ShowDefault();
  command.AddOption("--layers", recipe.layers, "Transformer layers")->ShowDefault();
  command.AddOption("--heads", recipe.heads, "Attention heads")->ShowDefault();
  command.AddOption("--kv-heads", recipe.kv_heads, "Heads of keys and values; divides --heads")
      ->ShowDefault();
  command.AddOption("--ff", recipe.feed_forward, "Width of the feed-forward layers")->ShowDefault();
  command.AddOption("--context", recipe.context_tokens, "Longest context in tokens")->ShowDefault();
  command.AddOption("--seed", recipe.seed, "Seed of the weights")->ShowDefault();
  command.AddOption("--type", options.type, "Number format of the weights")
      ->Check(OneOf({"q4_0", "q8_0", "f16"}))
      ->ShowDefault();
  command
      .AddOption("--vocab", options.vocabulary,
                 "ascii: says printable ASCII alone; bytes: says any byte, so that a server must "
                 "hold back half characters")
      ->Check(OneOf({"ascii", "bytes"}))
      ->ShowDefault();
  command
      .AddOption("--catalog-out", options.catalog_path,
                 "Also describe its shape as a model of the catalog, for predict and simulate; "
                 "the file's name is the model's id")
      ->TypeName("FILE");
  command.AddFlag("--force", options.force, "Replace the file if it exists");
  command.AddFlag("--json", options.json, "Print what was written as JSON");
}

void PrintJson(const Options& options, const gguf::ModelFacts& facts) {
  Json out;
  out["path"] = options.path;
  out["parameters"] = facts.parameters;
  out["size_bytes"] = facts.file_bytes;
  out["type"] = options.type;
  out["vocabulary"] = options.vocabulary;
  out["vocabulary_size"] = facts.vocabulary_size;
  out["embedding"] = options.recipe.embedding;
  out["layers"] = options.recipe.layers;
  out["heads"] = options.recipe.heads;
  out["kv_heads"] = options.recipe.kv_heads;
  out["feed_forward"] = options.recipe.feed_forward;
  out["context_tokens"] = options.recipe.context_tokens;
  out["seed"] = options.recipe.seed;
  fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
}

/// The same shape as a model of the catalog.
catalog::Model Described(const Options& options, const gguf::ModelFacts& facts, WallTime now) {
  const gguf::ModelRecipe& recipe = options.recipe;
  catalog::Model model;
  model.entry.id = std::filesystem::path(options.catalog_path).stem().string();
  model.entry.name = fmt::format("random weights, seed {}", recipe.seed);
  model.entry.collected = catalog::ParseDate(now.ToIso().substr(0, 10));
  catalog::Source source;
  source.id = "make-model";
  source.text = fmt::format("written by roofscape {} make-model", kVersion);
  source.date = model.entry.collected;
  source.confidence = catalog::Confidence::kHigh;
  source.of = {"*"};
  model.entry.sources = {std::move(source)};
  model.maker = "roofscape make-model";
  model.precision = options.type;
  model.layers = recipe.layers;
  model.hidden = recipe.embedding;
  model.vocab = facts.vocabulary_size;
  model.context_tokens = recipe.context_tokens;
  model.total_b = static_cast<double>(facts.parameters) / 1e9;
  catalog::MixerLayers mixer;
  mixer.layers = recipe.layers;
  mixer.q_heads = recipe.heads;
  mixer.kv_heads = recipe.kv_heads;
  mixer.head_dim = recipe.embedding / recipe.heads;
  model.mixers = {mixer};
  catalog::FfnLayers ffn;
  ffn.layers = recipe.layers;
  ffn.width = recipe.feed_forward;
  model.ffns = {ffn};
  return model;
}

gguf::TensorType TypeOf(const std::string& name) {
  if (name == "f16") return gguf::TensorType::kFloat16;
  return name == "q8_0" ? gguf::TensorType::kQ8_0 : gguf::TensorType::kQ4_0;
}

int MakeModel(Options options, WallTime now) {
  if (!options.catalog_path.empty() && !options.catalog_path.ends_with(".toml")) {
    return Report({ErrorCode::kInvalidArgument,
                   fmt::format("--catalog-out '{}': a model's file must end in .toml",
                               options.catalog_path)});
  }
  options.recipe.vocabulary =
      options.vocabulary == "bytes" ? gguf::VocabularyKind::kBytes : gguf::VocabularyKind::kAscii;
  options.recipe.matrices = TypeOf(options.type);
  const Result<gguf::ModelFacts> facts =
      gguf::WriteModel(options.recipe, options.path, options.force);
  if (!facts) return Report(facts.error());
  if (!options.catalog_path.empty()) {
    const auto written =
        WriteWholeFile(options.catalog_path, catalog::ToToml(Described(options, *facts, now)));
    if (!written) return Report(written.error());
  }
  if (options.json) {
    PrintJson(options, *facts);
  } else {
    fmt::print("{}: {} parameters, {:.1f} MB\n", options.path, WithCommas(facts->parameters),
               static_cast<double>(facts->file_bytes) / 1e6);
  }
  return kDone;
}

}  // namespace

void AddMakeModelCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("make-model", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddOptions(*command, *options);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] {
      return MakeModel(*options, invocation.clock->Wall());
    };
  });
}

}  // namespace roofscape::cli
