#include "base/net/http_request_parser.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::net {
namespace {

constexpr std::uint8_t kMaxSkippedBytes = 4;
constexpr std::size_t kMaxMethodBytes = 32;
constexpr char kTlsHandshake = 0x16;

bool IsTokenChar(char c) {
  const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alnum || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string::npos);
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

}  // namespace

std::optional<std::string_view> HttpRequestHead::Find(std::string_view name) const {
  return FindHeader(headers, name);
}

void HttpRequestParser::Reset() {
  state_ = State::kStart;
  started_ = false;
  head_done_ = false;
  keep_alive_ = false;
  expects_continue_ = false;
  skipped_ = 0;
  error_status_ = 0;
  remaining_ = 0;
  body_bytes_ = 0;
  length_.reset();
  gatherer_.Reset();
}

HttpRequestParser::Item HttpRequestParser::Fail(int status, std::string message) {
  state_ = State::kFailed;
  keep_alive_ = false;
  error_status_ = status;
  error_ = std::move(message);
  return Item::kError;
}

bool HttpRequestParser::Refuse(int status, std::string message) {
  Fail(status, std::move(message));
  return false;
}

HttpRequestParser::Item HttpRequestParser::Next(std::string_view* input) {
  for (;;) {
    switch (state_) {
      case State::kStart:
        if (!SkipLineEnds(input)) return Item::kError;
        if (input->empty()) return Item::kNeedMore;
        started_ = true;
        state_ = State::kHead;
        continue;
      case State::kHead: return TakeHead(input);
      case State::kFixed: return TakeFixed(input);
      case State::kChunked: return TakeChunked(input);
      case State::kDone: return Item::kEnd;
      case State::kFailed: return Item::kError;
    }
  }
}

bool HttpRequestParser::SkipLineEnds(std::string_view* input) {
  while (!input->empty() && (input->front() == '\r' || input->front() == '\n')) {
    input->remove_prefix(1);
    if (++skipped_ > kMaxSkippedBytes) {
      return Refuse(400, "only empty lines came where a request was due. Send a request line.");
    }
  }
  return true;
}

HttpRequestParser::Item HttpRequestParser::TakeHead(std::string_view* input) {
  if (input->empty()) return Item::kNeedMore;
  const HeadGatherer::Got got = gatherer_.Take(input, limits_.head.head_bytes);
  const std::string_view text = gatherer_.text();
  if (!LooksLikeRequest(text)) return Item::kError;
  if (got == HeadGatherer::Got::kNeedMore) return Item::kNeedMore;
  if (got == HeadGatherer::Got::kTooLong) {
    // Cut to the limit, so that the status does not depend on how much has come.
    const bool in_line = text.substr(0, limits_.head.head_bytes).find('\n') == text.npos;
    return Fail(in_line ? 414 : 431,
                fmt::format("the request's {} longer than {} bytes. Send {}.",
                            in_line ? "first line is" : "headers are", limits_.head.head_bytes,
                            in_line ? "a shorter target" : "fewer or shorter headers"));
  }
  const Item item = ParseHead(text);
  head_done_ = item == Item::kHead;
  return item;
}

bool HttpRequestParser::LooksLikeRequest(std::string_view text) {
  if (text.front() == kTlsHandshake) {
    return Refuse(400, "the client speaks TLS to a plain HTTP port. Use http:// in the URL.");
  }
  // Told at the first byte that no method holds, so that garbage without a line end gets its
  // answer too.
  const std::string_view begin = text.substr(0, kMaxMethodBytes + 1);
  const std::size_t blank = begin.find(' ');
  const std::string_view method = begin.substr(0, blank);
  const bool fits = blank != begin.npos || begin.size() <= kMaxMethodBytes;
  if (fits && blank != 0 && std::all_of(method.begin(), method.end(), IsTokenChar)) return true;
  return Refuse(400, fmt::format("this is no HTTP/1 request: it began with '{}'. Check that the "
                                 "client speaks HTTP.",
                                 Printable(begin, kMaxMethodBytes)));
}

HttpRequestParser::Item HttpRequestParser::ParseHead(std::string_view head) {
  // A copy: the head must outlive the read that brought it, for the body may come in later ones.
  kept_head_.assign(head);
  head = kept_head_;
  headers_.clear();
  if (!ParseRequestLine(TakeLine(&head))) return Item::kError;
  for (;;) {
    const std::string_view line = TakeLine(&head);
    if (line.empty()) break;
    if (!AddHeader(line)) return Item::kError;
  }
  head_.headers = headers_;
  return ReadHeaders() ? Item::kHead : Item::kError;
}

bool HttpRequestParser::ParseRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last) {
    return Refuse(400,
                  fmt::format("not an HTTP/1 request line: '{}'. Send 'METHOD /path HTTP/1.1'.",
                              Printable(line, kQuotedChars)));
  }
  const std::string_view version = line.substr(last + 1);
  const auto digit = [&](std::size_t i) { return version[i] >= '0' && version[i] <= '9'; };
  if (version.size() != 8 || !version.starts_with("HTTP/") || !digit(5) || version[6] != '.' ||
      !digit(7)) {
    return Refuse(400, fmt::format("not an HTTP version: '{}'. Send HTTP/1.1.",
                                   Printable(version, kQuotedChars)));
  }
  if (version[5] != '1') {
    return Refuse(505, fmt::format("the version {} is not spoken here. Send HTTP/1.1.", version));
  }
  head_.minor_version = version[7] - '0';
  head_.method = line.substr(0, first);
  if (!IsToken(head_.method)) {
    return Refuse(400, fmt::format("not a method: '{}'. Send GET or POST.",
                                   Printable(head_.method, kQuotedChars)));
  }
  return ParseTarget(line.substr(first + 1, last - first - 1));
}

bool HttpRequestParser::ParseTarget(std::string_view target) {
  const bool clean = !target.empty() && std::all_of(target.begin(), target.end(),
                                                    [](char c) { return c > ' ' && c < 0x7f; });
  if (clean && target.size() > 7 && EqualsIgnoreCase(target.substr(0, 7), "http://")) {
    const std::size_t path = target.find('/', 7);
    head_.target = path == target.npos ? "/" : target.substr(path);
    return true;
  }
  head_.target = target;
  if (clean && (target.front() == '/' || target == "*")) return true;
  return Refuse(400, fmt::format("not a request target: '{}'. Send a path that begins with '/' and "
                                 "holds no blanks.",
                                 Printable(target, kQuotedChars)));
}

bool HttpRequestParser::AddHeader(std::string_view line) {
  if (headers_.size() >= limits_.head.headers) {
    return Refuse(431, fmt::format("the request has more than {} headers. Send fewer.",
                                   limits_.head.headers));
  }
  const auto header = ParseHeaderLine(line);
  if (!header) {
    return Refuse(400, fmt::format("the request has a malformed header line: '{}'. Send "
                                   "'Name: value'.",
                                   Printable(line, kQuotedChars)));
  }
  headers_.push_back(*header);
  return true;
}

bool HttpRequestParser::ReadHeaders() {
  bool close = false;
  bool keep = false;
  bool chunked = false;
  int hosts = 0;
  for (const HeaderView& header : headers_) {
    if (EqualsIgnoreCase(header.name, "connection")) {
      close = close || ListHolds(header.value, "close");
      keep = keep || ListHolds(header.value, "keep-alive");
    } else if (EqualsIgnoreCase(header.name, "host")) {
      ++hosts;
    } else if (EqualsIgnoreCase(header.name, "transfer-encoding")) {
      if (chunked || !EqualsIgnoreCase(header.value, "chunked")) {
        return Refuse(501, fmt::format("the transfer encoding '{}' is not known here. Send "
                                       "'chunked' or a Content-Length.",
                                       Printable(header.value, kQuotedChars)));
      }
      chunked = true;
    } else if (EqualsIgnoreCase(header.name, "content-length")) {
      if (!ReadContentLength(header.value, &length_)) {
        return Refuse(400, fmt::format("a bad or contradictory Content-Length: '{}'. Send one "
                                       "number.",
                                       Printable(header.value, kQuotedChars)));
      }
    } else if (EqualsIgnoreCase(header.name, "expect") && head_.minor_version >= 1) {
      if (!EqualsIgnoreCase(header.value, "100-continue")) {
        return Refuse(417, fmt::format("the expectation '{}' is not known here. Send only "
                                       "100-continue, or none.",
                                       Printable(header.value, kQuotedChars)));
      }
      expects_continue_ = true;
    }
  }
  keep_alive_ = !close && (head_.minor_version >= 1 || keep);
  return ChooseFraming(hosts, chunked);
}

bool HttpRequestParser::ChooseFraming(int hosts, bool chunked) {
  if (hosts > 1 || (hosts == 0 && head_.minor_version >= 1)) {
    return Refuse(400, fmt::format("the request has {} Host headers. Send one.", hosts));
  }
  if (chunked && length_) {
    return Refuse(400,
                  "both Transfer-Encoding and Content-Length say where the body ends. Send "
                  "one of them.");
  }
  if (chunked && head_.minor_version == 0) {
    return Refuse(400,
                  "an HTTP/1.0 request cannot be chunked. Send a Content-Length, or HTTP/1.1.");
  }
  remaining_ = length_.value_or(0);
  if (remaining_ > limits_.body_bytes) return Refuse(413, TooLong());
  if (chunked) {
    chunks_.Reset();
    state_ = State::kChunked;
  } else {
    state_ = State::kFixed;
    expects_continue_ = expects_continue_ && remaining_ > 0;
  }
  return true;
}

std::string HttpRequestParser::TooLong() const {
  return fmt::format("the request's body is longer than {} bytes. Send a shorter one.",
                     limits_.body_bytes);
}

HttpRequestParser::Item HttpRequestParser::TakeFixed(std::string_view* input) {
  if (remaining_ == 0) {
    state_ = State::kDone;
    return Item::kEnd;
  }
  if (input->empty()) return Item::kNeedMore;
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input->size()));
  body_ = input->substr(0, take);
  input->remove_prefix(take);
  remaining_ -= take;
  return Item::kBody;
}

HttpRequestParser::Item HttpRequestParser::TakeChunked(std::string_view* input) {
  switch (chunks_.Next(input)) {
    case HttpChunks::Item::kNeedMore: return Item::kNeedMore;
    case HttpChunks::Item::kEnd: state_ = State::kDone; return Item::kEnd;
    case HttpChunks::Item::kError:
      return Fail(400, fmt::format("{}. Send each chunk as its size in hexadecimal digits, a line "
                                   "end, that many bytes, a line end.",
                                   chunks_.error()));
    case HttpChunks::Item::kData: break;
  }
  body_ = chunks_.data();
  body_bytes_ += body_.size();
  if (body_bytes_ > limits_.body_bytes) return Fail(413, TooLong());
  return Item::kBody;
}

}  // namespace roofscape::net
