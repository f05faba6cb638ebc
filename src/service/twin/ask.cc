#include "service/twin/ask.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

namespace roofscape::twin {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::int64_t kMaxOutput = 1'000'000;
constexpr int kTemplateShare = 4;  // Tokens that a template adds to a message.
constexpr int kMaxDepth = 2;       // Of objects whose fields are read.

/// Counts tokens and hashes chunks of them.
class TokenChain {
 public:
  TokenChain(std::int64_t& tokens, std::uint64_t& hash, std::vector<std::uint64_t>& hashes,
             std::int64_t chunk_tokens)
      : tokens_(tokens), hash_(hash), hashes_(hashes), chunk_tokens_(chunk_tokens) {}

  void Token(std::string_view token) {
    ++tokens_;
    if (chunk_tokens_ == 0) return;
    for (const char c : token) Mix(static_cast<unsigned char>(c));
    Mix(kTokenEnd);
    if (tokens_ % chunk_tokens_ == 0) hashes_.push_back(std::max<std::uint64_t>(hash_, 1));
  }

  /// What a template adds to a message.
  void Template() {
    for (int i = 0; i < kTemplateShare; ++i) Token({});
  }

  /// Tokens in a text, as this server counts: words.
  void Words(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
    for (std::size_t i = 0; i < text.size();) {
      while (i < text.size() && blank(text[i])) ++i;
      const std::size_t begin = i;
      while (i < text.size() && !blank(text[i])) ++i;
      if (i > begin) Token(text.substr(begin, i - begin));
    }
  }

  static constexpr std::uint64_t kBegin = 0xcbf29ce484222325;

 private:
  /// FNV-1a, over the whole prompt: a chunk's hash says what came before it, too.
  void Mix(std::uint64_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }

  static constexpr std::uint64_t kTokenEnd = 256;  // No byte of a token.

  std::int64_t& tokens_;
  std::uint64_t& hash_;
  std::vector<std::uint64_t>& hashes_;
  std::int64_t chunk_tokens_;
};

/// Finds the tokens of a prompt in JSON.
class PromptReader {
 public:
  PromptReader(Ask& ask, std::int64_t chunk_tokens)
      : chain_(ask.prompt_tokens, ask.prompt_hash, ask.prompt_hashes, chunk_tokens) {
    ask.prompt_hash = TokenChain::kBegin;
  }

  /// A prompt is a text, an array of token ids, messages, or a list of several of the former two.
  void Read(ondemand::value value) {
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) return chain_.Words(text);
    ondemand::array items;
    if (value.get_array().get(items) != simdjson::SUCCESS) return;
    for (auto item : items) {
      ondemand::value entry;
      if (item.get(entry) != simdjson::SUCCESS) return;
      ReadItem(entry);
    }
  }

  /// Content is a text, or a list of parts of which some have a text.
  void ReadContent(ondemand::value content) {
    std::string_view text;
    if (content.get_string().get(text) == simdjson::SUCCESS) return chain_.Words(text);
    ondemand::array parts;
    if (content.get_array().get(parts) != simdjson::SUCCESS) return;
    for (auto item : parts) {
      ondemand::object part;
      if (item.get_object().get(part) != simdjson::SUCCESS) return;
      if (part["text"].get_string().get(text) == simdjson::SUCCESS) chain_.Words(text);
    }
  }

 private:
  void ReadItem(ondemand::value entry) {
    ondemand::json_type type{};
    if (entry.type().get(type) != simdjson::SUCCESS) return;
    if (type == ondemand::json_type::string || type == ondemand::json_type::array) {
      return Read(entry);
    }
    ondemand::object message;
    if (entry.get_object().get(message) != simdjson::SUCCESS) {
      std::string_view id = entry.raw_json_token();
      while (!id.empty() && id.back() <= ' ') id.remove_suffix(1);
      return chain_.Token(id);
    }
    ondemand::value content;
    if (message["content"].get(content) != simdjson::SUCCESS) return;
    chain_.Template();
    ReadContent(content);
  }

  TokenChain chain_;
};

template <std::size_t N>
bool IsOneOf(std::string_view key, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

constexpr std::array<std::string_view, 6> kPrompts = {"prompt", "messages",  "input",
                                                      "text",   "input_ids", "inputs"};
constexpr std::array<std::string_view, 2> kMorePrompt = {"system", "instructions"};
constexpr std::array<std::string_view, 5> kMaxTokens = {
    "max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "n_predict"};
constexpr std::array<std::string_view, 2> kMinTokens = {"min_tokens", "min_new_tokens"};
constexpr std::array<std::string_view, 3> kNested = {"stream_options", "sampling_params",
                                                     "parameters"};

class AskReader {
 public:
  AskReader(Ask& ask, std::int64_t chunk_tokens) : ask_(ask), prompt_reader_(ask, chunk_tokens) {}

  /// kInvalidArgument on JSON that is none and on values of the wrong type.
  Result<> Read(ondemand::object object, int depth) {
    for (auto field : object) {
      std::string_view key;
      ondemand::value value;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
          field.value().get(value) != simdjson::SUCCESS) {
        return Error{ErrorCode::kInvalidArgument, "the body is not valid JSON"};
      }
      ask_.fields.emplace_back(key);
      bool null = false;
      if (value.is_null().get(null) == simdjson::SUCCESS && null) continue;
      const std::size_t name = ask_.fields.size() - 1;
      if (IsOneOf(key, kNested)) {
        ondemand::object inner;
        if (depth >= kMaxDepth || value.get_object().get(inner) != simdjson::SUCCESS) continue;
        RS_RETURN_IF_ERROR(Read(inner, depth + 1));
      } else if (Take(key, value) != simdjson::SUCCESS) {
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("the field {} is of the wrong type", ask_.fields[name])};
      }
    }
    return {};
  }

  bool prompt() const { return prompt_; }

 private:
  simdjson::error_code Take(std::string_view key, ondemand::value value) {
    if (key == "model") return TakeModel(value);
    if (key == "stream") return value.get_bool().get(ask_.stream);
    if (key == "include_usage") return value.get_bool().get(ask_.include_usage);
    if (key == "continuous_usage_stats") return value.get_bool().get(ask_.continuous_usage);
    if (key == "include_obfuscation") return value.get_bool().get(ask_.include_obfuscation);
    if (key == "return_token_ids") return value.get_bool().get(ask_.return_token_ids);
    if (key == "ignore_eos") return value.get_bool().get(ask_.ignore_eos);
    if (IsOneOf(key, kMaxTokens)) return TakeLimit(key, value);
    if (key == "n" || key == "best_of") return TakeChoices(value);
    if (IsOneOf(key, kMinTokens)) return value.get_int64().get(ask_.min_tokens);
    if (IsOneOf(key, kPrompts)) {
      // Responses has a `text` that is settings, not a prompt.
      if (key == "text" && ask_.api != Api::kSglang) return simdjson::SUCCESS;
      prompt_ = true;
      prompt_reader_.Read(value);
    } else if (IsOneOf(key, kMorePrompt)) {
      prompt_reader_.ReadContent(value);
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code TakeLimit(std::string_view key, ondemand::value value) {
    std::int64_t tokens = 0;
    const simdjson::error_code error = value.get_int64().get(tokens);
    // llama.cpp: below 0 is no limit.
    if (error != simdjson::SUCCESS || (key == "n_predict" && tokens < 0)) return error;
    ask_.max_tokens = tokens;
    ask_.limited = true;
    return error;
  }

  simdjson::error_code TakeChoices(ondemand::value value) {
    std::int64_t choices = 0;
    const simdjson::error_code error = value.get_int64().get(choices);
    if (error == simdjson::SUCCESS) ask_.choices = std::max(ask_.choices, choices);
    return error;
  }

  simdjson::error_code TakeModel(ondemand::value value) {
    std::string_view name;
    const simdjson::error_code error = value.get_string().get(name);
    if (error == simdjson::SUCCESS) ask_.model = name;
    return error;
  }

  Ask& ask_;
  PromptReader prompt_reader_;
  bool prompt_ = false;
};

std::string_view PromptField(Api api) {
  switch (api) {
    case Api::kCompletions:
    case Api::kLlamaCpp: return "prompt";
    case Api::kChat:
    case Api::kMessages: return "messages";
    case Api::kResponses: return "input";
    case Api::kSglang: return "text";
    case Api::kTgi: return "inputs";
  }
  return "prompt";
}

}  // namespace

bool Ask::Has(std::string_view field) const {
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

Result<Ask> ReadAsk(std::string_view body, Api api, std::int64_t chunk_tokens) {
  Ask ask;
  ask.api = api;
  ask.stream = false;
  ondemand::parser parser;
  const simdjson::padded_string padded(body);
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument, "the body must be a JSON object"};
  }
  AskReader reader(ask, chunk_tokens);
  RS_RETURN_IF_ERROR(reader.Read(object, 0));
  if (!reader.prompt()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("the field {} is missing", PromptField(api))};
  }
  if (ask.max_tokens < 1 || ask.max_tokens > kMaxOutput) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("max_tokens must lie between 1 and {}", kMaxOutput)};
  }
  return ask;
}

std::vector<std::uint64_t> HashesWithAnswer(const Ask& ask, std::string_view answer,
                                            std::int64_t chunk_tokens) {
  std::vector<std::uint64_t> hashes = ask.prompt_hashes;
  const bool chat =
      ask.api == Api::kChat || ask.api == Api::kMessages || ask.api == Api::kResponses;
  if (!chat) return hashes;
  std::string text;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const bool line_end = answer.substr(i, 2) == "\\n";  // The only escape of AnswerText.
    text += line_end ? '\n' : answer[i];
    if (line_end) ++i;
  }
  std::int64_t tokens = ask.prompt_tokens;
  std::uint64_t hash = ask.prompt_hash;
  TokenChain chain(tokens, hash, hashes, chunk_tokens);
  chain.Template();
  chain.Words(text);
  return hashes;
}

}  // namespace roofscape::twin
