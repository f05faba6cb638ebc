#include "results/store/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace roofscape::store {
namespace {

TEST(Utf8Test, KeepsWhatIsUtf8AndReplacesTheRest) {
  const std::string mark = "\xEF\xBF\xBD";
  const struct {
    std::string text;
    std::string plain;
  } cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"\x7F \xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEF\xBF\xBF \xF0\x90\x80\x80 "
       "\xF4\x8F\xBF\xBF",
       "\x7F \xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEF\xBF\xBF \xF0\x90\x80\x80 "
       "\xF4\x8F\xBF\xBF"},
      {std::string("a\0b", 3), "a" + mark + "b"},
      {"bad \xFF\xFE bytes", "bad " + mark + mark + " bytes"},
      {"cut \xE2\x82", "cut " + mark + mark},
      {"overlong \xC0\xAF", "overlong " + mark + mark},
      {"surrogate \xED\xA0\x80", "surrogate " + mark + mark + mark},
      {"beyond \xF4\x90\x80\x80", "beyond " + mark + mark + mark + mark},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(IsPlainUtf8(c.text), c.text == c.plain) << c.plain;
    EXPECT_EQ(ToPlainUtf8(c.text), c.plain);
    EXPECT_TRUE(IsPlainUtf8(c.plain)) << c.plain;
  }
}

TEST(Utf8Test, ABadByteIsSeenWhereverItStands) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, '~');
      EXPECT_TRUE(IsPlainUtf8(text));
      for (const char bad : {'\0', '\x80', '\xFF'}) {
        text[at] = bad;
        EXPECT_FALSE(IsPlainUtf8(text)) << size << " " << at;
      }
      text[at] = '\x01';
      EXPECT_TRUE(IsPlainUtf8(text));
    }
  }
}

}  // namespace
}  // namespace roofscape::store
