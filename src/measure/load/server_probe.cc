#include "measure/load/server_probe.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "measure/load/server_pages.h"
#include "measure/load/text_calibration.h"
#include "measure/load/trials.h"

namespace roofscape::load {
namespace {

using spec::Api;

// Lengths of trial prompts.
constexpr std::int64_t kFewWords = 20;
constexpr std::int64_t kFewestWords = 8;
constexpr std::int64_t kMaxManyWords = 4000;
constexpr std::int64_t kTrialTokens = 16;  // Enough to see several tokens an event.
constexpr std::int64_t kMaxAddedTokens = 4;
constexpr int kTries = 3;  // A server that fails now and then shall be measured all the same.
// Trials number their prompts from here, measured requests from 0.
constexpr std::int64_t kFirstTrialPrompt = 900'000'000;

/// Ordinary token ids of the server's vocabulary, by having it tokenize ordinary words; empty, with
/// a note, where it cannot.
std::vector<std::int32_t> FindAlphabet(const ServerPages& pages, Dialect& dialect) {
  const Json body = {{"content", workload::Vocabulary()},  // llama.cpp
                     {"model", dialect.model},             // vLLM, SGLang
                     {"prompt", workload::Vocabulary()},
                     {"inputs", workload::Vocabulary()},  // TGI
                     {"add_special", false},
                     {"add_special_tokens", false}};
  const Json answer = pages.TryJson("/tokenize", body.dump());
  std::set<std::int32_t> ids;
  if (answer.is_object() && answer.contains("tokens")) {
    for (const Json& id : answer["tokens"]) {
      if (id.is_number_integer()) ids.insert(id.get<std::int32_t>());
    }
  }
  if (ids.empty()) {
    dialect.notes.push_back("the server has no /tokenize: prompts are sent as text");
  }
  return {ids.begin(), ids.end()};
}

class Prober {
 public:
  Prober(const spec::Plan& plan, const ServerPages& pages, Trials& trials)
      : plan_(plan), pages_(pages), trials_(trials), prompts_(plan.workload, plan.seed) {}

  Result<Dialect> Run() {
    RS_RETURN_IF_ERROR(FindServer(pages_, plan_.target.model, dialect_));
    if (WantsTokenIds()) dialect_.alphabet = FindAlphabet(pages_, dialect_);
    RS_ASSIGN_OR_RETURN(const Trial trial, FindFields());
    RS_RETURN_IF_ERROR(FindTokenCounts(trial));
    if (dialect_.alphabet.empty()) RS_RETURN_IF_ERROR(CalibrateText());
    // For whoever compares the server's own counters with the request log.
    dialect_.facts["probe_output_tokens"] = fmt::format("{}", probe_tokens_);
    return std::move(dialect_);
  }

 private:
  bool WantsTokenIds() const {
    return spec::TakesTokenIds(plan_.target.api) &&
           plan_.workload.prompt_form != spec::PromptForm::kText;
  }
  bool OpenAiForm() const { return spec::HasStreamOptions(plan_.target.api); }
  Result<Trial> FindFields();
  bool GiveUpField(const std::string& message);
  void JudgeUsage(const Trial& trial);
  Result<> FindTokenCounts(const Trial& trial);
  Result<bool> TryTokenCounts(bool& field);
  Result<> CalibrateText();
  Result<> CorrectCalibration();
  Prompt FewWords();
  Result<CountedText> SendWords(std::string text);
  Result<Trial> Send(const Prompt& prompt);

  const spec::Plan& plan_;
  const ServerPages& pages_;
  Trials& trials_;
  workload::PromptSource prompts_;
  std::int64_t next_prompt_ = kFirstTrialPrompt;
  std::int64_t probe_tokens_ = 0;
  Dialect dialect_;
};

/// Whether the same request may well be answered a moment later. A time limit is not waited for
/// twice.
bool MayPass(const Trial& trial) {
  using spec::Outcome;
  return trial.outcome == Outcome::kServerError || trial.outcome == Outcome::kTruncated ||
         trial.outcome == Outcome::kReset || trial.status >= 500;
}

/// What the server says to one trial. An answer that cannot be read, again and again, is an error
/// here: none of a thousand others could be.
Result<Trial> Prober::Send(const Prompt& prompt) {
  Trial trial;
  for (int left = kTries; left > 0; --left) {
    RS_ASSIGN_OR_RETURN(trial, trials_.Send(dialect_, {prompt, kTrialTokens, "", 0}));
    probe_tokens_ += std::max(trial.usage.completion_tokens, trial.event_tokens);
    if (trial.ok() || !MayPass(trial)) break;
    if (left > 1) {
      dialect_.notes.push_back(fmt::format(
          "a trial before the measurement failed and was sent again: {}", trial.message));
    }
  }
  if (trial.ok() || trial.outcome == spec::Outcome::kHttpError) return trial;
  return UnreadableError(trials_.Where(), trial);
}

/// Gives up one thing that the server may have refused: what its message names, else the next in
/// line. False when nothing is left to give up.
bool Prober::GiveUpField(const std::string& message) {
  struct Field {
    bool* taken;
    std::string_view named;
    std::string_view loss;
  };
  const std::array<Field, 5> fields = {{
      {&dialect_.min_tokens, "min_tokens", "min_tokens: ignore_eos alone must do"},
      {&dialect_.ignore_eos, "ignore_eos", "ignore_eos: answers may end early"},
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
/// Returns the trial that was answered.
Result<Trial> Prober::FindFields() {
  // Of TGI's own form these are no fields, nor is min_tokens of llama.cpp's.
  const bool llamacpp = dialect_.engine == EngineKind::kLlamaCpp &&
                        (OpenAiForm() || plan_.target.api == Api::kLlamaCpp);
  dialect_.ignore_eos = dialect_.sampling = plan_.target.api != Api::kTgi;
  dialect_.min_tokens = dialect_.ignore_eos && !llamacpp && plan_.target.api != Api::kLlamaCpp;
  dialect_.stream_usage = OpenAiForm();
  dialect_.cache_prompt = llamacpp;
  for (;;) {
    RS_ASSIGN_OR_RETURN(Trial trial, Send(FewWords()));
    if (trial.ok()) {
      JudgeUsage(trial);
      return trial;
    }
    const bool refused = trial.status == 400 || trial.status == 422;
    if (!refused || !GiveUpField(trial.message)) {
      return StatusError(trials_.Where(), trial.status, trial.message);
    }
  }
}

/// What the first answered trial shows: usage, and how token ids are counted.
void Prober::JudgeUsage(const Trial& trial) {
  if (!trial.usage.known()) {
    dialect_.notes.push_back(
        "the server reports no usage: output tokens are counted by events, input lengths are "
        "those asked for");
  }
  if (dialect_.alphabet.empty()) return;
  const std::int64_t added = trial.usage.prompt_tokens - kFewWords;
  if (trial.usage.known() && added >= 0 && added <= kMaxAddedTokens) {
    dialect_.added_tokens = added;
  } else {
    dialect_.alphabet.clear();  // It counts ids in a way we do not understand: use text.
  }
}

/// Has the server tell the tokens of each chunk, where its events do not tell them apart or the
/// plan says so.
Result<> Prober::FindTokenCounts(const Trial& trial) {
  const spec::TokenCounts wanted = plan_.target.token_counts;
  // One token an event, or the events tell already.
  const bool plain = trial.AddsUp();
  if (wanted == spec::TokenCounts::kFinal || (wanted == spec::TokenCounts::kAuto && plain)) {
    return {};
  }
  if (trial.TellsChunkTokens()) return {};
  if (OpenAiForm() || plan_.target.api == Api::kLlamaCpp) {
    RS_ASSIGN_OR_RETURN(const bool ids, TryTokenCounts(dialect_.token_ids));
    if (ids) return {};
  }
  if (OpenAiForm() && dialect_.stream_usage) {
    RS_ASSIGN_OR_RETURN(const bool usage, TryTokenCounts(dialect_.chunk_usage));
    if (usage) return {};
  }
  dialect_.notes.push_back(
      fmt::format("the server does not tell the tokens of each chunk: each event counts as one "
                  "({} events carried {} tokens in a trial), so ITL is that of events",
                  trial.token_events, trial.usage.completion_tokens));
  return {};
}

/// Whether the server tells each chunk's tokens when `field` of the dialect is set; it stays set
/// then.
Result<bool> Prober::TryTokenCounts(bool& field) {
  field = true;
  RS_ASSIGN_OR_RETURN(const Trial trial, Send(FewWords()));
  field = trial.ok() && trial.TellsChunkTokens() && trial.AddsUp();
  return field;
}

Result<CountedText> Prober::SendWords(std::string text) {
  CountedText counted = CountWords(text);
  RS_ASSIGN_OR_RETURN(const Trial trial, Send(std::move(text)));
  if (!trial.ok()) return StatusError(trials_.Where(), trial.status, trial.message);
  counted.tokens = static_cast<double>(trial.usage.prompt_tokens);
  return counted;
}

Result<> Prober::CalibrateText() {
  if (plan_.workload.prompt_form == spec::PromptForm::kTokenIds) {
    return Error{ErrorCode::kProtocol,
                 trials_.Where() +
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
  RS_ASSIGN_OR_RETURN(const CountedText short_words, SendWords(ShortWords(choice, many)));
  RS_ASSIGN_OR_RETURN(const CountedText long_words, SendWords(LongWords(choice, many)));
  const auto found = Calibrate(few, short_words, long_words);
  if (!found) {
    dialect_.notes.push_back(
        "the server's prompt_tokens do not grow with the prompt: input "
        "lengths are counted in words");
    return {};
  }
  dialect_.text = *found;
  return CorrectCalibration();
}

/// Chosen words cost other than usual ones: holds the calibration against prompts as they will be
/// sent, and scales it.
Result<> Prober::CorrectCalibration() {
  constexpr int kPrompts = 3;
  const double overhead = dialect_.text.overhead_tokens;
  const double wanted =
      std::min<double>(static_cast<double>(plan_.workload.input.tokens), kMaxManyWords) - overhead;
  if (wanted < 1) return {};
  double got = 0;
  for (int i = 0; i < kPrompts; ++i) {
    RS_ASSIGN_OR_RETURN(const CountedText counted,
                        SendWords(prompts_.Text(next_prompt_++, wanted, dialect_.text.cost)));
    got += (counted.tokens - overhead) / kPrompts;
  }
  const double ratio = got / wanted;
  // Short prompts are whole words long, whatever the calibration.
  if (ratio > 0.3 && ratio < 3) {
    dialect_.text.cost.per_word *= ratio;
    dialect_.text.cost.per_letter *= ratio;
  }
  return {};
}

}  // namespace

Result<Dialect> ProbeServer(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                            const Clock& clock, const std::atomic<bool>* stop) {
  const ServerPages pages(plan, url, headers, clock, stop);
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Trials> trials,
                      Trials::Create({plan, url, headers, stop}, clock));
  return Prober(plan, pages, *trials).Run();
}

}  // namespace roofscape::load
