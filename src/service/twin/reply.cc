#include "service/twin/reply.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace roofscape::twin {
namespace {

using spec::EventKind;

Nanos FromMs(double ms) { return Nanos(static_cast<std::int64_t>(ms * 1e6)); }

constexpr std::array<std::string_view, 8> kAsciiTokens = {" the",  " time", " of",   " year",
                                                          " road", " from", " here", " on"};
// As they stand in JSON: escapes that a reader must undo, and a surrogate pair.
constexpr std::array<std::string_view, 6> kEscapedTokens = {
    " \\\"a\\\"", "\\n", "\\t\\\\", " \\u00e9t\\u00e9", "\\ud83d\\ude00", "\\/"};
constexpr std::array<std::string_view, 4> kUtf8Tokens = {" Äpfel", " été", "日本", " 😀"};

/// How many tokens the answer has.
std::int64_t OutputTokens(const Behaviour& behaviour, const Ask& ask, const Dialect& dialect) {
  const std::int64_t told = behaviour.output_tokens.value_or(ask.max_tokens);
  if (!dialect.honours_eos) return told;
  if (ask.ignore_eos) return ask.max_tokens;
  return std::max(told, std::min(ask.min_tokens, ask.max_tokens));
}

ReplyContext ContextOf(const Script& script, const Behaviour& behaviour, const Ask& ask,
                       std::string_view id, std::int64_t total) {
  ReplyContext context;
  context.script = &script;
  context.behaviour = &behaviour;
  context.dialect = &DialectOf(script.dialect);
  context.ask = ask;
  context.id = id;
  context.stop = total < ask.max_tokens;
  return context;
}

}  // namespace

Reply::Reply(const Script& script, const Behaviour& behaviour, const Ask& ask,
             std::uint64_t id_hash, std::string_view id)
    : behaviour_(behaviour),
      total_(OutputTokens(behaviour, ask, DialectOf(script.dialect))),
      format_(MakeFormat(ContextOf(script, behaviour, ask, id, total_))),
      rng_(Rng(script.seed).Fork(id_hash)) {
  until_first_ = totals_.prompt = FromMs(behaviour.ttft_ms.Next(rng_, 0));
  reasoning_ = std::llround(behaviour.reasoning_tokens.Next(rng_, 0));
}

Nanos Reply::Gap() { return FromMs(behaviour_.gap_ms.Next(rng_, events_ - 1)); }

void Reply::AppendText(std::int64_t tokens, std::string& out) {
  const bool held = behaviour_.hold_back > 0 && (events_ + 1) % behaviour_.hold_back == 0;
  if (held) return;
  const auto pick = [this](const auto& list, std::int64_t i) {
    return list[static_cast<std::size_t>(totals_.made + i) % list.size()];
  };
  // A tool call's arguments are JSON inside JSON: no escapes there.
  const TextStyle style = behaviour_.tool_call ? TextStyle::kAscii : behaviour_.text;
  for (std::int64_t i = 0; i < tokens; ++i) {
    switch (style) {
      case TextStyle::kAscii: out += pick(kAsciiTokens, i); break;
      case TextStyle::kEscapes: out += pick(kEscapedTokens, i); break;
      case TextStyle::kUtf8: out += pick(kUtf8Tokens, i); break;
    }
  }
}

Piece Reply::Of(const ReplyFormat::Event& event, Nanos after) const {
  return {after, event.kind, 0, event.last ? Piece::Then::kEnd : Piece::Then::kGoOn};
}

Piece Reply::Next(std::string& out) {
  switch (stage_) {
    case Stage::kEarly: {
      if (const auto event = format_->Early(out)) return Of(*event, Nanos(0));
      stage_ = Stage::kComments;
      return Next(out);
    }
    case Stage::kComments: {
      const Nanos every = FromMs(behaviour_.comment_every_ms);
      if (every > Nanos(0) && until_first_ > every) {
        until_first_ -= every;
        format_->Waiting(out);
        return {every, EventKind::kComment, 0, Piece::Then::kGoOn};
      }
      stage_ = Stage::kOpening;
      return Next(out);
    }
    case Stage::kOpening: {
      if (const auto event = format_->Opening(out)) {
        return Of(*event, std::exchange(until_first_, Nanos(0)));
      }
      stage_ = Stage::kTokens;
      return Next(out);
    }
    case Stage::kTokens: return TokenPiece(out);
    case Stage::kClosing: {
      if (const auto event = format_->Closing(totals_, out)) return Of(*event, Nanos(0));
      return {Nanos(0), EventKind::kDone, 0, Piece::Then::kEnd};
    }
    case Stage::kFailing: return FailingPiece(out, Nanos(0));
  }
  return {};
}

Piece Reply::FailingPiece(std::string& out, Nanos gap) {
  stage_ = Stage::kFailing;
  if (const auto event = format_->Failing(out)) return Of(*event, gap);
  return {gap, EventKind::kError, 0, Piece::Then::kEnd};
}

/// What the script lets go wrong at this place, if anything.
Piece Reply::FaultPiece(std::string& out, bool& fault) {
  fault = true;
  const auto now = [this](const std::optional<std::int64_t>& at) {
    return at && totals_.made >= *at;
  };
  const Nanos gap = events_ == 0 ? until_first_ : Gap();
  if (now(behaviour_.reset_after)) return {gap, EventKind::kError, 0, Piece::Then::kReset};
  if (now(behaviour_.close_after)) return {gap, EventKind::kError, 0, Piece::Then::kClose};
  if (now(behaviour_.error_after)) return FailingPiece(out, gap);
  fault = false;
  return {};
}

/// Decides on the next event with tokens, but for its text.
void Reply::Plan() {
  planned_ = true;
  std::int64_t tokens = std::llround(behaviour_.tokens_per_event.Next(rng_, events_));
  tokens = std::clamp<std::int64_t>(tokens, 1, std::max<std::int64_t>(1, total_ - totals_.made));
  if (!format_->Packs()) tokens = 1;
  // An event is reasoning or answer, not both.
  const bool reasoning = totals_.made < reasoning_;
  if (reasoning) tokens = std::min(tokens, reasoning_ - totals_.made);
  wait_ = events_ == 0 ? until_first_ : Gap();
  if (behaviour_.stall_after && totals_.made >= *behaviour_.stall_after && !stalled_) {
    stalled_ = true;
    wait_ += FromMs(behaviour_.stall_ms);
  }
  if (events_ > 0) totals_.output += wait_;
  next_.kind = format_->Seen(reasoning ? EventKind::kReasoning : EventKind::kAnswer);
  next_.tokens = tokens;
  next_.before = totals_.made;
  next_.last = totals_.made + tokens >= total_;
}

Piece Reply::TokenPiece(std::string& out) {
  if (!planned_) {
    bool fault = false;
    if (behaviour_.reset_after || behaviour_.close_after || behaviour_.error_after) {
      const Piece piece = FaultPiece(out, fault);
      if (fault) return piece;
    }
    Plan();
  }
  const Nanos every = FromMs(behaviour_.comment_every_ms);
  if (every > Nanos(0) && wait_ > every) {
    wait_ -= every;
    format_->Waiting(out);
    return {every, EventKind::kComment, 0, Piece::Then::kGoOn};
  }
  if (const auto event = format_->Between(next_, out)) {
    return Of(*event, std::exchange(wait_, Nanos(0)));
  }
  planned_ = false;
  text_.clear();
  AppendText(next_.tokens, text_);
  next_.text = text_;
  if (totals_.made < reasoning_) totals_.reasoning += next_.tokens;
  totals_.made += next_.tokens;
  ++events_;
  format_->Tokens(next_, totals_, out);
  if (next_.last) stage_ = Stage::kClosing;
  return {wait_, next_.kind, next_.tokens, Piece::Then::kGoOn};
}

std::string Reply::Whole(Nanos& after) {
  WholeText text;
  while (totals_.made < total_) {
    Plan();
    const bool reasoning = next_.kind == EventKind::kReasoning;
    AppendText(next_.tokens, reasoning ? text.reasoning : text.answer);
    if (totals_.made < reasoning_) totals_.reasoning += next_.tokens;
    totals_.made += next_.tokens;
    ++events_;
  }
  after = totals_.prompt + totals_.output;
  return format_->Whole(text, totals_);
}

}  // namespace roofscape::twin
