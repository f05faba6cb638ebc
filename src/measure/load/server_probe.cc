#include "measure/load/server_probe.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/text.h"
#include "base/net/fetch.h"
#include "measure/load/trial_request.h"

namespace roofscape::load {
namespace {

// Lengths of trial prompts.
constexpr std::int64_t kFewWords = 20;
constexpr std::int64_t kFewestWords = 8;
constexpr std::int64_t kMaxManyWords = 4000;
constexpr std::size_t kShortWord = 4;  // Letters, at most.
constexpr std::size_t kLongWord = 6;   // Letters, at least.
constexpr std::int64_t kTrialTokens = 4;
constexpr std::int64_t kMaxAddedTokens = 4;
// Trials number their prompts from here, measured requests from 0.
constexpr std::int64_t kFirstTrialPrompt = 900'000'000;

/// A text of words, and the tokens that the server counted in it (0: it reports no usage).
struct CountedText {
  double words = 0;
  double letters = 0;
  double tokens = 0;
};

/// `count` words out of `text` of at least (or, `longer` false, at most) `letters` letters; fewer
/// where it has no more.
std::string WordsByLength(std::string_view text, std::int64_t count, std::size_t letters,
                          bool longer) {
  std::string kept;
  while (!text.empty() && count > 0) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (longer ? word.size() < letters : word.size() > letters) continue;
    if (!kept.empty()) kept += ' ';
    kept += word;
    --count;
  }
  return kept;
}

/// Solves tokens = overhead + per_word x words + per_letter x letters for three texts, two of which
/// have the same number of words. What noise would make negative is 0. False: tokens do not grow
/// with the text.
bool Solve(const CountedText& few, const CountedText& short_words, const CountedText& long_words,
           TextCalibration& text) {
  RS_CHECK(long_words.letters > short_words.letters && short_words.words > few.words);
  const double per_letter = std::max(
      0.0, (long_words.tokens - short_words.tokens) / (long_words.letters - short_words.letters));
  const double per_word = std::max(
      0.0, (short_words.tokens - few.tokens - per_letter * (short_words.letters - few.letters)) /
               (short_words.words - few.words));
  if (per_word + per_letter <= 0) return false;
  text.cost = {per_word, per_letter};
  text.overhead_tokens =
      std::max(0.0, few.tokens - per_word * few.words - per_letter * few.letters);
  return true;
}

class Prober {
 public:
  Prober(const spec::Plan& plan, const net::Url& url, const Headers& headers, const Clock& clock,
         const std::atomic<bool>* stop)
      : plan_(plan),
        url_(url),
        headers_(headers),
        clock_(clock),
        stop_(stop),
        prompts_(plan.workload, plan.seed) {}

  Result<Dialect> Run() {
    RS_RETURN_IF_ERROR(FindModel());
    FindEngine();
    if (WantsTokenIds()) FindAlphabet();
    RS_RETURN_IF_ERROR(FindFields());
    if (dialect_.alphabet.empty()) RS_RETURN_IF_ERROR(CalibrateText());
    // For whoever compares the server's own counters with the request log.
    dialect_.facts["probe_output_tokens"] = fmt::format("{}", probe_tokens_);
    return std::move(dialect_);
  }

 private:
  /// A path below the URL's own, e.g. "/v1/models" or "/gateway/v1/models".
  std::string Path(std::string_view path) const {
    std::string base = url_.path;
    while (base.ends_with('/')) base.pop_back();
    // "/v1" given by the user belongs to the API's own paths: /tokenize and /version stand beside.
    if (base.ends_with("/v1")) base.resize(base.size() - 3);
    return base + std::string(path);
  }

  Result<net::HttpResponse> Get(const std::string& path) const {
    net::FetchOptions options;
    options.headers = headers_;
    options.stop = stop_;
    options.tls = TlsOptions(plan_.target);
    return net::Fetch(url_, path, options, clock_);
  }

  /// JSON of a path, or a discarded value when the server has nothing there.
  Json TryJson(const std::string& path, const std::string& body = "") const {
    net::FetchOptions options;
    options.headers = headers_;
    options.stop = stop_;
    options.tls = TlsOptions(plan_.target);
    if (!body.empty()) {
      options.method = "POST";
      options.body = body;
      options.headers.push_back({"Content-Type", "application/json"});
    }
    const auto response = net::Fetch(url_, path, options, clock_);
    if (!response || response->status != 200) return Json(Json::value_t::discarded);
    return Json::parse(response->body, nullptr, /*allow_exceptions=*/false);
  }

  Result<> FindModel();
  void FindEngine();
  bool WantsTokenIds() const {
    return plan_.target.api == spec::Api::kCompletions &&
           plan_.workload.prompt_form != spec::PromptForm::kText;
  }
  void FindAlphabet();
  Result<> FindFields();
  bool GiveUpField(const std::string& message);
  Result<> JudgeTrial(const Trial& trial);
  Result<> CalibrateText();
  Prompt FewWords();
  Result<CountedText> SendWords(std::string text);

  Result<Trial> Send(const Prompt& prompt) {
    const TrialSpec trial_spec{prompt, kTrialTokens, stop_};
    auto trial = SendTrial(plan_, url_, headers_, dialect_, trial_spec, clock_);
    if (trial) probe_tokens_ += trial->token_events;
    return trial;
  }
  std::string Where() const {
    return url_.Origin() +
           Path(plan_.target.api == spec::Api::kChat ? "/v1/chat/completions" : "/v1/completions");
  }

  const spec::Plan& plan_;
  const net::Url& url_;
  const Headers& headers_;
  const Clock& clock_;
  const std::atomic<bool>* stop_;
  workload::PromptSource prompts_;
  std::int64_t next_prompt_ = kFirstTrialPrompt;
  std::string owner_;
  std::int64_t probe_tokens_ = 0;
  Dialect dialect_;
};

std::string TextAt(const Json& json, const char* pointer) {
  const Json::json_pointer at(pointer);
  if (json.is_discarded() || !json.is_object() || !json.contains(at)) return {};
  const Json& found = json[at];
  return found.is_string() ? found.get<std::string>() : std::string();
}

Result<> Prober::FindModel() {
  const std::string path = Path("/v1/models");
  RS_ASSIGN_OR_RETURN(const net::HttpResponse response, Get(path));
  const std::string where = url_.Origin() + path;
  dialect_.model = plan_.target.model;
  if (response.status != 200 && !dialect_.model.empty()) {
    // Some gateways serve completions but no list; the trial request will tell.
    dialect_.notes.push_back(
        fmt::format("the server lists no models (it answered {}); the name was taken as given",
                    response.status));
    return {};
  }
  if (response.status != 200) {
    return StatusError(where, response.status, ErrorText(response.body));
  }
  const Json json = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object() || !json.contains("data") ||
      !json["data"].is_array()) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("{}: no list of models but: {}. Is this an OpenAI-compatible server? "
                             "Check host, port and path",
                             where, ErrorText(response.body))};
  }
  std::vector<std::string> names;
  for (const Json& model : json["data"]) {
    const std::string name = TextAt(model, "/id");
    if (!name.empty()) names.push_back(name);
    if (owner_.empty()) owner_ = TextAt(model, "/owned_by");
  }
  if (names.empty()) {
    return Error{ErrorCode::kUnavailable,
                 where + ": the server lists no model. Is one still loading? Try again later"};
  }
  if (dialect_.model.empty()) dialect_.model = names.front();
  if (std::find(names.begin(), names.end(), dialect_.model) == names.end()) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("{}: the server has no model '{}'.{} It has: {}", url_.Origin(), dialect_.model,
                    DidYouMean(dialect_.model, names), fmt::join(names, ", "))};
  }
  return {};
}

void Prober::FindEngine() {
  auto& facts = dialect_.facts;
  facts["model"] = dialect_.model;
  if (owner_ == "llamacpp") {
    dialect_.engine = EngineKind::kLlamaCpp;
    facts["name"] = "llama.cpp";
    const Json props = TryJson(Path("/props"));
    if (const auto build = TextAt(props, "/build_info"); !build.empty()) facts["version"] = build;
    if (!props.is_discarded() && props.contains("total_slots")) {
      facts["slots"] = props["total_slots"].dump();
    }
  } else if (owner_ == "vllm") {
    dialect_.engine = EngineKind::kVllm;
    facts["name"] = "vllm";
    const auto version = TextAt(TryJson(Path("/version")), "/version");
    if (!version.empty()) facts["version"] = version;
  } else if (owner_ == "sglang") {
    dialect_.engine = EngineKind::kSglang;
    facts["name"] = "sglang";
    const auto version = TextAt(TryJson(Path("/get_server_info")), "/version");
    if (!version.empty()) facts["version"] = version;
  } else if (!owner_.empty()) {
    facts["owned_by"] = owner_;
  }
}

/// Learns ordinary token ids by having the server tokenize ordinary words.
void Prober::FindAlphabet() {
  const Json body = {{"content", workload::Vocabulary()},  // llama.cpp
                     {"model", dialect_.model},            // vLLM
                     {"prompt", workload::Vocabulary()},
                     {"add_special", false},
                     {"add_special_tokens", false}};
  const Json answer = TryJson(Path("/tokenize"), body.dump());
  std::set<std::int32_t> ids;
  if (!answer.is_discarded() && answer.is_object() && answer.contains("tokens")) {
    for (const Json& id : answer["tokens"]) {
      if (id.is_number_integer()) ids.insert(id.get<std::int32_t>());
    }
  }
  dialect_.alphabet.assign(ids.begin(), ids.end());
  if (ids.empty()) {
    dialect_.notes.push_back("the server has no /tokenize: prompts are sent as text");
  }
}

/// Gives up one thing that the server may have refused: what its message names, else the next in
/// line. False when nothing is left to give up.
bool Prober::GiveUpField(const std::string& message) {
  struct Field {
    bool* taken;
    std::string_view named;
    std::string_view loss;
  };
  const std::array<Field, 4> fields = {{
      {&dialect_.ignore_eos, "ignore_eos", "ignore_eos and min_tokens: answers may end early"},
      {&dialect_.sampling, "temperature", "temperature: its own default was used"},
      {&dialect_.cache_prompt, "cache_prompt", "cache_prompt: its prompt cache may answer"},
      {&dialect_.stream_usage, "stream_options", "stream_options: it may report no usage"},
  }};
  if (dialect_.length_field == "max_tokens" &&
      message.find("max_completion_tokens") != message.npos) {
    dialect_.length_field = "max_completion_tokens";
    return true;
  }
  const auto give_up = [&](const Field& field) {
    *field.taken = false;
    dialect_.notes.push_back(fmt::format("the server refuses {} ({})", field.loss, message));
    return true;
  };
  for (const Field& field : fields) {
    if (*field.taken && message.find(field.named) != message.npos) return give_up(field);
  }
  if (!dialect_.alphabet.empty()) {
    dialect_.alphabet.clear();
    dialect_.notes.push_back("the server takes no prompts of token ids (" + message + ")");
    return true;
  }
  for (const Field& field : fields) {
    if (*field.taken) return give_up(field);
  }
  return false;
}

/// A prompt of about `kFewWords` tokens.
Prompt Prober::FewWords() {
  const std::int64_t id = next_prompt_++;
  if (dialect_.alphabet.empty()) return prompts_.Words(id, kFewWords);
  return prompts_.TokenIds(id, kFewWords, dialect_.alphabet);
}

/// Finds the fields that the server takes: first everything its engine should know, then less.
Result<> Prober::FindFields() {
  dialect_.ignore_eos = dialect_.sampling = dialect_.stream_usage = true;
  dialect_.cache_prompt = dialect_.engine == EngineKind::kLlamaCpp;
  for (;;) {
    RS_ASSIGN_OR_RETURN(const Trial trial, Send(FewWords()));
    if (trial.status == 200) return JudgeTrial(trial);
    const bool refused = trial.status == 400 || trial.status == 422;
    if (!refused || !GiveUpField(trial.message)) {
      return StatusError(Where(), trial.status, trial.message);
    }
  }
}

/// What the first answered trial shows: usage, and how token ids are counted.
Result<> Prober::JudgeTrial(const Trial& trial) {
  if (!trial.usage.known()) {
    dialect_.notes.push_back(
        "the server reports no usage: output tokens are counted by events, input lengths are "
        "those asked for");
  }
  if (dialect_.alphabet.empty()) return {};
  const std::int64_t added = trial.usage.prompt_tokens - kFewWords;
  if (trial.usage.known() && added >= 0 && added <= kMaxAddedTokens) {
    dialect_.added_tokens = added;
    return {};
  }
  dialect_.alphabet.clear();  // It counts ids in a way we do not understand: use text.
  return {};
}

Result<CountedText> Prober::SendWords(std::string text) {
  CountedText counted;
  counted.words = 1 + static_cast<double>(std::count(text.begin(), text.end(), ' '));
  counted.letters = static_cast<double>(text.size()) - counted.words + 1;
  RS_ASSIGN_OR_RETURN(const Trial trial, Send(std::move(text)));
  if (trial.status != 200) return StatusError(Where(), trial.status, trial.message);
  counted.tokens = static_cast<double>(trial.usage.prompt_tokens);
  return counted;
}

Result<> Prober::CalibrateText() {
  if (plan_.workload.prompt_form == spec::PromptForm::kTokenIds) {
    return Error{ErrorCode::kProtocol,
                 Where() +
                     ": the server takes no prompts of token ids (or has no /tokenize): use "
                     "--prompt-form text"};
  }
  RS_ASSIGN_OR_RETURN(const CountedText few,
                      SendWords(prompts_.Words(next_prompt_++, kFewestWords)));
  if (few.tokens <= 0) return {};
  // Near the plan's own length, so that a chat template's share can be told from the words' share,
  // but with room: long words may cost twice the usual.
  const auto wanted = static_cast<std::int64_t>(static_cast<double>(plan_.workload.input.tokens) /
                                                few.tokens * kFewestWords / 2);
  const std::int64_t many = std::clamp(wanted, 3 * kFewestWords, kMaxManyWords);
  const std::string choice = prompts_.Words(next_prompt_++, 8 * many);
  RS_ASSIGN_OR_RETURN(const CountedText short_words,
                      SendWords(WordsByLength(choice, many, kShortWord, /*longer=*/false)));
  RS_ASSIGN_OR_RETURN(const CountedText long_words,
                      SendWords(WordsByLength(choice, many, kLongWord, /*longer=*/true)));
  if (!Solve(few, short_words, long_words, dialect_.text)) {
    dialect_.notes.push_back(
        "the server's prompt_tokens do not grow with the prompt: input "
        "lengths are counted in words");
  }
  return {};
}

}  // namespace

Result<Dialect> ProbeServer(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                            const Clock& clock, const std::atomic<bool>* stop) {
  return Prober(plan, url, headers, clock, stop).Run();
}

}  // namespace roofscape::load
