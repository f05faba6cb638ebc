// All rows of a store in memory: what was imported and the points of own runs, sorted into setups
// that agree in everything that one filters by, so that views over 100,000 points take
// milliseconds.
//
// What only the page of one point shows (facts, corrections, the text as published) is not here: it
// is read from the archive when somebody asks (row_source.h).
//
// Ownership: a Snapshot owns its rows and never changes; a newer one replaces it. Thread safety:
// const use from many threads.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/core/clock.h"
#include "domain/analysis/curve.h"
#include "domain/spec/row.h"

namespace roofscape::api {

/// What rows are filtered by.
enum class Field {
  kModel,
  kShape,  // "8192/1024", without its spread.
  kChip,
  kEngine,
  kPrecision,
  kSpeculative,
  kProtocol,
  kWay,
  kOrigin,  // "own" or "imported".
};
inline constexpr std::size_t kFields = 9;
/// The parameter's name: "model".
std::string_view Name(Field field);
/// Names of all of them, in order.
std::span<const std::string_view> FieldNames();

/// Where a row comes from, beside what the row says itself.
struct RowOrigin {
  std::string id;               // Of /rows/{id}: "a17", or "20261123-190222-1a2b3c.p0".
  std::int64_t archive_id = 0;  // 0: a point of an own run.
  std::int64_t import_id = 0;
  std::int64_t setup_id = 0;  // Of the archive: rows of one differ in load, time and figures alone.
  std::int64_t revision = 1;
  WallTime known;
  std::string run;         // Of an own point.
  std::int64_t point = 0;  // Its index within the run.
  /// 95 % intervals by metric; only own points have any.
  std::map<std::string, spec::Interval> intervals;
};

struct KnownRow {
  RowOrigin origin;
  spec::Row row;
};

/// Many of them, as a snapshot holds them: a row is large, and to move all costs as much as to read
/// them.
class KnownRows {
 public:
  KnownRows() = default;
  KnownRows(std::vector<KnownRow> rows) {
    for (KnownRow& row : rows) Add(std::move(row.origin), std::move(row.row));
  }

  void Add(RowOrigin&& origin, spec::Row&& row) {
    origins_.push_back(std::move(origin));
    rows_.push_back(std::move(row));
  }
  void Reserve(std::size_t rows) {
    origins_.reserve(rows);
    rows_.reserve(rows);
  }
  bool empty() const { return rows_.empty(); }

 private:
  friend class Snapshot;

  std::vector<spec::Row> rows_;
  std::vector<RowOrigin> origins_;  // As many.
};

class Snapshot {
 public:
  /// `generation` grows with every snapshot of a server.
  static std::shared_ptr<const Snapshot> Make(KnownRows rows, std::int64_t generation);

  std::int64_t generation() const { return generation_; }
  std::span<const spec::Row> rows() const { return rows_; }
  const RowOrigin& origin(std::size_t row) const { return origins_[row]; }
  std::optional<std::size_t> Find(std::string_view id) const;

  /// Everything that one filters by, as codes: rows that agree in all of it are one setup.
  struct Setup {
    std::array<std::uint32_t, kFields> codes{};  // Places in Values(field).
    std::uint32_t series = 0;                    // Place in series().
    std::uint32_t layout = 0;                    // Place in layouts().
    std::int64_t rows = 0;                       // That are of it.
  };

  const std::vector<Setup>& setups() const { return setups_; }
  std::uint32_t SetupOf(std::size_t row) const { return setup_of_[row]; }
  std::uint32_t Code(Field field, std::size_t row) const {
    return setups_[setup_of_[row]].codes[static_cast<std::size_t>(field)];
  }
  const std::vector<std::string>& Values(Field field) const {
    return names_[static_cast<std::size_t>(field)].values;
  }
  std::uint32_t SeriesOf(std::size_t row) const { return setups_[setup_of_[row]].series; }
  const std::vector<analysis::RowSeriesKey>& series() const { return series_; }
  std::uint32_t LayoutOf(std::size_t row) const { return setups_[setup_of_[row]].layout; }
  const std::vector<std::string>& layouts() const { return layouts_.values; }
  /// Whether no later row of the same series, layout and load is there.
  bool IsLatest(std::size_t row) const { return latest_[row] != 0; }

 private:
  /// Values in order of appearance, and the place of each.
  struct Names {
    std::vector<std::string> values;
    std::unordered_map<std::string, std::uint32_t> places;

    std::uint32_t CodeOf(const std::string& value);
  };

  std::uint32_t SetupFor(std::size_t row);
  std::uint32_t AddSetup(const spec::Row& row, bool own);
  void MarkLatest();
  void KeepIds();

  std::int64_t generation_ = 0;
  std::vector<spec::Row> rows_;
  std::vector<RowOrigin> origins_;
  std::array<Names, kFields> names_;
  Names series_keys_, layouts_;
  std::vector<analysis::RowSeriesKey> series_;
  std::vector<Setup> setups_;
  std::map<std::array<std::uint32_t, kFields + 2>, std::uint32_t> setup_places_;
  std::vector<std::uint32_t> setup_of_;
  std::unordered_map<std::int64_t, std::uint32_t> setup_by_id_;  // Of the archive's setups.
  std::vector<char> latest_;
  std::vector<std::pair<std::int64_t, std::size_t>> archive_ids_;  // With their rows; sorted.
  std::unordered_map<std::string_view, std::size_t> own_ids_;      // Views of origins_.
};

/// "8192/1024"; the name of a workload without lengths.
std::string ShapeOf(const spec::Workload& workload);

}  // namespace roofscape::api
