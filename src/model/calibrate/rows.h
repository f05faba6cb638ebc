// Measured serving rows as a table of text: one row an operating point, columns as the field's
// calibration sets have them (docs/reference/validate.md). Further columns are carried through.
//
// Ownership: plain values. Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace roofscape::calibrate {

/// A CSV file, every field as text.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // Each as long as `columns`.
};

/// Reads RFC 4180: fields in quotes may hold commas, line ends and doubled quotes. Errors name the
/// line: a quote that never closes, a row with more or fewer fields than the header.
Result<Table> ParseCsv(std::string_view text);

/// The fields as one line, quoted where needed, without a line end.
std::string CsvLine(const std::vector<std::string>& fields);

/// Workers of one role, as a row tells them. Missing: the row does not say.
struct RowPool {
  std::optional<double> workers, tp, ep, dp, pp;
};

/// One row with its fields understood.
struct ServingRow {
  std::size_t index = 0;  // In the table.
  std::string id, source, config, date, chip, model, engine, version, precision, speculative, doubt;
  std::string curve;  // Rows of one curve differ in concurrency alone (or in when they were run).
  bool disaggregated = false;
  double input = 0.0, output = 0.0, concurrency = 0.0;
  std::optional<double> chips;
  std::optional<double> threads;   // Of a processor.
  std::optional<double> slots;     // Sequences the engine takes at once, each with its own cache.
  std::optional<double> drafts;    // Tokens a step, where `speculative` does not say it,
  std::optional<double> accepted;  // and those accepted, in the mean.
  std::optional<double> power_cap_w;       // Of a chip, below its TDP.
  double cached = 0.0;                     // Share of the prompt that a prefix cache holds,
  double fetched = 0.0;                    // or that is read back from the host's memory,
  std::optional<double> host_bytes_per_s;  // at so much a chip; missing: as its link is known.
  double length_low = 0.8;                 // The shortest length, of the longest.
  double requests_per_slot = 20;           // That were sent.
  std::optional<double> length_share;  // Mean of what was sent, of nominal; else its protocol's.
  RowPool serve, prefill, decode;
  std::optional<double> ttft_s, tpot_s, tput_per_chip;  // As measured.
};

/// A row that cannot be understood, and why.
struct BadRow {
  std::size_t index = 0;
  std::string reason;
};

struct ServingRows {
  Table table;
  std::vector<ServingRow> rows;
  std::vector<BadRow> bad;
};

/// An error only where a required column is missing or the file is no CSV; a row that lacks what a
/// prediction needs goes to `bad`.
Result<ServingRows> ParseServingRows(std::string_view csv);

}  // namespace roofscape::calibrate
