#include "base/core/document.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace roofscape {
namespace {

struct BadText {
  const char* text;
  const char* message;  // a part of it
};

class BadJsonTest : public testing::TestWithParam<BadText> {};

TEST_P(BadJsonTest, IsRefusedWithItsLine) {
  const auto document = ParseJson(GetParam().text, "f.json");
  ASSERT_FALSE(document);
  EXPECT_NE(document.error().message.find(GetParam().message), std::string::npos)
      << document.error().message;
}

INSTANTIATE_TEST_SUITE_P(Cases, BadJsonTest,
                         testing::Values(BadText{"", "f.json: line 1: not valid JSON"},
                                         BadText{"{\n\n\"a\": }", "line 3"},
                                         BadText{"{\"a\":1,\n\"a\":2}", "field 'a' stands twice"},
                                         BadText{"[1,2", "line 1"},
                                         BadText{"{\"a\":1} x", "not valid JSON"},
                                         BadText{"{\"a\":\"\xff\"}", "not valid JSON"}));

TEST(DocumentTest, NestingIsBounded) {
  const std::string deep(100'000, '[');
  const auto document = ParseJson(deep, "deep");
  ASSERT_FALSE(document);
  EXPECT_NE(document.error().message.find("nested too deep"), std::string::npos);
}

TEST(DocumentTest, TomlErrorsNameTheLine) {
  const auto document = ParseToml("a = 1\nb = = 2\n", "f.toml");
  ASSERT_FALSE(document);
  EXPECT_NE(document.error().message.find("f.toml: line 2: not valid TOML"), std::string::npos)
      << document.error().message;
}

TEST(DocumentTest, JsonAndTomlReadTheSame) {
  const auto json = ParseJson(R"({"a":{"b":[1,2],"c":"x"},"d":1.5,"e":true})", "j");
  const auto toml = ParseToml("d = 1.5\ne = true\n[a]\nb = [1, 2]\nc = \"x\"\n", "t");
  ASSERT_TRUE(json && toml);
  EXPECT_EQ(nlohmann::json(json->value()), nlohmann::json(toml->value()));
}

TEST(ObjectReaderTest, ReadsObjectsInsideAndInLists) {
  const auto document = ParseJson("{\"o\":{\"n\":3},\"list\":[{\"k\":1},{\"k\":2}]}", "f");
  ASSERT_TRUE(document);
  ObjectReader reader(*document);
  std::int64_t n = 0;
  reader.ReadInside("o", [&n](ObjectReader& child) { child.Required("n", n); });
  reader.ReadInside("none", [](ObjectReader&) { ADD_FAILURE() << "is not there"; });
  const auto list = reader.ReadEach("list", [](ObjectReader& child) {
    std::int64_t k = 0;
    child.Required("k", k);
    return k;
  });
  EXPECT_TRUE(reader.Finish());
  EXPECT_EQ(n, 3);
  EXPECT_EQ(list, (std::vector<std::int64_t>{1, 2}));
}

TEST(ObjectReaderTest, ErrorsInsideListsReachTheEnd) {
  const auto document = ParseJson("{\"list\":[{\"k\":1},{\"j\":2}]}", "f");
  ASSERT_TRUE(document);
  ObjectReader reader(*document);
  reader.ReadEach("list", [](ObjectReader& child) {
    std::int64_t k = 0;
    child.Required("k", k);
    return k;
  });
  const Result<> finished = reader.Finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "f: list[1].k: is missing");
}

TEST(ObjectReaderTest, TheFirstErrorStaysAndNamesTheField) {
  const auto document =
      ParseJson("{\"a\":1,\n\"o\":{\"n\":\n\"x\"},\"list\":[{\"k\":1},{\"k\":true}]}", "f");
  ASSERT_TRUE(document);
  ObjectReader reader(*document);
  std::int64_t a = 0;
  reader.Required("a", a);
  EXPECT_EQ(a, 1);
  auto child = reader.Child("o");
  ASSERT_TRUE(child.has_value());
  std::int64_t n = 7;
  child->Optional("n", n);
  reader.Merge(*child);
  EXPECT_EQ(n, 7);
  for (ObjectReader& item : reader.Children("list")) {
    std::int64_t k = 0;
    item.Optional("k", k);
    reader.Merge(item);
  }
  const Result<> finished = reader.Finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "f: line 3: o.n: must be an integer, got 'x'");
}

TEST(ObjectReaderTest, ItemsOfListsAreNamedByIndex) {
  const auto document = ParseJson(R"({"list":[{"k":1},{"k":true}]})", "f");
  ASSERT_TRUE(document);
  ObjectReader reader(*document);
  for (ObjectReader& item : reader.Children("list")) {
    std::int64_t k = 0;
    item.Optional("k", k);
    reader.Merge(item);
  }
  EXPECT_EQ(reader.Finish().error().message, "f: line 1: list[1].k: must be an integer, got true");
}

TEST(ObjectReaderTest, UnknownFieldsGetASuggestion) {
  const auto document = ParseJson(R"({"concurency":1})", "f");
  ASSERT_TRUE(document);
  ObjectReader reader(*document);
  std::int64_t value = 0;
  reader.Optional("concurrency", value);
  EXPECT_EQ(reader.Finish().error().message,
            "f: line 1: concurency: unknown field. Did you mean 'concurrency'?");
}

TEST(ObjectReaderTest, ARootThatIsNoObjectIsAnError) {
  const auto document = ParseJson("[1]", "f");
  ASSERT_TRUE(document);
  ObjectReader reader(*document);
  EXPECT_EQ(reader.Finish().error().message, "f: must be an object, got a value of type array");
}

TEST(ObjectReaderTest, AnIntegerBeyondInt64IsRefused) {
  const auto document = ParseJson(R"({"n":18446744073709551615})", "f");
  ASSERT_TRUE(document);
  ObjectReader reader(*document);
  std::int64_t n = 0;
  reader.Optional("n", n);
  EXPECT_FALSE(reader.Finish());
}

}  // namespace
}  // namespace roofscape
