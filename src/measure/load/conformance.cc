#include "measure/load/conformance.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "measure/load/server_pages.h"
#include "measure/load/server_probe.h"
#include "measure/load/trials.h"

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;
using spec::Api;
using spec::EventKind;
using spec::Outcome;

constexpr std::int64_t kPromptTokens = 24;
constexpr std::int64_t kOutputTokens = 24;
constexpr std::int64_t kRepeatedTokens = 256;  // Longer than the blocks in which caches keep.
constexpr std::array<std::int64_t, 3> kLongAnswers = {2000, 1000, 400};  // As its context allows.
constexpr Nanos kAbortWait = 5s;
constexpr Nanos kAbortLook = 100ms;
constexpr std::int64_t kFirstPrompt = 910'000'000;  // Nobody else's.

/// What the events of one answer looked like.
struct Seen {
  std::string role = "no opening chunk";
  std::string named;  // The `event:` name of the first event that had one.
  std::int64_t usage_events = 0;
  std::int64_t token_events_with_usage = 0;
  std::int64_t token_events = 0;
  bool finish_apart = false;

  void Take(const net::SseEvent& raw, const StreamEvent& read) {
    if (named.empty() && raw.type != "message") named = std::string(raw.type);
    if (read.kind == EventKind::kRole && token_events == 0) {
      role = raw.data.find("\"content\":null") != std::string_view::npos
                 ? "an opening chunk with null content"
                 : "an opening chunk without text";
    }
    if (read.kind == EventKind::kUsage) ++usage_events;
    if (read.kind == EventKind::kFinish) finish_apart = true;
    if (!spec::CarriesTokens(read.kind)) return;
    ++token_events;
    if (read.usage.completion_tokens != spec::kUnknown) ++token_events_with_usage;
  }
};

class Checker {
 public:
  Checker(const spec::Plan& plan, const ServerPages& pages, Trials& trials, const Clock& clock,
          Conformance& result)
      : plan_(plan),
        pages_(pages),
        trials_(trials),
        clock_(clock),
        result_(result),
        dialect_(result.dialect),
        prompts_(plan.workload, plan.seed) {}

  Result<> Run() {
    using Check = Result<> (Checker::*)();
    for (const Check check :
         {&Checker::Stream, &Checker::ChunkUsage, &Checker::TokenIds, &Checker::ExactLength,
          &Checker::MinTokens, &Checker::IdPrompts, &Checker::PromptCache, &Checker::KeepAlive,
          &Checker::Refusals, &Checker::Abort}) {
      RS_RETURN_IF_ERROR((this->*check)());
    }
    return {};
  }

 private:
  Result<> Stream();
  void BeginAndEnd(const Trial& trial);
  void FinalUsage(const Trial& trial);
  Result<> ChunkUsage();
  Result<> TokenIds();
  Result<> ExactLength();
  Result<> MinTokens();
  Result<> IdPrompts();
  Result<> PromptCache();
  Result<> KeepAlive();
  Result<> Refusals();
  Result<> Refusal(std::string_view what, const std::string& merge);
  Result<> Abort();
  std::optional<double> RunningWhenSettled(double before);

  bool OpenAiForm() const { return spec::HasStreamOptions(plan_.target.api); }
  void Add(std::string_view name, Standing standing, std::string seen, std::string then = "") {
    result_.promises.push_back({std::string(name), standing, std::move(seen),
                                standing == Standing::kKept ? std::string() : std::move(then)});
  }
  Prompt NewPrompt(std::int64_t tokens) {
    const std::int64_t id = next_prompt_++;
    if (!dialect_.alphabet.empty()) return prompts_.TokenIds(id, tokens, dialect_.alphabet);
    const double words = static_cast<double>(tokens) - dialect_.text.overhead_tokens;
    return prompts_.Text(id, std::max(1.0, words), dialect_.text.cost);
  }
  Result<Trial> Send(const Dialect& dialect, const TrialAsk& ask) {
    seen_ = Seen();
    trials_.Observe(
        [this](const net::SseEvent& raw, const StreamEvent& read) { seen_.Take(raw, read); });
    auto trial = trials_.Send(dialect, ask);
    trials_.Observe({});
    return trial;
  }
  Result<Trial> Send(const Dialect& dialect) {
    return Send(dialect, {NewPrompt(kPromptTokens), kOutputTokens, "", 0});
  }

  const spec::Plan& plan_;
  const ServerPages& pages_;
  Trials& trials_;
  const Clock& clock_;
  Conformance& result_;
  const Dialect& dialect_;
  workload::PromptSource prompts_;
  std::int64_t next_prompt_ = kFirstPrompt;
  Seen seen_;
};

/// How an answer begins and ends.
Result<> Checker::Stream() {
  RS_ASSIGN_OR_RETURN(const Trial trial, Send(dialect_));
  if (trial.ok()) {
    BeginAndEnd(trial);
  } else {
    Add("stream", Standing::kBroken, trial.message, "nothing can be measured");
  }
  FinalUsage(trial);
  return {};
}

void Checker::BeginAndEnd(const Trial& trial) {
  Add("stream", Standing::kKept,
      fmt::format("{} token events for {} tokens; {}{}", seen_.token_events,
                  trial.usage.completion_tokens == spec::kUnknown
                      ? "an unknown number of"
                      : WithCommas(trial.usage.completion_tokens),
                  seen_.role, seen_.named.empty() ? "" : "; events have names"));
  const bool named = NamesAnEventStream(trial.content_type);
  Add("content type", named ? Standing::kKept : Standing::kBroken,
      named ? "text/event-stream"
      : trial.content_type.empty()
          ? "events come, but the head does not say so"
          : fmt::format("events come, but the head says '{}'", Printable(trial.content_type, 60)),
      "bench reads them; clients that go by the head see no stream");
  const bool needs_done = OpenAiForm() || plan_.target.api == Api::kSglang;
  Add("finish reason", trial.finish ? Standing::kKept : Standing::kBroken,
      !trial.finish                             ? "none came"
      : seen_.finish_apart                      ? "in a chunk of its own"
      : seen_.usage_events > 0 && !OpenAiForm() ? "in the last event, with the counts"
                                                : "with the last token",
      "an answer that was cut off cannot be told from a whole one by it");
  Add("[DONE]", trial.done || !needs_done ? Standing::kKept : Standing::kBroken,
      trial.done   ? "ends the stream"
      : needs_done ? "does not come"
                   : "is not part of this API",
      "the end is the close of the body");
}

void Checker::FinalUsage(const Trial& trial) {
  const bool counts = trial.usage.completion_tokens != spec::kUnknown &&
                      trial.usage.prompt_tokens != spec::kUnknown;
  Add("usage", counts ? Standing::kKept : Standing::kBroken,
      counts ? fmt::format("{} prompt and {} output tokens at the end", trial.usage.prompt_tokens,
                           trial.usage.completion_tokens)
             : "no counts of prompt and output tokens",
      "tokens are counted by events, and input lengths are those asked for");
}

Result<> Checker::ChunkUsage() {
  if (!OpenAiForm() && plan_.target.api != Api::kSglang) return {};
  Dialect dialect = dialect_;
  dialect.chunk_usage = dialect.stream_usage = OpenAiForm();
  dialect.token_ids = false;
  RS_ASSIGN_OR_RETURN(const Trial trial, Send(dialect));
  const bool each =
      trial.ok() && seen_.token_events > 0 && seen_.token_events_with_usage == seen_.token_events;
  Add("usage in every chunk",
      !trial.ok() || !each ? Standing::kAbsent
      : trial.AddsUp()     ? Standing::kKept
                           : Standing::kBroken,
      !trial.ok() ? trial.message
      : !each     ? fmt::format("{} of {} token events had counts", seen_.token_events_with_usage,
                                seen_.token_events)
                  : fmt::format("growing counts, {} at the end", trial.event_tokens),
      "where events carry several tokens, only ids can tell them apart");
  return {};
}

Result<> Checker::TokenIds() {
  if (!OpenAiForm() && plan_.target.api != Api::kLlamaCpp && plan_.target.api != Api::kTgi) {
    return {};
  }
  Dialect dialect = dialect_;
  dialect.token_ids = true;
  dialect.chunk_usage = false;
  RS_ASSIGN_OR_RETURN(const Trial trial, Send(dialect));
  const bool each = trial.ok() && trial.token_source == spec::TokenSource::kTokenIds;
  Add("token ids",
      !each            ? Standing::kAbsent
      : trial.AddsUp() ? Standing::kKept
                       : Standing::kBroken,
      !trial.ok() ? trial.message
      : !each     ? "asked for, and none came"
                  : fmt::format("{} ids in {} events, {} tokens by usage", trial.event_tokens,
                                seen_.token_events, trial.usage.completion_tokens),
      "tokens are counted another way");
  return {};
}

Result<> Checker::ExactLength() {
  if (!dialect_.ignore_eos) {
    Add("exact length", Standing::kAbsent, "the server takes no ignore_eos",
        "answers may end early, and loads of different runs differ");
    return {};
  }
  std::string seen;
  bool exact = true;
  for (const std::int64_t asked : {1, 7, 64}) {
    RS_ASSIGN_OR_RETURN(const Trial trial,
                        Send(dialect_, {NewPrompt(kPromptTokens), asked, "", 0}));
    const std::int64_t got = trial.usage.completion_tokens != spec::kUnknown
                                 ? trial.usage.completion_tokens
                                 : trial.event_tokens;
    exact = exact && trial.ok() && got == asked;
    seen += fmt::format("{}{} for {}", seen.empty() ? "" : ", ",
                        trial.ok() ? fmt::format("{}", got) : trial.message, asked);
  }
  Add("exact length", exact ? Standing::kKept : Standing::kBroken, seen,
      "answers may end early, and loads of different runs differ");
  return {};
}

/// min_tokens alone, without ignore_eos.
Result<> Checker::MinTokens() {
  if (!OpenAiForm()) return {};
  Dialect dialect = dialect_;
  dialect.ignore_eos = false;
  RS_ASSIGN_OR_RETURN(const Trial trial,
                      Send(dialect, {NewPrompt(kPromptTokens), kOutputTokens,
                                     fmt::format(R"({{"min_tokens":{}}})", kOutputTokens), 0}));
  const bool enough = trial.ok() && trial.usage.completion_tokens >= kOutputTokens;
  Add("min_tokens",
      !trial.ok() ? Standing::kAbsent
      : enough    ? Standing::kKept
                  : Standing::kBroken,
      trial.ok()
          ? fmt::format("{} tokens of at least {}", trial.usage.completion_tokens, kOutputTokens)
          : trial.message,
      "ignore_eos must do");
  return {};
}

Result<> Checker::IdPrompts() {
  if (!spec::TakesTokenIds(plan_.target.api)) return {};
  if (dialect_.alphabet.empty()) {
    Add("prompts of ids", Standing::kAbsent, "no /tokenize, or ids are refused or miscounted",
        "prompts are text, nearly as long as asked");
    return {};
  }
  RS_ASSIGN_OR_RETURN(const Trial trial, Send(dialect_, {NewPrompt(100), 1, "", 0}));
  const std::int64_t wanted = 100 + dialect_.added_tokens;
  Add("prompts of ids",
      trial.ok() && trial.usage.prompt_tokens == wanted ? Standing::kKept : Standing::kBroken,
      fmt::format("100 ids are {} prompt tokens", trial.usage.prompt_tokens),
      "input lengths are not exact");
  return {};
}

/// The same prompt twice: what the second answer took from a cache.
Result<> Checker::PromptCache() {
  const Prompt prompt = NewPrompt(kRepeatedTokens);
  for (int i = 0; i < 2; ++i) {
    RS_ASSIGN_OR_RETURN(const Trial trial, Send(dialect_, {prompt, 4, "", 0}));
    if (i == 0) continue;
    const std::int64_t cached = trial.usage.cached_tokens;
    Add("prompt cache off",
        cached == spec::kUnknown ? Standing::kUnknown
        : cached == 0            ? Standing::kKept
                                 : Standing::kBroken,
        cached == spec::kUnknown ? "the server does not tell cached tokens"
                                 : fmt::format("{} of {} tokens of a repeated prompt came from it",
                                               cached, trial.usage.prompt_tokens),
        "no two prompts of bench are alike, so that it finds nothing; other tools' warm-ups do");
  }
  return {};
}

Result<> Checker::KeepAlive() {
  RS_ASSIGN_OR_RETURN(const Trial first, Send(dialect_));
  RS_ASSIGN_OR_RETURN(const Trial second, Send(dialect_));
  const bool kept = first.ok() && second.ok() && !second.new_connection;
  Add("keep-alive", kept ? Standing::kKept : Standing::kBroken,
      kept ? "the next request went over the same connection"
           : "the server closed the connection after its answer",
      "each request pays for a connection, told apart as connect time");
  return {};
}

/// What is wrong with a request has to be said by the status, before a stream begins.
Result<> Checker::Refusal(std::string_view what, const std::string& merge) {
  RS_ASSIGN_OR_RETURN(const Trial trial, Send(dialect_, {NewPrompt(kPromptTokens), 4, merge, 0}));
  const bool refused = trial.status >= 400 && trial.status < 500;
  Add(what, refused ? Standing::kKept : Standing::kBroken,
      trial.outcome == Outcome::kServerError
          ? fmt::format("status {} and an error inside the stream: {}", trial.status, trial.message)
      : trial.ok() ? fmt::format("status {} and an answer all the same", trial.status)
                   : trial.message,
      "tools that look at the status alone count it as a success");
  return {};
}

Result<> Checker::Refusals() {
  if (OpenAiForm() || plan_.target.api == Api::kResponses || plan_.target.api == Api::kMessages) {
    RS_RETURN_IF_ERROR(Refusal("unknown model refused", R"({"model":"no-such-model"})"));
  }
  // Whatever the API calls it, text is no length.
  const std::array<std::pair<Api, const char*>, 7> wrong = {{
      {Api::kChat, R"({"max_tokens":"many"})"},
      {Api::kCompletions, R"({"max_tokens":"many"})"},
      {Api::kResponses, R"({"max_output_tokens":"many"})"},
      {Api::kMessages, R"({"max_tokens":"many"})"},
      {Api::kSglang, R"({"sampling_params":{"max_new_tokens":"many"}})"},
      {Api::kTgi, R"({"parameters":{"max_new_tokens":"many"}})"},
      {Api::kLlamaCpp, R"({"n_predict":"many"})"},
  }};
  for (const auto& [api, merge] : wrong) {
    if (api == plan_.target.api) RS_RETURN_IF_ERROR(Refusal("wrong field refused", merge));
  }
  return {};
}

/// What the server's counter says once it is back at `before`, or when there is no more waiting.
std::optional<double> Checker::RunningWhenSettled(double before) {
  std::optional<double> running;
  const Instant limit = clock_.Now() + kAbortWait;
  do {
    running = RunningRequests(pages_, dialect_.engine);
    if (!running || *running <= before) return running;
    trials_.Pause(kAbortLook);
  } while (clock_.Now() < limit);
  return running;
}

/// A client that hangs up must not leave work behind.
Result<> Checker::Abort() {
  constexpr std::string_view kName = "abort on close";
  constexpr const char* kThen = "requests given up go on and load the server";
  constexpr const char* kMay = "requests given up may go on and load the server";
  const auto before = RunningRequests(pages_, dialect_.engine);
  if (!before) {
    Add(kName, Standing::kUnknown, "the server shows no counter of running requests", kMay);
    return {};
  }
  Trial trial;
  for (const std::int64_t tokens : kLongAnswers) {
    RS_ASSIGN_OR_RETURN(trial, Send(dialect_, {NewPrompt(kPromptTokens), tokens, "", 4}));
    if (trial.outcome != Outcome::kHttpError) break;
  }
  if (trial.outcome != Outcome::kCancelled) {
    Add(kName, Standing::kUnknown,
        fmt::format("a long answer could not be interrupted: {}",
                    trial.ok() ? "it had ended before" : trial.message),
        kMay);
    return {};
  }
  const Instant hung_up = clock_.Now();
  const auto after = RunningWhenSettled(*before);
  const bool ended = after && *after <= *before;
  Add(kName, ended ? Standing::kKept : Standing::kBroken,
      ended ? fmt::format("gone {} after the close",
                          HumanSeconds(ToSeconds(clock_.Now() - hung_up).value()))
            : fmt::format("still running {} s after the close", ToSeconds(kAbortWait).value()),
      kThen);
  return {};
}

}  // namespace

std::string RequestForm(const Dialect& dialect) {
  std::string form = dialect.alphabet.empty() ? "prompts of text" : "prompts of token ids";
  if (dialect.ignore_eos) form += ", ignore_eos";
  if (dialect.ignore_eos && dialect.min_tokens) form += ", min_tokens";
  if (dialect.stream_usage) form += ", usage";
  if (dialect.chunk_usage) form += " in every chunk";
  if (dialect.token_ids) form += ", token ids in every chunk";
  if (dialect.cache_prompt) form += ", cache_prompt";
  if (dialect.length_field != "max_tokens") form += ", " + dialect.length_field;
  return form;
}

std::string_view Name(Standing standing) {
  constexpr std::array<std::string_view, 4> kNames = {"kept", "broken", "absent", "unknown"};
  return kNames[static_cast<std::size_t>(standing)];
}

Result<Conformance> CheckConformance(const spec::Plan& plan, const net::Url& url,
                                     const Headers& headers, const Clock& clock,
                                     const std::atomic<bool>* stop) {
  Conformance result;
  result.api = std::string(spec::Name(plan.target.api));
  // Nothing longer than what is sent below need fit the server's context.
  spec::Plan brief = plan;
  brief.workload.input.tokens = std::min(brief.workload.input.tokens, kRepeatedTokens);
  RS_ASSIGN_OR_RETURN(result.dialect, ProbeServer(brief, url, headers, clock, stop));
  const ServerPages pages(plan, url, headers, clock, stop);
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Trials> trials,
                      Trials::Create({plan, url, headers, stop}, clock));
  RS_RETURN_IF_ERROR(Checker(plan, pages, *trials, clock, result).Run());
  return result;
}

Json ToJson(const Conformance& conformance) {
  Json promises = Json::array();
  for (const Promise& promise : conformance.promises) {
    promises.push_back({{"name", promise.name},
                        {"standing", Name(promise.standing)},
                        {"seen", promise.seen},
                        {"then", promise.then}});
  }
  return {{"api", conformance.api},
          {"engine", conformance.dialect.facts},
          {"form", RequestForm(conformance.dialect)},
          {"notes", conformance.dialect.notes},
          {"promises", promises}};
}

}  // namespace roofscape::load
