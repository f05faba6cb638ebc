#include "base/net/http_parser.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::net {
namespace {

constexpr std::size_t kQuotedChars = 60;
constexpr std::size_t kMaxInterimResponses = 32;
constexpr std::uint64_t kMaxBodyBytes = std::uint64_t{1} << 60;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

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

bool ListHolds(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    if (EqualsIgnoreCase(TakeListItem(&list), item)) return true;
  }
  return false;
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

/// Takes one line off the front, without its end.
std::string_view TakeLine(std::string_view* text) {
  const std::size_t lf = text->find('\n');
  std::string_view line = text->substr(0, lf);
  text->remove_prefix(std::min(text->size(), lf + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Whether the text can still become a status line.
bool LooksLikeHttp(std::string_view text) {
  constexpr std::string_view kMark = "HTTP/";
  return text.substr(0, kMark.size()) == kMark.substr(0, std::min(text.size(), kMark.size()));
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

std::optional<std::string_view> HttpHead::Find(std::string_view name) const {
  for (const HeaderView& header : headers) {
    if (EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return std::nullopt;
}

void HttpResponseParser::Reset(bool to_head_request) {
  state_ = State::kHead;
  to_head_request_ = to_head_request;
  started_ = false;
  keep_alive_ = false;
  truncated_ = false;
  head_carried_ = false;
  interim_ = 0;
  line_bytes_ = 0;
  remaining_ = 0;
  body_bytes_ = 0;
}

HttpResponseParser::Item HttpResponseParser::Fail(std::string message) {
  state_ = State::kFailed;
  keep_alive_ = false;
  error_ = std::move(message);
  return Item::kError;
}

HttpResponseParser::Item HttpResponseParser::Truncated(std::string message) {
  truncated_ = true;
  return Fail(std::move(message));
}

HttpResponseParser::Item HttpResponseParser::Next(std::string_view* input) {
  for (;;) {
    switch (state_) {
      case State::kHead: {
        const Item item = TakeHead(input);
        if (item != Item::kHead || head_.status >= 200) return item;
        state_ = State::kHead;  // An interim response: the real one follows.
        continue;
      }
      case State::kNoBody: state_ = State::kDone; return Item::kEnd;
      case State::kFixed:
        if (remaining_ > 0) return TakeData(input, State::kDone);
        state_ = State::kDone;
        return Item::kEnd;
      case State::kUntilClose:
        if (input->empty()) return Item::kNeedMore;
        remaining_ = input->size();
        return TakeData(input, State::kUntilClose);
      case State::kChunkData: return TakeData(input, State::kChunkDataEnd);
      case State::kDone: return Item::kEnd;
      case State::kFailed: return Item::kError;
      default: break;
    }
    if (input->empty()) return Item::kNeedMore;
    if (TakeUsualChunkLine(input)) continue;
    const char c = input->front();
    input->remove_prefix(1);
    if (!StepFraming(c)) return Item::kError;
  }
}

HttpResponseParser::Item HttpResponseParser::TakeData(std::string_view* input, State then) {
  if (input->empty()) return Item::kNeedMore;
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input->size()));
  body_ = input->substr(0, take);
  input->remove_prefix(take);
  remaining_ -= take;
  body_bytes_ += take;
  if (remaining_ == 0) state_ = then;
  return Item::kBody;
}

HttpResponseParser::Item HttpResponseParser::TakeHead(std::string_view* input) {
  if (input->empty()) return Item::kNeedMore;
  started_ = true;
  const std::size_t carried = head_carried_ ? carry_.size() : 0;
  std::string_view text = *input;
  if (head_carried_) {
    // No more than the limit is ever copied, however much has come.
    carry_.append(input->substr(0, limits_.head_bytes + 1 - carried));
    text = carry_;
  }
  if (!LooksLikeHttp(text)) {
    return Fail(fmt::format("what answered does not speak HTTP/1: it began with '{}'",
                            Printable(text, kQuotedChars)));
  }
  const std::size_t end = FindHeadEnd(text, carried > 3 ? carried - 3 : 0);
  if (end != text.npos && end <= limits_.head_bytes) {
    input->remove_prefix(end - carried);
    head_carried_ = false;  // The bytes stay in carry_ until the next head.
    return ParseHead(text.substr(0, end));
  }
  if (end != text.npos || text.size() > limits_.head_bytes) {
    return Fail(fmt::format("the answer's headers are longer than {} bytes", limits_.head_bytes));
  }
  if (!head_carried_) carry_.assign(text);
  head_carried_ = true;
  input->remove_prefix(input->size());
  return Item::kNeedMore;
}

HttpResponseParser::Item HttpResponseParser::ParseHead(std::string_view head) {
  headers_.clear();
  if (!ParseStatusLine(TakeLine(&head))) return Item::kError;
  for (;;) {
    const std::string_view line = TakeLine(&head);
    if (line.empty()) break;
    if (!ParseHeaderLine(line)) return Item::kError;
  }
  head_.headers = headers_;
  if (head_.status == 101) return Fail("the server switched to another protocol (status 101)");
  if (head_.status < 200 && ++interim_ > kMaxInterimResponses) {
    return Fail(fmt::format("more than {} interim responses (status 1xx)", kMaxInterimResponses));
  }
  if (head_.status >= 200 && !ChooseFraming()) return Item::kError;
  return Item::kHead;
}

bool HttpResponseParser::ParseStatusLine(std::string_view line) {
  const auto digit = [&](std::size_t i) { return line[i] >= '0' && line[i] <= '9'; };
  const bool ok = line.size() >= 12 && line.starts_with("HTTP/1.") && digit(7) && line[8] == ' ' &&
                  digit(9) && line[9] != '0' && digit(10) && digit(11) &&
                  (line.size() == 12 || line[12] == ' ');
  if (!ok) {
    Fail(fmt::format("the answer's first line is not an HTTP/1 status line: '{}'",
                     Printable(line, kQuotedChars)));
    return false;
  }
  head_.minor_version = line[7] - '0';
  head_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  head_.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  return true;
}

bool HttpResponseParser::ParseHeaderLine(std::string_view line) {
  if (headers_.size() >= limits_.headers) {
    Fail(fmt::format("the answer has more than {} headers", limits_.headers));
    return false;
  }
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  const bool name_ok =
      colon != line.npos && !name.empty() &&
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
  const bool value_ok = line.find('\0') == line.npos && line.find('\r') == line.npos;
  if (!name_ok || !value_ok) {
    Fail(
        fmt::format("the answer has a malformed header line: '{}'", Printable(line, kQuotedChars)));
    return false;
  }
  headers_.push_back({name, TrimBlanks(line.substr(colon + 1))});
  return true;
}

bool HttpResponseParser::ReadContentLength(std::string_view value, bool* seen) {
  // A list of equal numbers is what a proxy makes of a repeated header.
  do {
    const std::string_view item = TakeListItem(&value);
    std::uint64_t length = 0;
    bool ok = !item.empty();
    for (const char c : item) {
      if (c < '0' || c > '9' || length > kMaxBodyBytes) {
        ok = false;
        break;
      }
      length = length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (!ok || length > kMaxBodyBytes || (*seen && length != remaining_)) return false;
    remaining_ = length;
    *seen = true;
  } while (!value.empty());
  return true;
}

bool HttpResponseParser::ChooseFraming() {
  keep_alive_ = head_.minor_version >= 1;
  bool has_length = false;
  bool chunked = false;
  remaining_ = 0;
  for (const HeaderView& header : headers_) {
    if (EqualsIgnoreCase(header.name, "connection")) {
      if (ListHolds(header.value, "close")) keep_alive_ = false;
      if (head_.minor_version == 0 && ListHolds(header.value, "keep-alive")) keep_alive_ = true;
    } else if (EqualsIgnoreCase(header.name, "transfer-encoding")) {
      if (chunked || !EqualsIgnoreCase(header.value, "chunked")) {
        Fail(fmt::format("the answer has the transfer encoding '{}', only 'chunked' is known",
                         Printable(header.value, kQuotedChars)));
        return false;
      }
      chunked = true;
    } else if (EqualsIgnoreCase(header.name, "content-length")) {
      if (!ReadContentLength(header.value, &has_length)) {
        Fail(fmt::format("the answer has a bad or contradictory content-length: '{}'",
                         Printable(header.value, kQuotedChars)));
        return false;
      }
    }
  }
  if (to_head_request_ || head_.status == 204 || head_.status == 304) {
    remaining_ = 0;
    state_ = State::kNoBody;
  } else if (chunked) {
    // With both, the length is to be ignored and the connection not to be trusted further.
    if (has_length) keep_alive_ = false;
    remaining_ = 0;
    line_bytes_ = 0;
    state_ = State::kChunkSizeStart;
  } else if (has_length) {
    state_ = State::kFixed;
  } else {
    keep_alive_ = false;
    state_ = State::kUntilClose;
  }
  return true;
}

bool HttpResponseParser::TakeUsualChunkLine(std::string_view* input) {
  const char* p = input->data();
  const char* const end = p + input->size();
  if (state_ == State::kChunkDataEnd) {
    if (end - p < 2 || p[0] != '\r' || p[1] != '\n') return false;
    p += 2;
    // The usual end of a read: the next chunk has not come yet.
    state_ = State::kChunkSizeStart;
    line_bytes_ = 0;
    remaining_ = 0;
    input->remove_prefix(2);
    if (p == end) return true;
  } else if (state_ != State::kChunkSizeStart) {
    return false;
  }
  std::uint64_t size = 0;
  const char* const digits = p;
  while (p != end && p - digits < 8) {
    const int value = HexValue(*p);
    if (value < 0) break;
    size = size * 16 + static_cast<std::uint64_t>(value);
    ++p;
  }
  if (p == digits || end - p < 2 || p[0] != '\r' || p[1] != '\n') return false;
  p += 2;
  input->remove_prefix(static_cast<std::size_t>(p - input->data()));
  line_bytes_ = 0;
  remaining_ = size;
  state_ = size > 0 ? State::kChunkData : State::kTrailerLineStart;
  return true;
}

bool HttpResponseParser::StepFraming(char c) {
  switch (state_) {
    case State::kChunkDataEnd:
      if (c == '\r') {
        state_ = State::kChunkDataLf;
        return true;
      }
      [[fallthrough]];
    case State::kChunkDataLf:
      if (c != '\n') {
        Fail(
            fmt::format("a chunk of the answer is longer than it announced: '{}' instead of the "
                        "line end after it",
                        Printable(std::string_view(&c, 1), 1)));
        return false;
      }
      state_ = State::kChunkSizeStart;
      line_bytes_ = 0;
      remaining_ = 0;
      return true;
    case State::kTrailerLineStart:
    case State::kTrailerLine:
    case State::kTrailerLastLf: return StepTrailer(c);
    default: return StepChunkSize(c);
  }
}

bool HttpResponseParser::StepChunkSize(char c) {
  if (++line_bytes_ > limits_.chunk_line_bytes) {
    Fail(fmt::format("a chunk size line of the answer is longer than {} bytes",
                     limits_.chunk_line_bytes));
    return false;
  }
  if (state_ == State::kChunkExtension) {
    if (c == '\r') state_ = State::kChunkSizeLf;
    return c != '\n' || EndChunkLine();
  }
  if (state_ == State::kChunkSizeLf) {
    if (c == '\n') return EndChunkLine();
    Fail("a chunk size line of the answer holds a lone CR");
    return false;
  }
  const int value = HexValue(c);
  if (value >= 0 && remaining_ <= kMaxBodyBytes / 16) {
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(value);
    state_ = State::kChunkSize;
    return true;
  }
  if (value < 0 && state_ == State::kChunkSize) {
    if (c == '\n') return EndChunkLine();
    if (c == '\r') state_ = State::kChunkSizeLf;
    if (c == ';' || c == ' ' || c == '\t') state_ = State::kChunkExtension;
    if (state_ != State::kChunkSize) return true;
  }
  Fail(fmt::format("a chunk size of the answer is {}: '{}'",
                   value >= 0 ? "too large" : "not a hexadecimal number",
                   Printable(std::string_view(&c, 1), 1)));
  return false;
}

bool HttpResponseParser::EndChunkLine() {
  line_bytes_ = 0;
  state_ = remaining_ > 0 ? State::kChunkData : State::kTrailerLineStart;
  return true;
}

bool HttpResponseParser::StepTrailer(char c) {
  if (++line_bytes_ > limits_.head_bytes) {
    Fail(fmt::format("the answer's trailers are longer than {} bytes", limits_.head_bytes));
    return false;
  }
  if (state_ == State::kTrailerLine) {
    if (c == '\n') state_ = State::kTrailerLineStart;
  } else if (c == '\n') {
    state_ = State::kDone;
  } else if (state_ == State::kTrailerLastLf) {
    Fail("the answer's trailers hold a lone CR");
    return false;
  } else {
    state_ = c == '\r' ? State::kTrailerLastLf : State::kTrailerLine;
  }
  return true;
}

HttpResponseParser::Item HttpResponseParser::AtEof() {
  switch (state_) {
    case State::kHead:
      if (!started_) return Truncated("the server closed the connection without an answer");
      return Truncated("the server closed the connection inside the answer's headers");
    case State::kFixed:
      if (remaining_ > 0) {
        return Truncated(fmt::format("the server closed the connection after {} of {} body bytes",
                                     body_bytes_, body_bytes_ + remaining_));
      }
      [[fallthrough]];
    case State::kNoBody:
    case State::kUntilClose:
    case State::kDone: state_ = State::kDone; return Item::kEnd;
    case State::kFailed: return Item::kError;
    case State::kChunkData:
      return Truncated(
          fmt::format("the server closed the connection inside a chunk, {} bytes of "
                      "it missing, after {} body bytes",
                      remaining_, body_bytes_));
    default:
      return Truncated(
          fmt::format("the server closed the connection before the last chunk, after "
                      "{} body bytes",
                      body_bytes_));
  }
}

}  // namespace roofscape::net
