#include "cli/table.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

#include <gtest/gtest.h>

namespace roofscape::cli {
namespace {

std::string Repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(StyleTest, TheWidthIsThatOfColumns) {
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  for (const auto& [text, width] :
       {std::pair{"50", 50U}, {"120", 120U}, {"7", 40U}, {"wide", 80U}, {"0", 80U}, {"", 80U}}) {
    setenv("COLUMNS", text, 1);
    EXPECT_EQ(StyleOf(file).width, width) << text;
  }
  unsetenv("COLUMNS");
  EXPECT_EQ(StyleOf(file).width, 80U);
  std::fclose(file);
}

TEST(TableTest, RightAlignsNumbersAndLeavesNoBlanksAtLineEnds) {
  Table table({{"name", Align::kLeft}, {"TTFT p50\nms"}, {"verdict", Align::kLeft}});
  table.AddRow({"a", "1.5", "VALID"});
  table.AddRow({"longer", "1,234", "INVALID"});
  EXPECT_EQ(table.ToText({}),
            "name    TTFT p50  verdict\n"
            "              ms\n"
            "a            1.5  VALID\n"
            "longer     1,234  INVALID\n");
}

TEST(TableTest, CutsTheLongestTextUntilTheTableFits) {
  Table table({{"id", Align::kLeft, false}, {"model", Align::kLeft}, {"n"}});
  table.AddRow({"20261123-190222-1a2b3c", std::string(100, 'm'), "12345678"});
  table.AddRow({std::string(40, 'i'), "m", "1"});
  const std::string text = table.ToText({});
  std::size_t longest = 0;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  EXPECT_EQ(longest, 80U);
  EXPECT_NE(text.find("20261123-190222-1a2b3c                    mmm"), std::string::npos) << text;
  EXPECT_NE(text.find(std::string(40, 'i') + "  m "), std::string::npos) << text;
  EXPECT_NE(text.find("m..  12345678"), std::string::npos) << text;
}

TEST(TableTest, NumbersAreNeverCutTheGapIs) {
  Table table({{"a"}, {"b"}, {"c", Align::kLeft}});
  table.AddRow({"123456", "1234567", "abcdefgh"});
  EXPECT_EQ(table.ToText({.bold = false, .width = 21}),
            "     a       b c\n123456 1234567 abcd..\n");
}

TEST(TableTest, CutsBetweenCharactersNotInsideOne) {
  Table table({{"name", Align::kLeft}, {"n"}});
  table.AddRow({Repeat("\xC3\xA4", 10), "1"});
  const std::string text = table.ToText({.bold = false, .width = 11});
  EXPECT_EQ(text, "name      n\n" + Repeat("\xC3\xA4", 6) + "..  1\n");
}

TEST(TableTest, ControlCharactersOfAServerDoNotReachTheTerminal) {
  Table table({{"model", Align::kLeft}});
  table.AddRow({"evil\x1b[2Jname\n"});
  EXPECT_EQ(table.ToText({}), "model\nevil.[2Jname.\n");
}

TEST(TableTest, BoldIsOnlyTheHeaderAndOnlyIfAsked) {
  Table table({{"n"}});
  table.AddRow({"1"});
  EXPECT_EQ(table.ToText({.bold = true, .width = 80}), "\x1b[1mn\x1b[0m\n1\n");
}

TEST(TableTest, CsvQuotesWhatNeedsIt) {
  Table table({{"a\nb", Align::kLeft}, {"c"}});
  table.AddRow({"x,\"y\"", "1"});
  EXPECT_EQ(table.ToCsv(), "a b,c\n\"x,\"\"y\"\"\",1\n");
}

TEST(FormatTest, Numbers) {
  const struct {
    double value;
    const char* text;
  } cases[] = {
      {0.0, "0"},
      {1.0, "1.00"},
      {12.345, "12.3"},
      {99.94, "99.9"},
      {99.96, "100"},
      {123.4, "123"},
      {12345.6, "12,346"},
      {0.01234, "0.0123"},
      {0.9994, "0.999"},
      {9.996, "10.0"},
      {-4.567, "-4.57"},
      {-12345.0, "-12,345"},
      {1e-9, "1.00e-09"},
      {0.000012, "0.0000120"},
      {std::numeric_limits<double>::infinity(), "inf"},
  };
  for (const auto& c : cases) EXPECT_EQ(FormatNumber(c.value), c.text) << c.value;
  EXPECT_EQ(FormatNumber(std::nullopt), "-");
}

TEST(FormatTest, UnitsAndMissingValues) {
  EXPECT_EQ(FormatMillis(0.0123), "12.3");
  EXPECT_EQ(FormatMillis(std::nullopt), "-");
  EXPECT_EQ(FormatWithUnit(45.67, "tokens/s"), "45.7 tokens/s");
  EXPECT_EQ(FormatWithUnit(0.0123, "s"), "12.3 ms");
  EXPECT_EQ(FormatWithUnit(0.0123, "s/token"), "12.3 ms/token");
  EXPECT_EQ(FormatWithUnit(std::nullopt, "s"), "-");
  EXPECT_EQ(FormatAge(0.5), "0 s");
  EXPECT_EQ(FormatAge(119.9), "119 s");
  EXPECT_EQ(FormatAge(120), "2 min");
  EXPECT_EQ(FormatAge(7'200), "2 h");
  EXPECT_EQ(FormatAge(86'400.0 * 20.5), "20 d");
  EXPECT_EQ(FormatPercent(0.0123), "1.23 %");
  EXPECT_EQ(FormatExact(0.1), "0.1");
  EXPECT_EQ(FormatExact(std::nullopt), "");
}

TEST(FormatTest, WrapBreaksAtBlanksAndIndents) {
  EXPECT_EQ(Wrap("one two three four", 9, 2), "one two\n  three\n  four");
  EXPECT_EQ(Wrap("averylongwordthatdoesnotfit x", 5, 1), "averylongwordthatdoesnotfit\n x");
  EXPECT_EQ(Wrap("", 9, 2), "");
}

TEST(Reflow, ProseThatIsTooLongGoesOnInTheNextLine) {
  EXPECT_EQ(Reflow("one two three four\nfive six\n\nseven", 14),
            "one two three\nfour five six\n\nseven");
  // Short lines stay apart, examples stay whole, and nothing runs into them.
  EXPECT_EQ(Reflow("a list:\nof two", 14), "a list:\nof two");
  EXPECT_EQ(Reflow("one two three four\n  an example as it is\nend", 14),
            "one two three\nfour\n  an example as it is\nend");
  EXPECT_EQ(Reflow("one two three four", 14), "one two three\nfour");
  EXPECT_EQ(Reflow("", 14), "");
  EXPECT_EQ(Reflow("ends\n", 14), "ends\n");
}

}  // namespace
}  // namespace roofscape::cli
