// The names under which InferenceX publishes, and where a Record keeps each.
//
// Private to ingest. Thread safety: constant data.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace roofscape::ingest::inferencex {

struct Slot {
  enum class Kind : std::uint8_t { kText, kCount, kFlag, kRate, kMetric, kInside };
  Kind kind = Kind::kText;
  std::uint16_t index = 0;  // Of the enum, or the place of the metric.
};

/// The slot of a field by its path: "p90_ttft", "request_metrics.latency.ttft.p90". kInside: an
/// object of such fields; nothing: not a field that is read.
std::optional<Slot> FindSlot(std::string_view path);

}  // namespace roofscape::ingest::inferencex
