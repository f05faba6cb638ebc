// One row of InferenceX as published, whatever shape it has: an artifact of version 1, 2 or 3, an
// answer of its API, or a row of its database. The shapes differ in names and in nesting only, so
// that one table of names reads all of them.
//
// Private to ingest. Ownership: texts point into the parser's buffers until it reads again.
// Thread safety: a RecordReader belongs to one thread.

#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/ingest/batches.h"

namespace roofscape::ingest::inferencex {

enum class Text : std::uint8_t {
  kHardware,
  kPrefillHardware,
  kDecodeHardware,
  kFramework,
  kModelPrefix,
  kModel,
  kPrecision,
  kSpeculative,
  kImage,
  kFingerprint,
  kRunUrl,
  kDate,
  kOffload,
  kOffloadBackend,
  kKind,
  kRouter,
  kRouterVersion,
  kKvTransfer,
  kDataset,
  kError,
  kEnd,
};

enum class Count : std::uint8_t {
  kInput,
  kOutput,
  kConcurrency,
  kPrefillTp,
  kPrefillPp,
  kPrefillCp,
  kPrefillDecodeCp,
  kPrefillEp,
  kPrefillWorkers,
  kDecodeTp,
  kDecodePp,
  kDecodeCp,
  kDecodeDecodeCp,
  kDecodeEp,
  kDecodeWorkers,
  kPrefillChips,
  kDecodeChips,
  kAllChips,
  kPowerSchema,
  kRunAttempt,
  kEnd,
};

enum class Flag : std::uint8_t {
  kDisaggregated,
  kMultinode,
  kPrefillDpAttention,
  kDecodeDpAttention,
  kPowerValid,
  kEnd,
};

/// What is not a metric of ours as it stands: its denominator depends on the row.
enum class Rate : std::uint8_t {
  kTotalPerChip,
  kInputPerChip,
  kOutputPerChip,
  kTotal,
  kInput,
  kOutput,
  kChipPower,
  kAllPower,
  kJoulesTotal,
  kJoulesInput,
  kJoulesOutput,
  kEnd,
};

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::int64_t kNoCount = -1;

struct Record {
  std::array<std::string_view, static_cast<std::size_t>(Text::kEnd)> texts;
  std::array<std::int64_t, static_cast<std::size_t>(Count::kEnd)> counts;
  std::array<std::int8_t, static_cast<std::size_t>(Flag::kEnd)> flags;  // -1: missing
  std::array<double, static_cast<std::size_t>(Rate::kEnd)> rates;
  std::vector<double> metrics;  // By the place in spec::AllMetrics().
  std::int64_t worker_chips = 0;
  std::vector<spec::Correction> corrections;
  Problem problem;  // The first.

  Record();
  void Clear();

  std::string_view at(Text field) const { return texts[static_cast<std::size_t>(field)]; }
  std::int64_t at(Count field) const { return counts[static_cast<std::size_t>(field)]; }
  double at(Rate field) const { return rates[static_cast<std::size_t>(field)]; }
  bool has(Rate field) const { return !std::isnan(at(field)); }
  std::optional<bool> at(Flag field) const {
    const std::int8_t flag = flags[static_cast<std::size_t>(field)];
    return flag < 0 ? std::nullopt : std::optional<bool>(flag != 0);
  }
  void Set(Rate field, double value) { rates[static_cast<std::size_t>(field)] = value; }

  void Fail(std::string code, std::string reason);
};

class RecordReader {
 public:
  RecordReader();
  ~RecordReader();

  /// Adds the fields of the object `text` to `record`, over those that are there.
  void Read(std::string_view text, Record& record);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace roofscape::ingest::inferencex
