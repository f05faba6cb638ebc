#include "base/net/http_chunks.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::net {

void HttpChunks::Reset() { BeginSizeLine(); }

void HttpChunks::BeginSizeLine() {
  state_ = State::kSizeStart;
  line_bytes_ = 0;
  remaining_ = 0;
}

bool HttpChunks::Fail(std::string message) {
  state_ = State::kFailed;
  error_ = std::move(message);
  return false;
}

HttpChunks::Item HttpChunks::Next(std::string_view* input) {
  for (;;) {
    if (state_ == State::kDone) return Item::kEnd;
    if (state_ == State::kFailed) return Item::kError;
    if (input->empty()) return Item::kNeedMore;
    if (state_ == State::kData) return TakeData(input);
    if (TakeUsualLine(input)) continue;
    const char c = input->front();
    input->remove_prefix(1);
    if (!Step(c)) return Item::kError;
  }
}

HttpChunks::Item HttpChunks::TakeData(std::string_view* input) {
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input->size()));
  data_ = input->substr(0, take);
  input->remove_prefix(take);
  remaining_ -= take;
  if (remaining_ == 0) state_ = State::kDataEnd;
  return Item::kData;
}

bool HttpChunks::TakeUsualLine(std::string_view* input) {
  const char* p = input->data();
  const char* const end = p + input->size();
  if (state_ == State::kDataEnd) {
    if (end - p < 2 || p[0] != '\r' || p[1] != '\n') return false;
    p += 2;
    // The usual end of a read: the next chunk has not come yet.
    BeginSizeLine();
    input->remove_prefix(2);
    if (p == end) return true;
  } else if (state_ != State::kSizeStart) {
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
  if (static_cast<std::size_t>(p - digits) > limits_.chunk_line_bytes) return false;
  input->remove_prefix(static_cast<std::size_t>(p - input->data()));
  line_bytes_ = 0;
  remaining_ = size;
  state_ = size > 0 ? State::kData : State::kTrailerLineStart;
  return true;
}

bool HttpChunks::Step(char c) {
  switch (state_) {
    case State::kDataEnd:
      if (c == '\r') {
        state_ = State::kDataLf;
        return true;
      }
      [[fallthrough]];
    case State::kDataLf:
      if (c != '\n') {
        return Fail(
            fmt::format("a chunk of the {} is longer than it announced: '{}' instead of the "
                        "line end after it",
                        subject_, Printable(std::string_view(&c, 1), 1)));
      }
      BeginSizeLine();
      return true;
    case State::kTrailerLineStart:
    case State::kTrailerLine:
    case State::kTrailerLastLf: return StepTrailer(c);
    default: return StepSize(c);
  }
}

bool HttpChunks::StepSize(char c) {
  if (++line_bytes_ > limits_.chunk_line_bytes) {
    return Fail(fmt::format("a chunk size line of the {} is longer than {} bytes", subject_,
                            limits_.chunk_line_bytes));
  }
  if (state_ == State::kExtension) {
    if (c == '\r') state_ = State::kSizeLf;
    return c != '\n' || EndSizeLine();
  }
  if (state_ == State::kSizeLf) {
    if (c == '\n') return EndSizeLine();
    return Fail(fmt::format("a chunk size line of the {} holds a lone CR", subject_));
  }
  const int value = HexValue(c);
  if (value >= 0 && remaining_ <= kMaxHttpBodyBytes / 16) {
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(value);
    state_ = State::kSize;
    return true;
  }
  if (value < 0 && state_ == State::kSize) {
    if (c == '\n') return EndSizeLine();
    if (c == '\r') state_ = State::kSizeLf;
    if (c == ';' || c == ' ' || c == '\t') state_ = State::kExtension;
    if (state_ != State::kSize) return true;
  }
  return Fail(fmt::format("a chunk size of the {} is {}: '{}'", subject_,
                          value >= 0 ? "too large" : "not a hexadecimal number",
                          Printable(std::string_view(&c, 1), 1)));
}

bool HttpChunks::EndSizeLine() {
  line_bytes_ = 0;
  state_ = remaining_ > 0 ? State::kData : State::kTrailerLineStart;
  return true;
}

bool HttpChunks::StepTrailer(char c) {
  if (++line_bytes_ > limits_.head_bytes) {
    return Fail(
        fmt::format("the {}'s trailers are longer than {} bytes", subject_, limits_.head_bytes));
  }
  if (state_ == State::kTrailerLine) {
    if (c == '\n') state_ = State::kTrailerLineStart;
  } else if (c == '\n') {
    state_ = State::kDone;
  } else if (state_ == State::kTrailerLastLf) {
    return Fail(fmt::format("the {}'s trailers hold a lone CR", subject_));
  } else {
    state_ = c == '\r' ? State::kTrailerLastLf : State::kTrailerLine;
  }
  return true;
}

}  // namespace roofscape::net
