// The rows of a JSON text, one after the other, without parsing what is inside them: so that one
// broken row does not take the others with it, and each knows where it stands.
//
// Ownership: views into the text. Cost: one pass. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/core/result.h"

namespace roofscape::ingest {

/// One row as it stands in its source.
struct RowText {
  std::string_view text;
  std::int64_t place = 0;   // From 0.
  std::int64_t offset = 0;  // In bytes.
  bool cut = false;         // It has no end: the text breaks off within it.
};

/// Goes over the items of a list, over the lines of a file with one value a line, or over the only
/// value of a text.
class JsonRows {
 public:
  /// `offset`: where `text` begins in its source.
  explicit JsonRows(std::string_view text, std::int64_t offset = 0);

  /// The next row, or nothing at the end. A row without its end reaches to the end of the text.
  std::optional<RowText> Next();

  /// A list has no end, or something stands behind it. Not so when the last row was cut off: that
  /// row itself shows it.
  bool broken() const { return broken_; }

 private:
  void SkipBlanks();

  std::string_view text_;
  std::int64_t base_ = 0;
  std::size_t at_ = 0;
  std::int64_t place_ = 0;
  bool list_ = false;
  bool ended_ = false;
  bool broken_ = false;
  bool cut_ = false;
};

/// The value of a field of the object that `text` is; nothing where there is none, or where the
/// text is no object. `place` is 0.
std::optional<RowText> MemberOf(std::string_view text, std::string_view name);

/// Where the value ends that begins at `at`: behind its last byte, or nothing if it does not end.
std::optional<std::size_t> EndOfValue(std::string_view text, std::size_t at);

}  // namespace roofscape::ingest
