// Rows as they lie in the archive's columns and texts.
//
// Private to store/. Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "domain/spec/row.h"
#include "results/store/db.h"

namespace roofscape::store {

/// Sources are kept in pieces of so many bytes, each compressed by itself.
inline constexpr std::size_t kTextPiece = std::size_t{1} << 20U;

/// The text of a document. Bytes that are no UTF-8 become U+FFFD.
std::string DumpText(const Json& json);

/// Everything in which the rows of one setup agree. Cheap: it is made for every row.
std::string SetupText(const spec::Row& row);

/// "" where there are none.
std::string CorrectionsText(const std::vector<spec::Correction>& corrections);
std::string FactsText(const std::map<std::string, std::string>& facts);
/// The metrics that have no column.
std::string MoreText(const spec::MetricValues& values);

Result<spec::Deployment> DeploymentOf(const std::string& text);
Result<std::vector<spec::Correction>> CorrectionsOf(const std::string& text);
Result<std::map<std::string, std::string>> FactsOf(const std::string& text);

/// Places in the registry of the metrics that have a column, in the columns' order.
std::span<const std::size_t> ColumnPlaces();

/// Binds the next parameters: the metrics that have a column, in their order.
void BindColumns(const spec::MetricValues& values, Statement& statement);

/// The inverse: column `more` is more_json, the metrics begin at `first`.
Result<> ReadValues(const Statement& row, int more, int first, spec::MetricValues& values);
/// Adds the metrics of a text of MoreText.
Result<> AddMore(const std::string& text, spec::MetricValues& values);

/// Whether all of `now` stands in `before` already.
bool SaysNothingNew(const spec::MetricValues& now, const spec::MetricValues& before);

}  // namespace roofscape::store
