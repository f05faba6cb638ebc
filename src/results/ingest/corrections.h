// What readers of all formats do alike to a row: zeros that mean "missing", interactivity as the
// inverse of TPOT, and the list of what was changed.
//
// Private to ingest. Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/spec/row.h"

namespace roofscape::ingest {

/// As the shortest text that reads back to the same number.
std::string NumberText(double number);

/// Notes a change of `field` from `was` to `now`; a number that is missing is empty.
void Note(spec::Row& row, std::string_view code, std::string_view field, std::optional<double> was,
          std::optional<double> now);

/// The places of one statistic of TPOT and of interactivity, and its name.
struct TpotPlace {
  std::string_view stat;
  std::size_t tpot;
  std::size_t interactivity;
};
std::span<const TpotPlace> TpotPlaces();

/// A latency of exactly 0 was not measured: it goes, with a note.
void DropZeroLatencies(spec::Row& row);

/// interactivity = 1 / TPOT, quantile by quantile, so that percentiles follow the slow tail. One
/// that is missing follows from the definition; one that says otherwise is replaced, with a note.
void SetInteractivity(spec::Row& row);

}  // namespace roofscape::ingest
