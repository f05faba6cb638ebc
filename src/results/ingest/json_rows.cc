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
    broken_ = broken_ || (list_ && !ended_) || (ended_ && at_ < text_.size());
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
  if (!end) broken_ = true;
  at_ = end.value_or(text_.size());
  // A stray mark has no length by itself; going on from it would never end.
  if (at_ == begin) ++at_;
  return RowText{text_.substr(begin, at_ - begin), place_++,
                 base_ + static_cast<std::int64_t>(begin)};
}

}  // namespace roofscape::ingest
