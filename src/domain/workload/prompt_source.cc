#include "domain/workload/prompt_source.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "base/core/check.h"

namespace roofscape::workload {
namespace {

// Short common words: one token each in most vocabularies that were trained on English.
constexpr std::array<std::string_view, 160> kWords = {
    "time",       "year",    "people",     "way",      "day",      "man",       "thing",
    "woman",      "life",    "child",      "world",    "school",   "state",     "family",
    "student",    "group",   "country",    "problem",  "hand",     "part",      "place",
    "case",       "week",    "company",    "system",   "program",  "question",  "work",
    "government", "number",  "night",      "point",    "home",     "water",     "room",
    "mother",     "area",    "money",      "story",    "fact",     "month",     "lot",
    "right",      "study",   "book",       "eye",      "job",      "word",      "business",
    "issue",      "side",    "kind",       "head",     "house",    "service",   "friend",
    "father",     "power",   "hour",       "game",     "line",     "end",       "member",
    "law",        "car",     "city",       "name",     "team",     "minute",    "idea",
    "kid",        "body",    "back",       "parent",   "face",     "others",    "level",
    "office",     "door",    "health",     "person",   "art",      "war",       "history",
    "party",      "result",  "change",     "morning",  "reason",   "research",  "girl",
    "guy",        "moment",  "air",        "teacher",  "force",    "education", "foot",
    "boy",        "age",     "policy",     "music",    "market",   "sense",     "nation",
    "plan",       "college", "interest",   "death",    "course",   "effect",    "use",
    "class",      "control", "field",      "role",     "effort",   "rate",      "heart",
    "drug",       "show",    "leader",     "light",    "voice",    "wife",      "police",
    "mind",       "price",   "report",     "decision", "son",      "view",      "town",
    "road",       "arm",     "difference", "value",    "building", "action",    "model",
    "season",     "society", "tax",        "director", "position", "player",    "record",
    "paper",      "space",   "ground",     "form",     "event",    "matter",    "center",
    "couple",     "site",    "project",    "star",     "table",    "need"};

constexpr double kShortestWord = 3;  // Letters.

// How many prompts are told apart by their leading digits.
constexpr double kDistinctPrompts = 1e9;

std::int64_t Draw(Rng& rng, const spec::Length& length) {
  const auto low =
      static_cast<std::int64_t>(std::ceil(length.low * static_cast<double>(length.tokens)));
  const std::int64_t first = std::clamp<std::int64_t>(low, 1, length.tokens);
  return first + static_cast<std::int64_t>(
                     rng.Below(static_cast<std::uint64_t>(length.tokens - first + 1)));
}

/// Indices into an alphabet of `size` symbols for prompt `id`: its number, then noise.
std::vector<std::size_t> Symbols(const Rng& base, std::int64_t id, std::int64_t count,
                                 std::size_t size) {
  RS_CHECK(count >= 1 && size >= 1 && id >= 0);
  Rng noise = base.Fork(2 * static_cast<std::uint64_t>(id) + 1);
  const std::uint64_t shift = Rng(base).Below(size);
  std::vector<std::size_t> symbols;
  symbols.reserve(static_cast<std::size_t>(count));
  auto rest = static_cast<std::uint64_t>(id);
  for (double reach = 1; reach < kDistinctPrompts && size > 1; reach *= static_cast<double>(size)) {
    if (symbols.size() == static_cast<std::size_t>(count)) break;
    symbols.push_back((rest % size + shift) % size);
    rest /= size;
  }
  while (symbols.size() < static_cast<std::size_t>(count)) symbols.push_back(noise.Below(size));
  return symbols;
}

}  // namespace

PromptSource::PromptSource(const spec::Workload& workload, std::uint64_t seed)
    : workload_(workload), rng_(seed) {}

RequestShape PromptSource::ShapeOf(std::int64_t id) const {
  Rng rng = rng_.Fork(2 * static_cast<std::uint64_t>(id));
  RequestShape shape;
  shape.input_tokens = Draw(rng, workload_.input);
  shape.output_tokens = Draw(rng, workload_.output);
  return shape;
}

std::vector<std::int32_t> PromptSource::TokenIds(std::int64_t id, std::int64_t count,
                                                 std::span<const std::int32_t> alphabet) const {
  std::vector<std::int32_t> ids;
  for (const std::size_t symbol : Symbols(rng_, id, count, alphabet.size())) {
    ids.push_back(alphabet[symbol]);
  }
  return ids;
}

std::string PromptSource::Words(std::int64_t id, std::int64_t count) const {
  return Text(id, static_cast<double>(count), {});
}

std::string PromptSource::Text(std::int64_t id, double tokens, const TextCost& cost) const {
  RS_CHECK(cost.per_word >= 0 && cost.per_letter >= 0 && cost.per_word + cost.per_letter > 0);
  const double least = cost.per_word + cost.per_letter * kShortestWord;
  const double most = std::max(1.0, std::ceil(tokens / least));
  std::string text;
  double left = tokens;
  for (const std::size_t symbol :
       Symbols(rng_, id, static_cast<std::int64_t>(most), kWords.size())) {
    const std::string_view word = kWords[symbol];
    const double price = cost.per_word + cost.per_letter * static_cast<double>(word.size());
    if (!text.empty() && left < price / 2) break;  // Without it we are nearer.
    if (!text.empty()) text += ' ';
    text += word;
    left -= price;
  }
  return text;
}

std::string Vocabulary() {
  std::string text;
  for (const std::string_view word : kWords) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

}  // namespace roofscape::workload
