// Rows and what was kept aside on their way out of a reader, in batches.
//
// Private to ingest. Thread safety: a Batches belongs to one thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/core/result.h"
#include "results/ingest/ingest.h"
#include "results/ingest/json_rows.h"

namespace roofscape::ingest {

/// Why a row cannot be understood.
struct Problem {
  std::string code;  // Empty: there is none.
  std::string reason;
};

/// Collects, and hands on when a batch is full. REQUIRES: `take` outlives it.
class Batches {
 public:
  explicit Batches(const Take& take) : take_(take) {}

  Result<> Add(spec::Row row);
  Result<> Add(spec::EvalRow row);
  Result<> Add(const RowText& text, Problem problem);
  /// What became of a text.
  template <class Row>
  Result<> Add(std::variant<Row, Problem> made, const RowText& text) {
    if (auto* row = std::get_if<Row>(&made)) return Add(std::move(*row));
    return Add(text, std::get<Problem>(std::move(made)));
  }
  /// Hands on the rest.
  Result<> Finish();

  std::int64_t count() const { return count_; }

 private:
  Result<> Added();

  const Take& take_;
  Batch batch_;
  std::int64_t count_ = 0;
};

/// An error for a text that does not begin as JSON at all, or when there is no catalog.
Result<> CheckBegin(std::string_view text, const Source& source, std::string_view expected);

/// Sets aside what stands behind the last row, and hands on the rest. An error: there was no row.
Result<> Finish(const JsonRows& rows, const Source& source, Batches& batches);

}  // namespace roofscape::ingest
