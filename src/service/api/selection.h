// The rows that a view is about: the filters of the query, what they leave, and how many rows each
// other value of a filter would give.
//
// Errors: ParamError. Thread safety: pure functions.

#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "service/api/params.h"
#include "service/api/snapshot.h"

namespace roofscape::api {

/// Values of a filter; empty: all. "" is a thing that nobody told, "?" in a query.
using Wanted = std::vector<std::string>;

struct Selection {
  std::array<Wanted, kFields> fields;
  std::optional<catalog::Date> since, until, as_of;
  bool latest = false;
  bool all = false;  // Also unfit and unfinished points.
  std::vector<std::string> defaulted;

  Wanted& operator[](Field field) { return fields[static_cast<std::size_t>(field)]; }
  const Wanted& operator[](Field field) const { return fields[static_cast<std::size_t>(field)]; }
};

/// The names of the parameters that ReadSelection reads.
std::span<const std::string_view> SelectionParams();

/// Names of models, chips and engines become the catalog's ids where it knows them.
Result<Selection> ReadSelection(const Params& params, const catalog::Catalog& catalog);

/// Fills in those of `fields` that the query left open, one after another, each with the value of
/// most rows that the others leave; own runs, where there are any, before imported ones.
void FillIn(Selection& selection, const Snapshot& snapshot, std::span<const Field> fields);

/// Places of the rows that fit, in the snapshot's order.
std::vector<std::size_t> Select(const Selection& selection, const Snapshot& snapshot);

/// Copies of those rows, for what works on whole spans.
std::vector<spec::Row> RowsAt(const Snapshot& snapshot, std::span<const std::size_t> places);

/// The `options` of an answer: of each field the values with the number of rows that would fit.
Json FacetsJson(const Selection& selection, const Snapshot& snapshot,
                const catalog::Catalog& catalog);
/// The `query` of an answer.
Json SelectionJson(const Selection& selection);

}  // namespace roofscape::api
