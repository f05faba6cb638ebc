#include "base/net/sse_parser.h"

#include <charconv>

namespace roofscape::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsRetryTime(std::string_view text) {
  constexpr std::size_t kMaxDigits = 18;  // Always fits; 30 million years ought to do.
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty() && text.size() <= kMaxDigits;
}

}  // namespace

const char* SseParser::SkipPrefix(const char* p, const char* end) {
  while (bom_seen_ != kBomDone && p != end) {
    if (*p != kByteOrderMark[bom_seen_]) {
      // It was no mark after all: what matched so far begins the first line.
      if (bom_seen_ > 0) {
        carry_.assign(kByteOrderMark.substr(0, bom_seen_));
        carrying_ = true;
      }
      bom_seen_ = kBomDone;
      break;
    }
    ++bom_seen_;
    ++p;
  }
  if (skip_lf_ && p != end) {
    skip_lf_ = false;
    if (*p == '\n') ++p;
  }
  return p;
}

SseParser::Line SseParser::TakeLine(std::string_view line) {
  if (line.empty()) {
    if (has_data_) return Line::kEvent;
    ClearEvent();
    return Line::kField;
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) return Line::kComment;
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);

  if (name == "data") {
    if (!AddData(value)) {
      failed_ = true;
      return Line::kTooLong;
    }
  } else if (name == "event") {
    type_view_ = value;
    has_type_ = !value.empty();
    type_parked_ = false;
  } else if (name == "id") {
    if (value.find('\0') == value.npos) id_.assign(value);
  } else if (name == "retry" && IsRetryTime(value)) {
    std::uint64_t ms = 0;
    std::from_chars(value.data(), value.data() + value.size(), ms);
    retry_ms_ = ms;
  }
  return Line::kField;
}

bool SseParser::AddData(std::string_view value) {
  if (!has_data_) {
    data_view_ = value;
    has_data_ = true;
    data_joined_ = false;
    return true;
  }
  if (!data_joined_) {
    joined_.assign(data_view_);
    data_joined_ = true;
  }
  if (joined_.size() + 1 + value.size() > max_bytes_) return false;
  joined_ += '\n';
  joined_ += value;
  return true;
}

void SseParser::Park() {
  if (has_data_ && !data_joined_) {
    joined_.assign(data_view_);
    data_joined_ = true;
  }
  if (has_type_ && !type_parked_) {
    type_.assign(type_view_);
    type_parked_ = true;
  }
}

std::string_view SseParser::PendingData() const {
  return data_joined_ ? std::string_view(joined_) : data_view_;
}

std::string_view SseParser::PendingType() const {
  if (!has_type_) return "message";
  return type_parked_ ? std::string_view(type_) : type_view_;
}

void SseParser::ClearEvent() {
  has_data_ = false;
  data_joined_ = false;
  has_type_ = false;
  type_parked_ = false;
}

SseEnd SseParser::Finish() const {
  if (carrying_ && !carry_.empty()) return {true, carry_};
  if (has_data_) return {true, PendingData()};
  if (has_type_) return {true, PendingType()};
  if (bom_seen_ != kBomDone && bom_seen_ > 0) return {true, kByteOrderMark.substr(0, bom_seen_)};
  return {};
}

void SseParser::Reset() {
  ClearEvent();
  bom_seen_ = 0;
  skip_lf_ = false;
  carrying_ = false;
  failed_ = false;
  id_.clear();
  retry_ms_.reset();
}

}  // namespace roofscape::net
