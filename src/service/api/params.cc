#include "service/api/params.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/core/names.h"
#include "base/core/text.h"
#include "base/net/http_headers.h"

namespace roofscape::api {
namespace {

constexpr std::size_t kMaxQuoted = 60;
constexpr std::string_view kPrefix = "parameter '";

/// The length of the UTF-8 character at the front, 0 where there is none.
std::size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  std::size_t length = 0;
  std::uint32_t value = 0;
  if (first >= 0xc2 && first <= 0xdf) length = 2, value = first & 0x1fU;
  if (first >= 0xe0 && first <= 0xef) length = 3, value = first & 0x0fU;
  if (first >= 0xf0 && first <= 0xf4) length = 4, value = first & 0x07U;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
    value = value << 6U | (byte(i) & 0x3fU);
  }
  // Longer than needed, half of a pair, beyond the last character, a control.
  if (length == 3 && (value < 0x800 || (value >= 0xd800 && value <= 0xdfff))) return 0;
  if (length == 4 && (value < 0x10000 || value > 0x10ffff)) return 0;
  return value >= 0x80 && value < 0xa0 ? 0 : length;
}

std::optional<double> ToNumber(std::string_view text) {
  double value = 0;
  const auto end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

Result<double> InRange(std::string_view name, std::string_view text, double low, double high) {
  const auto value = ToNumber(text);
  if (!value || *value < low || *value > high) {
    return ParamError(name, fmt::format("must be a number from {:g} to {:g}, got '{}'", low, high,
                                        Printable(text, kMaxQuoted)));
  }
  return *value;
}

}  // namespace

Error ParamError(std::string_view name, std::string_view problem) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("{}{}': {}", kPrefix, Printable(name, kMaxQuoted), problem)};
}

std::string ParameterOf(const Error& error) {
  const std::string_view message = error.message;
  if (!message.starts_with(kPrefix)) return "";
  const std::string_view rest = message.substr(kPrefix.size());
  return std::string(rest.substr(0, rest.find('\'')));
}

bool IsCleanText(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = CharacterBytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::optional<std::string> Unescape(std::string_view text, bool in_query) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = net::HexValue(text[i + 1]);
      const int low = net::HexValue(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && in_query) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    out.push_back(c);
  }
  return out;
}

Result<Params> Params::Parse(std::string_view query) {
  if (query.size() > kMaxQueryBytes) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("the query has {} bytes: at most {} are read", query.size(), kMaxQueryBytes)};
  }
  Params params;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto name = Unescape(part.substr(0, equals), true);
    const auto value = Unescape(part.substr(std::min(equals + 1, part.size())), true);
    if (!name || !value || !IsCleanText(*name) || !IsCleanText(*value)) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("the query's '{}': must be UTF-8 text without control characters, "
                               "with escapes like %2F",
                               Printable(part, kMaxQuoted))};
    }
    if (params.all_.size() == kMaxParams) {
      return Error{
          ErrorCode::kInvalidArgument,
          fmt::format("the query has more than {} parameters: ask for less at once", kMaxParams)};
    }
    params.all_.emplace_back(*name, *value);
  }
  return params;
}

Result<> Params::Check(std::span<const std::string_view> known) const {
  for (const auto& [name, value] : all_) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return ParamError(name,
                      "is not known here: " + UnknownName(Printable(name, kMaxQuoted), known));
  }
  return {};
}

std::string_view Params::One(std::string_view name) const {
  std::string_view found;
  for (const auto& [known, value] : all_) {
    if (known == name && !value.empty()) found = value;
  }
  return found;
}

std::vector<std::string> Params::Many(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [known, value] : all_) {
    if (known != name || value.empty()) continue;
    if (std::find(found.begin(), found.end(), value) == found.end()) found.push_back(value);
  }
  return found;
}

Result<std::optional<double>> Params::Number(std::string_view name, double low, double high) const {
  const std::string_view text = One(name);
  if (text.empty()) return std::optional<double>();
  RS_ASSIGN_OR_RETURN(const double value, InRange(name, text, low, high));
  return std::optional(value);
}

Result<std::vector<double>> Params::Numbers(std::string_view name, double low, double high) const {
  std::vector<double> values;
  for (const std::string& text : Many(name)) {
    RS_ASSIGN_OR_RETURN(const double value, InRange(name, text, low, high));
    values.push_back(value);
  }
  return values;
}

Result<std::optional<std::int64_t>> Params::Integer(std::string_view name, std::int64_t low,
                                                    std::int64_t high) const {
  const std::string_view text = One(name);
  if (text.empty()) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  const auto end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || value < low || value > high) {
    return ParamError(name, fmt::format("must be a whole number from {} to {}, got '{}'", low, high,
                                        Printable(text, kMaxQuoted)));
  }
  return std::optional(value);
}

Result<std::optional<catalog::Date>> Params::Day(std::string_view name) const {
  const std::string_view text = One(name);
  if (text.empty()) return std::optional<catalog::Date>();
  const auto day = catalog::ParseDate(text);
  if (!day) {
    return ParamError(
        name, fmt::format("must be a day like 2026-07-01, got '{}'", Printable(text, kMaxQuoted)));
  }
  return day;
}

Result<bool> Params::Flag(std::string_view name) const {
  const std::string_view text = One(name);
  if (text.empty() || text == "0") return false;
  if (text == "1") return true;
  return ParamError(name, fmt::format("must be 0 or 1, got '{}'", Printable(text, kMaxQuoted)));
}

std::string Params::Canonical() const {
  std::vector<const std::pair<std::string, std::string>*> parts;
  for (const auto& part : all_) {
    if (!part.second.empty()) parts.push_back(&part);
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto* a, const auto* b) { return a->first < b->first; });
  std::string key;
  for (const auto* part : parts) {
    key += fmt::format("{}:{}={}:{}&", part->first.size(), part->first, part->second.size(),
                       part->second);
  }
  return key;
}

}  // namespace roofscape::api
