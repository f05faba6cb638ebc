// A row from the result file of a load generator: figures by their path in the file, names and
// units, and what is the same for all of them at the end.
//
// Private to ingest. Thread safety: a ToolRow belongs to one thread.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/core/json.h"
#include "results/ingest/batches.h"
#include "results/ingest/ingest.h"
#include "results/ingest/json_rows.h"

namespace roofscape::ingest {

/// A statistic: theirs, ours. REQUIRES: a metric stem_ours_suffix exists.
using StatNames = std::span<const std::pair<std::string_view, std::string_view>>;

class ToolRow {
 public:
  /// REQUIRES: all of them outlive it.
  ToolRow(const Json& json, const RowText& text, const Source& source, std::string_view format);

  /// The value at a path such as "input_config/phases/-1/concurrency"; -1 is the last of a list.
  const Json* At(std::string_view path) const;
  bool Has(std::string_view path) const { return At(path) != nullptr; }
  /// "" where there is none.
  std::string Text(std::string_view path) const;
  /// Nothing for what is absent, null, or "inf"; a problem for what is no possible figure.
  std::optional<double> Number(std::string_view path);
  std::optional<std::int64_t> Count(std::string_view path);

  /// metric = the figure at `path` x scale.
  void Set(std::string_view metric, std::string_view path, double scale = 1.0);
  /// `pattern` holds {} where the statistic's name stands: "{}_ttft_ms". `ours`: "ttft_{}_s".
  void Spread(std::string_view ours, std::string_view pattern, StatNames stats, double scale = 1.0);

  /// Concurrency and rate asked for, of which files know one or both.
  void Load(std::optional<std::int64_t> concurrency, std::optional<double> rate_rps);
  /// Means of the run, where the lengths asked for are not told.
  void MeanLengths(std::optional<double> input, std::optional<double> output);
  void Fact(const char* name, std::string_view path);
  void Model(std::string_view name);
  void Measured(std::string_view text);
  /// What tells this point from others of the same file or of others, besides load and deployment.
  void Id(std::string_view id) { id_ = id; }

  void Fail(std::string code, std::string reason);
  spec::Row& row() { return row_; }

  /// The row, or why there is none.
  std::variant<spec::Row, Problem> Finish();

 private:
  void Key();
  void PerChip();

  const Json& json_;
  const RowText& text_;
  const Source& source_;
  spec::Row row_;
  std::string id_;
  Problem problem_;
};

/// Makes a row of each object of the text with `read(ToolRow&)`, and hands all on. `list`: the
/// member whose items are the rows, where the text is one object that has it.
using ReadTool = void (*)(ToolRow&);
Result<> ReadToolRows(std::string_view text, std::string_view format, const Source& source,
                      const Take& take, ReadTool read, std::string_view list = "");

/// The text with NaN and the infinities, which are no JSON but which Python writes, as null and as
/// texts.
std::string WithoutBareNumbers(std::string_view text);

}  // namespace roofscape::ingest
