#include "domain/workload/prompt_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace roofscape::workload {
namespace {

spec::Workload Shape(std::int64_t input, double input_low, std::int64_t output, double output_low) {
  spec::Workload workload;
  workload.input = {input, input_low};
  workload.output = {output, output_low};
  return workload;
}

std::vector<std::int32_t> Alphabet(std::size_t size) {
  std::vector<std::int32_t> ids(size);
  std::iota(ids.begin(), ids.end(), 1000);
  return ids;
}

TEST(PromptSourceTest, FixedLengthsAreExact) {
  const PromptSource source(Shape(128, 1.0, 32, 1.0), 7);
  for (std::int64_t id = 0; id < 100; ++id) {
    EXPECT_EQ(source.ShapeOf(id).input_tokens, 128);
    EXPECT_EQ(source.ShapeOf(id).output_tokens, 32);
    EXPECT_EQ(source.TokenIds(id, 128, Alphabet(50)).size(), 128U);
  }
}

TEST(PromptSourceTest, SpreadLengthsStayInTheirBoundsAndReachBoth) {
  const PromptSource source(Shape(10, 0.8, 5, 0.0), 3);
  std::set<std::int64_t> inputs;
  std::set<std::int64_t> outputs;
  for (std::int64_t id = 0; id < 1000; ++id) {
    inputs.insert(source.ShapeOf(id).input_tokens);
    outputs.insert(source.ShapeOf(id).output_tokens);
  }
  EXPECT_EQ(inputs, (std::set<std::int64_t>{8, 9, 10}));
  EXPECT_EQ(outputs, (std::set<std::int64_t>{1, 2, 3, 4, 5}));
}

TEST(PromptSourceTest, SameSeedSamePromptsWhateverTheOrder) {
  const PromptSource a(Shape(64, 0.5, 8, 0.5), 11);
  const PromptSource b(Shape(64, 0.5, 8, 0.5), 11);
  const PromptSource other(Shape(64, 0.5, 8, 0.5), 12);
  const std::string last = a.Words(99, 30);
  for (std::int64_t id = 0; id < 100; ++id) {
    EXPECT_EQ(a.Words(id, 30), b.Words(id, 30));
    EXPECT_EQ(a.ShapeOf(id).input_tokens, b.ShapeOf(id).input_tokens);
  }
  EXPECT_EQ(b.Words(99, 30), last);
  EXPECT_NE(other.Words(0, 30), a.Words(0, 30));
}

// Property: prompts differ within the digits of their number (90^4 > 10^6), and neighbours within a
// whole alphabet in the first token.
TEST(PromptSourceTest, PromptsDifferFromTheFirstTokenOn) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const PromptSource source(Shape(16, 1.0, 8, 1.0), seed);
    const auto alphabet = Alphabet(90);
    std::set<std::vector<std::int32_t>> prefixes;
    std::vector<std::int32_t> first;
    for (std::int64_t id = 0; id < 5000; ++id) {
      auto ids = source.TokenIds(id, 16, alphabet);
      first.push_back(ids[0]);
      ids.resize(4);
      prefixes.insert(ids);
    }
    EXPECT_EQ(prefixes.size(), 5000U);
    for (std::size_t i = 0; i + 90 <= first.size(); i += 90) {
      const std::set<std::int32_t> window(first.begin() + static_cast<std::ptrdiff_t>(i),
                                          first.begin() + static_cast<std::ptrdiff_t>(i + 90));
      EXPECT_EQ(window.size(), 90U);
    }
  }
}

TEST(PromptSourceTest, WordsHasTheAskedNumberOfKnownWords) {
  const PromptSource source(Shape(16, 1.0, 8, 1.0), 5);
  const std::string text = source.Words(3, 40);
  EXPECT_EQ(std::count(text.begin(), text.end(), ' '), 39);
  const std::string known = " " + Vocabulary() + " ";
  EXPECT_NE(known.find(" " + text.substr(0, text.find(' ')) + " "), std::string::npos);
}

// Property: whatever words a prompt happens to hold, its cost is within half a word of what was
// asked; with a cost per word alone, short prompts were up to half too short in a vocabulary of
// characters.
TEST(PromptSourceTest, TextCostsWhatWasAsked) {
  const PromptSource source(Shape(16, 1.0, 8, 1.0), 5);
  for (const TextCost& cost : {TextCost{1, 0}, TextCost{1, 1}, TextCost{0.4, 0.2}}) {
    const double longest = cost.per_word + 10 * cost.per_letter;
    for (std::int64_t id = 0; id < 2000; ++id) {
      const double asked = 20 + static_cast<double>(id % 50);
      const std::string text = source.Text(id, asked, cost);
      const auto blanks = static_cast<double>(std::count(text.begin(), text.end(), ' '));
      const double letters = static_cast<double>(text.size()) - blanks;
      EXPECT_NEAR((blanks + 1) * cost.per_word + letters * cost.per_letter, asked,
                  longest / 2 + 1e-9)
          << id << text;
    }
  }
}

}  // namespace
}  // namespace roofscape::workload
