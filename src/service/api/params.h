// The query of a request, "model=dsr1&chip=b200&chip=h200", understood once: percent escapes
// undone, every name held against those that the path knows.
//
// Names and values are whatever a stranger sends: text, never a path, a format or SQL. An empty
// value is as if it were not there.
//
// Errors: ParamError names the parameter, so that an answer can. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/date.h"

namespace roofscape::api {

inline constexpr std::size_t kMaxQueryBytes = 16'384;
inline constexpr std::size_t kMaxParams = 200;

class Params {
 public:
  /// kInvalidArgument for a query that is too long, has too many parts, a bad escape, a control
  /// character or bytes that are no UTF-8.
  static Result<Params> Parse(std::string_view query);

  /// kInvalidArgument, with a suggestion, for a name that is not among `known`.
  Result<> Check(std::span<const std::string_view> known) const;

  /// The value, or "" where it is not there. The last one counts.
  std::string_view One(std::string_view name) const;
  /// Every value of that name, in order, each once.
  std::vector<std::string> Many(std::string_view name) const;

  /// Missing where it is not there; kInvalidArgument where it is no number in the range.
  Result<std::optional<double>> Number(std::string_view name, double low, double high) const;
  Result<std::vector<double>> Numbers(std::string_view name, double low, double high) const;
  Result<std::optional<std::int64_t>> Integer(std::string_view name, std::int64_t low,
                                              std::int64_t high) const;
  Result<std::optional<catalog::Date>> Day(std::string_view name) const;
  /// "0" or "1"; false where it is not there.
  Result<bool> Flag(std::string_view name) const;

  /// The same query, whatever the order of names and the way of its escapes: a key of caches.
  std::string Canonical() const;

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

/// kInvalidArgument: "parameter 'x': <problem>".
Error ParamError(std::string_view name, std::string_view problem);
/// The parameter that an error of ParamError names; empty: none.
std::string ParameterOf(const Error& error);

/// Undoes percent escapes and, in a query, '+'. Missing for a bad escape or a zero byte.
std::optional<std::string> Unescape(std::string_view text, bool in_query);

/// Whether the bytes are UTF-8 without control characters.
bool IsCleanText(std::string_view text);

}  // namespace roofscape::api
