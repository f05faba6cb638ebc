#include "results/ingest/json_rows.h"

#include <array>
#include <cstddef>

namespace roofscape::ingest {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// What a byte outside strings means for where a value ends.
constexpr std::array<std::int8_t, 256> kMarks = [] {
  std::array<std::int8_t, 256> marks{};
  marks['{'] = marks['['] = 1;
  marks['}'] = marks[']'] = 2;
  marks['"'] = 3;
  return marks;
}();

std::size_t EndOfString(std::string_view text, std::size_t at) {
  for (++at;;) {
    at = text.find('"', at);
    if (at == std::string_view::npos) return at;
    std::size_t escapes = 0;
    while (text[at - 1 - escapes] == '\\') ++escapes;
    ++at;
    if (escapes % 2 == 0) return at;
  }
}

}  // namespace

std::optional<std::size_t> EndOfValue(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::nullopt;
  if (kMarks[static_cast<unsigned char>(text[at])] == 0) {
    const std::size_t end = text.find_first_of(",]} \t\r\n", at);
    return end == std::string_view::npos ? text.size() : end;
  }
  std::int64_t depth = 0;
  while (at < text.size()) {
    switch (kMarks[static_cast<unsigned char>(text[at])]) {
      case 1: ++depth; break;
      case 2: --depth; break;
      case 3:
        at = EndOfString(text, at);
        if (at == std::string_view::npos) return std::nullopt;
        if (depth == 0) return at;
        continue;
      default: break;
    }
    ++at;
    if (depth <= 0 && kMarks[static_cast<unsigned char>(text[at - 1])] == 2) return at;
  }
  return std::nullopt;
}

std::optional<RowText> MemberOf(std::string_view text, std::string_view name) {
  std::size_t at = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (at == std::string_view::npos || text[at] != '{') return std::nullopt;
  for (++at;;) {
    const auto skip = [&](std::string_view more) {
      at = text.find_first_not_of(more, at);
      return at != std::string_view::npos;
    };
    if (!skip(" \t\r\n,") || text[at] != '"') return std::nullopt;
    const auto key_end = EndOfValue(text, at);
    if (!key_end) return std::nullopt;
    const std::string_view key = text.substr(at + 1, *key_end - at - 2);
    at = *key_end;
    if (!skip(kBlanks) || text[at] != ':') return std::nullopt;
    ++at;
    if (!skip(kBlanks)) return std::nullopt;
    const auto end = EndOfValue(text, at);
    if (key == name) {
      // A value that was cut off is still what there is of it.
      const std::size_t size = end.value_or(text.size()) - at;
      return RowText{text.substr(at, size), 0, static_cast<std::int64_t>(at)};
    }
    if (!end || *end == at) return std::nullopt;
    at = *end;
  }
}

JsonRows::JsonRows(std::string_view text, std::int64_t offset) : text_(text), base_(offset) {
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  SkipBlanks();
  if (at_ < text_.size() && text_[at_] == '[') {
    list_ = true;
    ++at_;
  }
}

void JsonRows::SkipBlanks() {
  at_ = text_.find_first_not_of(kBlanks, at_);
  if (at_ == std::string_view::npos) at_ = text_.size();
}

std::optional<RowText> JsonRows::Next() {
  SkipBlanks();
  if (ended_ || at_ >= text_.size()) {
    broken_ = !cut_ && list_ && (!ended_ || at_ < text_.size());
    return std::nullopt;
  }
  if (list_ && place_ > 0 && text_[at_] == ',') {
    ++at_;
    SkipBlanks();
  }
  if (list_ && at_ < text_.size() && text_[at_] == ']') {
    ++at_;
    ended_ = true;
    return Next();
  }
  if (at_ >= text_.size()) return Next();
  const std::size_t begin = at_;
  const auto end = EndOfValue(text_, at_);
  if (!end) cut_ = true;
  at_ = end.value_or(text_.size());
  // A stray mark has no length by itself; going on from it would never end.
  if (at_ == begin) ++at_;
  return RowText{text_.substr(begin, at_ - begin), place_++,
                 base_ + static_cast<std::int64_t>(begin), !end};
}

}  // namespace roofscape::ingest
