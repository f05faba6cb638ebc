#include "base/net/http_parser.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::net {
namespace {

constexpr std::size_t kMaxInterimResponses = 32;

/// Whether the text can still become a status line.
bool LooksLikeHttp(std::string_view text) {
  constexpr std::string_view kMark = "HTTP/";
  return text.substr(0, kMark.size()) == kMark.substr(0, std::min(text.size(), kMark.size()));
}

}  // namespace

std::optional<std::string_view> HttpHead::Find(std::string_view name) const {
  return FindHeader(headers, name);
}

void HttpResponseParser::Reset(bool to_head_request) {
  state_ = State::kHead;
  to_head_request_ = to_head_request;
  started_ = false;
  keep_alive_ = false;
  truncated_ = false;
  gatherer_.Reset();
  interim_ = 0;
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
      case State::kChunked: {
        const Item item = TakeChunked(input);
        if (item != Item::kEnd) return item;
        state_ = State::kDone;
        return Item::kEnd;
      }
      case State::kDone: return Item::kEnd;
      case State::kFailed: return Item::kError;
    }
  }
}

HttpResponseParser::Item HttpResponseParser::TakeChunked(std::string_view* input) {
  switch (chunks_.Next(input)) {
    case HttpChunks::Item::kNeedMore: return Item::kNeedMore;
    case HttpChunks::Item::kEnd: return Item::kEnd;
    case HttpChunks::Item::kError: return Fail(chunks_.error());
    case HttpChunks::Item::kData: break;
  }
  body_ = chunks_.data();
  body_bytes_ += body_.size();
  return Item::kBody;
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
  const HeadGatherer::Got got = gatherer_.Take(input, limits_.head_bytes);
  if (!LooksLikeHttp(gatherer_.text())) {
    return Fail(fmt::format("what answered does not speak HTTP/1: it began with '{}'",
                            Printable(gatherer_.text(), kQuotedChars)));
  }
  if (got == HeadGatherer::Got::kHead) return ParseHead(gatherer_.text());
  if (got == HeadGatherer::Got::kNeedMore) return Item::kNeedMore;
  return Fail(fmt::format("the answer's headers are longer than {} bytes", limits_.head_bytes));
}

HttpResponseParser::Item HttpResponseParser::ParseHead(std::string_view head) {
  headers_.clear();
  if (!ParseStatusLine(TakeLine(&head))) return Item::kError;
  for (;;) {
    const std::string_view line = TakeLine(&head);
    if (line.empty()) break;
    if (!AddHeader(line)) return Item::kError;
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

bool HttpResponseParser::AddHeader(std::string_view line) {
  if (headers_.size() >= limits_.headers) {
    Fail(fmt::format("the answer has more than {} headers", limits_.headers));
    return false;
  }
  const auto header = ParseHeaderLine(line);
  if (!header) {
    Fail(
        fmt::format("the answer has a malformed header line: '{}'", Printable(line, kQuotedChars)));
    return false;
  }
  headers_.push_back(*header);
  return true;
}

bool HttpResponseParser::ChooseFraming() {
  keep_alive_ = head_.minor_version >= 1;
  std::optional<std::uint64_t> length;
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
      if (!ReadContentLength(header.value, &length)) {
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
    if (length) keep_alive_ = false;
    chunks_.Reset();
    state_ = State::kChunked;
  } else if (length) {
    remaining_ = *length;
    state_ = State::kFixed;
  } else {
    keep_alive_ = false;
    state_ = State::kUntilClose;
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
    case State::kChunked: break;
  }
  if (chunks_.missing() > 0) {
    return Truncated(
        fmt::format("the server closed the connection inside a chunk, {} bytes of "
                    "it missing, after {} body bytes",
                    chunks_.missing(), body_bytes_));
  }
  return Truncated(fmt::format(
      "the server closed the connection before the last chunk, after {} body bytes", body_bytes_));
}

}  // namespace roofscape::net
