// roofscape make-model: a model of random weights, so that an engine can be tried without a
// download.

#include <cstdint>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/text.h"
#include "cli/command.h"
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
    "  roofscape make-model -o tiny.gguf\n"
    "  llama-server -m tiny.gguf -t 1 -np 16 --port 8080";

struct Options {
  std::string path;
  gguf::ModelRecipe recipe;
  std::string type = "q4_0";
  std::string vocabulary = "ascii";
  bool force = false;
  bool json = false;
};

void AddOptions(CLI::App& command, Options& options) {
  gguf::ModelRecipe& recipe = options.recipe;
  command.add_option("-o,--output", options.path, "The file to write")->required();
  command.add_option("--embd", recipe.embedding, "Width of the network")->capture_default_str();
  command.add_option("--layers", recipe.layers, "Transformer layers")->capture_default_str();
  command.add_option("--heads", recipe.heads, "Attention heads")->capture_default_str();
  command.add_option("--kv-heads", recipe.kv_heads, "Heads of keys and values; divides --heads")
      ->capture_default_str();
  command.add_option("--ff", recipe.feed_forward, "Width of the feed-forward layers")
      ->capture_default_str();
  command.add_option("--context", recipe.context_tokens, "Longest context in tokens")
      ->capture_default_str();
  command.add_option("--seed", recipe.seed, "Seed of the weights")->capture_default_str();
  command.add_option("--type", options.type, "Number format of the weights")
      ->check(CLI::IsMember({"q4_0", "f16"}))
      ->capture_default_str();
  command
      .add_option("--vocab", options.vocabulary,
                  "ascii: says printable ASCII alone; bytes: says any byte, so that a server must "
                  "hold back half characters")
      ->check(CLI::IsMember({"ascii", "bytes"}))
      ->capture_default_str();
  command.add_flag("--force", options.force, "Replace the file if it exists");
  command.add_flag("--json", options.json, "Print what was written as JSON");
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

int MakeModel(Options options) {
  options.recipe.vocabulary =
      options.vocabulary == "bytes" ? gguf::VocabularyKind::kBytes : gguf::VocabularyKind::kAscii;
  options.recipe.matrices =
      options.type == "f16" ? gguf::TensorType::kFloat16 : gguf::TensorType::kQ4_0;
  const Result<gguf::ModelFacts> facts =
      gguf::WriteModel(options.recipe, options.path, options.force);
  if (!facts) return Report(facts.error());
  if (options.json) {
    PrintJson(options, *facts);
  } else {
    fmt::print("{}: {} parameters, {:.1f} MB\n", options.path, WithCommas(facts->parameters),
               static_cast<double>(facts->file_bytes) / 1e6);
  }
  return kDone;
}

}  // namespace

void AddMakeModelCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("make-model", kDescription);
  command->footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddOptions(*command, *options);
  command->callback(
      [options, &invocation] { invocation.run = [options] { return MakeModel(*options); }; });
}

}  // namespace roofscape::cli
