#include "base/net/http_headers.h"

#include <algorithm>

namespace roofscape::net {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the next element of a comma-separated list off the front.
std::string_view TakeListItem(std::string_view* list) {
  const std::size_t comma = list->find(',');
  const std::string_view item = TrimBlanks(list->substr(0, comma));
  list->remove_prefix(comma == list->npos ? list->size() : comma + 1);
  return item;
}

/// One past the blank line that ends a head, or npos. Looks only from `from` on.
std::size_t FindHeadEnd(std::string_view text, std::size_t from) {
  for (;;) {
    const std::size_t lf = text.find('\n', from);
    if (lf == text.npos) return text.npos;
    const std::string_view after = text.substr(lf + 1, 2);
    if (after.starts_with('\n')) return lf + 2;
    if (after == "\r\n") return lf + 3;
    from = lf + 1;
  }
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string_view> FindHeader(std::span<const HeaderView> headers,
                                           std::string_view name) {
  for (const HeaderView& header : headers) {
    if (EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return std::nullopt;
}

bool ListHolds(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    if (EqualsIgnoreCase(TakeListItem(&list), item)) return true;
  }
  return false;
}

std::string_view TakeLine(std::string_view* text) {
  const std::size_t lf = text->find('\n');
  std::string_view line = text->substr(0, lf);
  text->remove_prefix(lf == text->npos ? text->size() : lf + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<HeaderView> ParseHeaderLine(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  const bool name_ok =
      colon != line.npos && !name.empty() &&
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
  const bool value_ok = line.find('\0') == line.npos && line.find('\r') == line.npos;
  if (!name_ok || !value_ok) return std::nullopt;
  return HeaderView{name, TrimBlanks(line.substr(colon + 1))};
}

bool ReadContentLength(std::string_view value, std::optional<std::uint64_t>* length) {
  do {
    const std::string_view item = TakeListItem(&value);
    std::uint64_t number = 0;
    bool ok = !item.empty();
    for (const char c : item) {
      if (c < '0' || c > '9' || number > kMaxHttpBodyBytes) {
        ok = false;
        break;
      }
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (!ok || number > kMaxHttpBodyBytes || length->value_or(number) != number) return false;
    *length = number;
  } while (!value.empty());
  return true;
}

HeadGatherer::Got HeadGatherer::Take(std::string_view* input, std::size_t max_bytes) {
  const std::size_t carried = carrying_ ? carry_.size() : 0;
  text_ = *input;
  if (carrying_) {
    // No more than the limit is ever copied, however much has come.
    carry_.append(input->substr(0, max_bytes + 1 - carried));
    text_ = carry_;
  }
  const std::size_t end = FindHeadEnd(text_, carried > 3 ? carried - 3 : 0);
  if (end != text_.npos && end <= max_bytes) {
    text_ = text_.substr(0, end);
    input->remove_prefix(end - carried);
    carrying_ = false;  // The bytes stay in carry_ until the next head.
    return Got::kHead;
  }
  if (end != text_.npos || text_.size() > max_bytes) return Got::kTooLong;
  if (!carrying_) carry_.assign(text_);
  carrying_ = true;
  text_ = carry_;
  input->remove_prefix(input->size());
  return Got::kNeedMore;
}

}  // namespace roofscape::net
