#include "service/twin/script.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/names.h"

namespace roofscape::twin {
namespace {

constexpr double kMaxMs = 3'600'000;
// Of a lognormal: with 5 one value in six is 150 times the median, far beyond any server.
constexpr double kMaxSigma = 5;
constexpr double kMostDrawn = 1e9;  // So that a sum of times fits in nanoseconds.
constexpr std::int64_t kMaxTokens = 10'000'000;

// What no exception can have of its own.
constexpr std::array<const char*, 5> kOfTheServer = {"model", "dialect", "seed", "read_bytes",
                                                     "read_pause_ms"};

constexpr std::array<std::string_view, 4> kRoles = {"none", "empty", "null", "bare"};
constexpr std::array<std::string_view, 3> kFinishes = {"with_last", "separate", "missing"};
constexpr std::array<std::string_view, 4> kUsages = {"when_asked", "always", "every_chunk",
                                                     "never"};
constexpr std::array<std::string_view, 3> kTexts = {"ascii", "escapes", "utf8"};
constexpr std::array<std::string_view, 3> kLineEnds = {"lf", "crlf", "cr"};

/// `names`: in the order of the values. `out`: the value, or an optional one.
template <class Enum, std::size_t N, class Out>
void ReadChoice(ObjectReader& reader, std::string_view field,
                const std::array<std::string_view, N>& names, Out& out) {
  std::string word;
  reader.Optional(field, word);
  if (word.empty()) return;
  if (const auto value = FindName<Enum>(word, names)) {
    out = *value;
  } else {
    reader.Fail(field, UnknownName(word, names));
  }
}

void ReadSwitch(ObjectReader& reader, std::string_view field, std::optional<bool>& out) {
  if (!reader.Has(field)) return;
  bool value = false;
  reader.Optional(field, value);
  out = value;
}

/// A number, {uniform = [a, b]}, {cycle = [...]} or {lognormal = [median, sigma]}.
void ReadDraw(ObjectReader& reader, std::string_view field, double least, double most, Draw& out) {
  if (!reader.Has(field)) return;
  const Json* raw = reader.Raw(field);
  std::vector<double> numbers;
  if (raw->is_number()) {
    out = Draw::Fixed(raw->get<double>());
    numbers = {out.low};
  } else if (auto child = raw->is_object() ? reader.Child(field) : std::nullopt) {
    static constexpr std::array<std::pair<const char*, Draw::Kind>, 3> kKinds = {
        {{"uniform", Draw::Kind::kUniform},
         {"cycle", Draw::Kind::kCycle},
         {"lognormal", Draw::Kind::kLognormal}}};
    int kinds = 0;
    for (const auto& [name, kind] : kKinds) {
      if (!child->Has(name)) continue;
      child->Optional(name, numbers);
      out.kind = kind;
      ++kinds;
    }
    reader.Merge(*child);
    if (kinds > 1) {
      reader.Fail(field, "is drawn in two ways: give one of uniform, cycle and lognormal");
      return;
    }
    const bool pair = out.kind != Draw::Kind::kCycle;
    if (numbers.empty() || (pair && numbers.size() != 2)) {
      reader.Fail(field,
                  "must be a number, {uniform = [low, high]}, {cycle = [a, b, ...]} or "
                  "{lognormal = [median, sigma]}");
      return;
    }
    out.low = numbers[0];
    out.high = numbers.back();
    out.values = numbers;
    if (out.kind == Draw::Kind::kLognormal) {
      numbers.pop_back();
      if (!(out.low > 0 && out.high >= 0 && out.high <= kMaxSigma)) {
        reader.Fail(field, fmt::format("lognormal: the median must be above 0, and sigma between 0 "
                                       "and {:g}: it is the spread of the logarithm, 1 is wide",
                                       kMaxSigma));
      }
    }
    if (out.kind == Draw::Kind::kUniform && out.high < out.low) {
      reader.Fail(field, "uniform: the second number must not be below the first");
    }
  } else {
    reader.Fail(field, "must be a number or {uniform = ...}, {cycle = ...}, {lognormal = ...}");
    return;
  }
  for (const double number : numbers) {
    if (!(number >= least && number <= most)) {
      reader.Fail(field, fmt::format("must lie between {:g} and {:g}", least, most));
    }
  }
}

/// Of tokens: a fixed number or one of a cycle is sent as it stands; what is drawn is rounded.
void CheckWhole(ObjectReader& reader, std::string_view field, const Draw& draw) {
  std::vector<double> stated = draw.values;
  if (draw.kind == Draw::Kind::kFixed) stated = {draw.low};
  if (draw.kind != Draw::Kind::kFixed && draw.kind != Draw::Kind::kCycle) return;
  for (const double number : stated) {
    if (number == std::floor(number)) continue;
    reader.Fail(field, fmt::format("{:g} is no number of tokens: give whole ones, or draw them, "
                                   "e.g. {{cycle = [1, 2]}}",
                                   number));
  }
}

void ReadNumber(ObjectReader& reader, std::string_view field, double least, double most,
                double& out) {
  reader.Optional(field, out);
  if (!(out >= least && out <= most)) {
    reader.Fail(field, fmt::format("must lie between {:g} and {:g}", least, most));
  }
}

void ReadCount(ObjectReader& reader, std::string_view field, std::optional<std::int64_t>& out) {
  reader.Optional(field, out);
  if (out && (*out < 0 || *out > kMaxTokens)) {
    reader.Fail(field, fmt::format("must lie between 0 and {}", kMaxTokens));
  }
}

void ReadFaults(ObjectReader& reader, Behaviour& b) {
  reader.Optional("error_status", b.error_status);
  if (b.error_status != 0 && (b.error_status < 400 || b.error_status > 599)) {
    reader.Fail("error_status", "must be a status from 400 to 599, or 0 for none");
  }
  ReadCount(reader, "error_after", b.error_after);
  ReadCount(reader, "reset_after", b.reset_after);
  ReadCount(reader, "close_after", b.close_after);
  ReadCount(reader, "stall_after", b.stall_after);
  ReadNumber(reader, "stall_ms", 0, kMaxMs, b.stall_ms);
  // An exception may take a stall back with stall_ms = 0.
  const bool endless = reader.Has("stall_after") && !(b.stall_ms > 0);
  if (endless || (b.stall_ms > 0 && !b.stall_after)) {
    reader.Fail(endless ? "stall_after" : "stall_ms",
                "stall_after says after how many tokens, stall_ms for how long: give both");
  }
  if (b.error_after.has_value() + b.reset_after.has_value() + b.close_after.has_value() > 1) {
    reader.Fail("error_after",
                "error_after, reset_after and close_after each end the answer: give "
                "one; others belong in an exception of their own");
  }
  reader.Optional("refuses", b.refuses);
}

/// What the answer looks like, and how it is framed.
void ReadStyle(ObjectReader& reader, Behaviour& b) {
  ReadChoice<RoleStyle>(reader, "role", kRoles, b.role);
  ReadChoice<FinishStyle>(reader, "finish", kFinishes, b.finish);
  ReadChoice<UsageStyle>(reader, "usage", kUsages, b.usage);
  ReadChoice<TextStyle>(reader, "text", kTexts, b.text);
  ReadChoice<LineEnd>(reader, "line_end", kLineEnds, b.line_end);
  ReadSwitch(reader, "data_space", b.data_space);
  ReadSwitch(reader, "event_name", b.event_name);
  ReadSwitch(reader, "done", b.done);
  reader.Optional("token_ids", b.token_ids);
  reader.Optional("head_early", b.head_early);
  reader.Optional("incremental", b.incremental);
  reader.Optional("tool_call", b.tool_call);
  ReadCount(reader, "cached_tokens", b.cached_tokens);
}

/// `b` holds what is not given.
void ReadBehaviour(ObjectReader& reader, Behaviour& b) {
  ReadDraw(reader, "ttft_ms", 0, kMaxMs, b.ttft_ms);
  ReadDraw(reader, "gap_ms", 0, kMaxMs, b.gap_ms);
  ReadDraw(reader, "tokens_per_event", 1, 1000, b.tokens_per_event);
  CheckWhole(reader, "tokens_per_event", b.tokens_per_event);
  ReadDraw(reader, "reasoning_tokens", 0, static_cast<double>(kMaxTokens), b.reasoning_tokens);
  CheckWhole(reader, "reasoning_tokens", b.reasoning_tokens);
  ReadCount(reader, "output_tokens", b.output_tokens);
  reader.Optional("events_per_write", b.events_per_write);
  if (b.events_per_write < 1 || b.events_per_write > 10'000) {
    reader.Fail("events_per_write", "must lie between 1 and 10000");
  }
  reader.Optional("split_bytes", b.split_bytes);
  if (!std::is_sorted(b.split_bytes.begin(), b.split_bytes.end()) ||
      (!b.split_bytes.empty() && b.split_bytes.front() < 1)) {
    reader.Fail("split_bytes", "must be offsets of 1 or more, in rising order");
  }
  ReadNumber(reader, "split_gap_ms", 0, kMaxMs, b.split_gap_ms);
  reader.Optional("hold_back", b.hold_back);
  if (b.hold_back < 0) reader.Fail("hold_back", "must be 0 or more");
  ReadNumber(reader, "comment_every_ms", 0, kMaxMs, b.comment_every_ms);
  ReadStyle(reader, b);
  ReadFaults(reader, b);
}

void ReadExceptions(ObjectReader& reader, Script& script) {
  for (ObjectReader& child : reader.Children("exception")) {
    Exception exception;
    exception.behaviour = script.usual;
    child.Optional("share", exception.share);
    child.Optional("every", exception.every);
    if (!(exception.share >= 0 && exception.share <= 1)) {
      child.Fail("share", "must lie between 0 and 1");
    }
    if (exception.every < 0 || (exception.share > 0) == (exception.every > 0)) {
      child.Fail("every", "give either share (of the ids) or every (n-th arrival)");
    }
    for (const char* field : kOfTheServer) {
      if (!child.Has(field)) continue;
      child.Raw(field);
      child.Fail(field, "belongs to the whole server: give it once, above the exceptions");
    }
    // Its own way to end takes the place of the usual one.
    Behaviour& b = exception.behaviour;
    if (child.Has("error_after") || child.Has("reset_after") || child.Has("close_after")) {
      b.error_after = b.reset_after = b.close_after = std::nullopt;
    }
    ReadBehaviour(child, b);
    reader.Merge(child);
    script.exceptions.push_back(std::move(exception));
  }
}

}  // namespace

double Draw::Next(Rng& rng, std::int64_t index) const {
  switch (kind) {
    case Kind::kFixed: return low;
    case Kind::kUniform: return low + (high - low) * rng.Uniform();
    case Kind::kCycle: return values[static_cast<std::size_t>(index) % values.size()];
    case Kind::kLognormal: return std::min(low * std::exp(high * rng.Normal()), kMostDrawn);
  }
  return low;
}

Result<Script> ScriptFromDocument(const Document& document) {
  Script script;
  ObjectReader reader(document);
  reader.Optional("model", script.model);
  if (script.model.empty()) reader.Fail("model", "must not be empty: clients ask for it by name");
  ReadChoice<DialectName>(reader, "dialect", kDialectNames, script.dialect);
  reader.Optional("read_bytes", script.read_bytes);
  if (script.read_bytes < 0) reader.Fail("read_bytes", "must be 0 or more");
  ReadNumber(reader, "read_pause_ms", 0, kMaxMs, script.read_pause_ms);
  auto seed = static_cast<std::int64_t>(script.seed);
  reader.Optional("seed", seed);
  if (seed < 0) reader.Fail("seed", "must be 0 or more");
  script.seed = static_cast<std::uint64_t>(seed);
  ReadBehaviour(reader, script.usual);
  ReadExceptions(reader, script);
  for (ObjectReader& child : reader.Children("freeze")) {
    Freeze freeze;
    child.Required("from_s", freeze.from_s);
    child.Required("to_s", freeze.to_s);
    if (!(freeze.from_s >= 0 && freeze.to_s > freeze.from_s && freeze.to_s < 1e6)) {
      child.Fail("to_s", "must be more than from_s, both in seconds from 0");
    }
    reader.Merge(child);
    script.freezes.push_back(freeze);
  }
  RS_RETURN_IF_ERROR(reader.Finish());
  return script;
}

Result<Script> ParseScript(std::string_view text, const std::string& source) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && text[first] == '{';
  auto document = json ? ParseJson(text, source) : ParseToml(text, source);
  if (!document) return document.error();
  return ScriptFromDocument(*document);
}

std::uint64_t HashOf(std::string_view id) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : id) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

const Behaviour& BehaviourOf(const Script& script, std::uint64_t id_hash, std::int64_t arrival) {
  for (std::size_t i = 0; i < script.exceptions.size(); ++i) {
    const Exception& exception = script.exceptions[i];
    if (exception.every > 0 && (arrival + 1) % exception.every == 0) return exception.behaviour;
    Rng rng = Rng(script.seed).Fork(id_hash + i);
    if (exception.share > 0 && rng.Uniform() < exception.share) return exception.behaviour;
  }
  return script.usual;
}

}  // namespace roofscape::twin
