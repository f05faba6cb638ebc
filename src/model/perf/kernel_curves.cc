#include "model/perf/kernel_curves.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::perf {
namespace {

constexpr std::string_view kMagic = "RSKC";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMaxNodes = std::size_t{1} << 20;  // Of one curve: 32 knots on all four axes.

Error Broken(std::string_view what) {
  return {ErrorCode::kProtocol,
          fmt::format("kernel curves: {}; make the file again with tools/kernel-curves", what)};
}

constexpr float kMaxKnot = 100;       // log2 of any count or size.
constexpr float kMinSpacing = 0.01f;  // Of knots, far above a float's rounding.

/// Takes numbers from the front of bytes; after the first that is not there, all are 0 and bad() is
/// true, so that a caller can read a whole record and look once.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : left_(bytes) {}

  bool bad() const { return bad_; }
  bool empty() const { return left_.empty(); }

  std::span<const std::uint8_t> Take(std::size_t count) {
    if (count > left_.size()) {
      bad_ = true;
      left_ = {};
      return {};
    }
    const auto taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }

  std::uint32_t Unsigned(std::size_t bytes) {
    std::uint32_t value = 0;
    const auto taken = Take(bytes);
    for (std::size_t i = taken.size(); i-- > 0;) value = value << 8 | taken[i];
    return value;
  }

  std::uint8_t Byte() { return static_cast<std::uint8_t>(Unsigned(1)); }

  float Float() {
    const auto value = std::bit_cast<float>(Unsigned(4));
    if (!std::isfinite(value)) bad_ = true;
    return value;
  }

  /// An enumerator below `count`.
  template <class E>
  E Enum(int count) {
    const std::uint8_t value = Byte();
    if (value >= count) bad_ = true;
    return static_cast<E>(bad_ ? 0 : value);
  }

 private:
  std::span<const std::uint8_t> left_;
  bool bad_ = false;
};

class Writer {
 public:
  void Unsigned(std::uint32_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i) & 0xff));
    }
  }
  void Float(double value) { Unsigned(std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4); }
  void Bytes(std::span<const std::uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void Text(std::string_view text) {
    for (const char c : text) bytes_.push_back(static_cast<std::uint8_t>(c));
  }
  std::vector<std::uint8_t> Done() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

std::array<double Roofs::*, 6> RoofFields() {
  return {&Roofs::bf16_flops, &Roofs::fp8_flops,      &Roofs::fp4_flops,
          &Roofs::int8_ops,   &Roofs::memory_bytes_s, &Roofs::link_bytes_s};
}

/// A chip's head; its curves follow after all chips.
std::optional<KernelCurves::Chip> ReadChip(Reader& reader) {
  KernelCurves::Chip chip;
  for (const std::uint8_t byte : reader.Take(reader.Byte())) {
    if (byte <= ' ' || byte > '~') return std::nullopt;
    chip.id.push_back(static_cast<char>(byte));
  }
  for (const auto field : RoofFields()) {
    chip.roofs.*field = static_cast<double>(reader.Float());
    if (chip.roofs.*field < 0) return std::nullopt;
  }
  const Roofs& roofs = chip.roofs;
  if (reader.bad() || chip.id.empty() || roofs.bf16_flops <= 0 || roofs.memory_bytes_s <= 0 ||
      roofs.link_bytes_s <= 0) {
    return std::nullopt;
  }
  return chip;
}

/// The product of its knots' numbers, or 0 if the axes are no good.
std::size_t ReadAxes(Reader& reader, std::size_t count, std::vector<CurveAxis>& axes) {
  if (count < 1 || count > kMaxAxes) return 0;
  std::size_t nodes = 1;
  for (std::size_t a = 0; a < count; ++a) {
    CurveAxis axis;
    axis.size = reader.Byte();
    if (axis.size < 1 || axis.size > CurveAxis::kMaxKnots) return 0;
    const auto size = static_cast<std::size_t>(axis.size);
    for (std::size_t i = 0; i < size; ++i) {
      axis.knots[i] = reader.Float();
      if (std::abs(axis.knots[i]) > kMaxKnot) return 0;
      if (i > 0 && axis.knots[i] < axis.knots[i - 1] + kMinSpacing) return 0;
    }
    nodes *= size;
    axes.push_back(axis);
  }
  return reader.bad() || nodes > kMaxNodes ? 0 : nodes;
}

std::optional<KernelCurve> ReadCurve(Reader& reader, const KernelKey& key, const Roofs& roofs) {
  KernelCurve::Parts parts;
  parts.key = key;
  parts.roofs = roofs;
  const std::size_t axes = reader.Byte();
  parts.floor_s = reader.Float();
  parts.low = reader.Float();
  parts.step = reader.Float();
  parts.rows = reader.Unsigned(4);
  for (float* const value : {&parts.error.fit_median, &parts.error.fit_p90,
                             &parts.error.held_out_median, &parts.error.held_out_p90}) {
    *value = reader.Float();
    if (*value < 0) return std::nullopt;
  }
  const std::size_t nodes = ReadAxes(reader, axes, parts.axes);
  // Efficiencies that a float holds with room: 2^-100 to 2^100.
  const bool sane = parts.floor_s >= 0 && parts.step >= 0 && std::abs(parts.low) <= 100 &&
                    parts.low + 255 * parts.step <= 100;
  if (nodes == 0 || !sane) return std::nullopt;
  const auto values = reader.Take(nodes);
  if (reader.bad()) return std::nullopt;
  parts.values.assign(values.begin(), values.end());
  return KernelCurve(std::move(parts));
}

}  // namespace

Result<KernelCurves> KernelCurves::Parse(std::span<const std::uint8_t> bytes) {
  Reader reader(bytes);
  const auto magic = reader.Take(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end())) {
    return Broken("this is no file of curves");
  }
  const std::uint32_t version = reader.Unsigned(4);
  if (version != kVersion) {
    return Broken(fmt::format("version {} where this program reads {}", version, kVersion));
  }
  KernelCurves curves;
  const std::size_t chips = reader.Byte();
  for (std::size_t i = 0; i < chips; ++i) {
    auto chip = ReadChip(reader);
    if (!chip) return Broken(fmt::format("chip {} is cut or out of range", i));
    if (i > 0 && chip->id <= curves.chips_.back().id) {
      return Broken(fmt::format("chip {} is out of order", i));
    }
    curves.chips_.push_back(*std::move(chip));
  }
  const std::uint32_t count = reader.Unsigned(4);
  std::size_t last_chip = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t at = reader.Byte();
    KernelKey key;
    key.op = reader.Enum<KernelOp>(kKernelOps);
    key.engine = reader.Enum<KernelEngine>(kKernelEngines);
    key.precision = reader.Enum<KernelPrecision>(kKernelPrecisions);
    key.variant = static_cast<std::uint16_t>(reader.Unsigned(2));
    if (reader.bad() || at >= chips || at < last_chip) {
      return Broken(fmt::format("the head of curve {} is cut or out of range", i));
    }
    last_chip = at;
    Chip& chip = curves.chips_[at];
    if (!chip.curves.empty() && !(chip.curves.back().key() < key)) {
      return Broken(fmt::format("curve {} is out of order", i));
    }
    auto curve = ReadCurve(reader, key, chip.roofs);
    if (!curve) return Broken(fmt::format("curve {} is cut or out of range", i));
    chip.curves.push_back(*std::move(curve));
  }
  if (reader.bad() || !reader.empty()) return Broken("it is cut, or goes on after its end");
  return curves;
}

const KernelCurves::Chip* KernelCurves::FindChip(std::string_view chip) const {
  const auto found = std::find_if(chips_.begin(), chips_.end(),
                                  [&](const Chip& known) { return known.id == chip; });
  return found == chips_.end() ? nullptr : &*found;
}

const KernelCurve* KernelCurves::Find(std::string_view chip, const KernelKey& key) const {
  const Chip* const known = FindChip(chip);
  if (known == nullptr) return nullptr;
  const auto found = std::lower_bound(
      known->curves.begin(), known->curves.end(), key,
      [](const KernelCurve& curve, const KernelKey& wanted) { return curve.key() < wanted; });
  return found == known->curves.end() || found->key() != key ? nullptr : &*found;
}

const KernelCurve* KernelCurves::FindAttention(std::string_view chip, KernelKey key,
                                               double head_dim, bool windowed) const {
  const Chip* const known = FindChip(chip);
  if (known == nullptr || !(head_dim > 0)) return nullptr;
  const KernelCurve* best = nullptr;
  double best_distance = 0;
  for (const KernelCurve& curve : known->curves) {
    key.variant = curve.key().variant;
    const int width = key.variant / 2;
    if (curve.key() != key || (key.variant % 2 != 0) != windowed || width == 0) continue;
    const double distance = std::abs(std::log(head_dim / width));
    if (best == nullptr || distance < best_distance) {
      best = &curve;
      best_distance = distance;
    }
  }
  return best;
}

std::vector<std::uint8_t> Serialize(std::span<const KernelCurves::Chip> chips) {
  RS_CHECK(chips.size() <= 255);
  Writer writer;
  writer.Text(kMagic);
  writer.Unsigned(kVersion, 4);
  writer.Unsigned(static_cast<std::uint32_t>(chips.size()), 1);
  std::size_t count = 0;
  for (const KernelCurves::Chip& chip : chips) {
    RS_CHECK(chip.id.size() <= 255);
    writer.Unsigned(static_cast<std::uint32_t>(chip.id.size()), 1);
    writer.Text(chip.id);
    for (const auto field : RoofFields()) writer.Float(chip.roofs.*field);
    count += chip.curves.size();
  }
  writer.Unsigned(static_cast<std::uint32_t>(count), 4);
  for (std::size_t at = 0; at < chips.size(); ++at) {
    for (const KernelCurve& curve : chips[at].curves) {
      const KernelCurve::Parts& parts = curve.parts();
      writer.Unsigned(static_cast<std::uint32_t>(at), 1);
      writer.Unsigned(static_cast<std::uint32_t>(parts.key.op), 1);
      writer.Unsigned(static_cast<std::uint32_t>(parts.key.engine), 1);
      writer.Unsigned(static_cast<std::uint32_t>(parts.key.precision), 1);
      writer.Unsigned(parts.key.variant, 2);
      writer.Unsigned(static_cast<std::uint32_t>(parts.axes.size()), 1);
      for (const float value : {parts.floor_s, parts.low, parts.step}) {
        writer.Float(static_cast<double>(value));
      }
      writer.Unsigned(parts.rows, 4);
      for (const float value : {parts.error.fit_median, parts.error.fit_p90,
                                parts.error.held_out_median, parts.error.held_out_p90}) {
        writer.Float(static_cast<double>(value));
      }
      for (const CurveAxis& axis : parts.axes) {
        const auto size = static_cast<std::size_t>(axis.size);
        writer.Unsigned(static_cast<std::uint32_t>(size), 1);
        for (std::size_t i = 0; i < size; ++i) writer.Float(static_cast<double>(axis.knots[i]));
      }
      writer.Bytes(parts.values);
    }
  }
  return writer.Done();
}

}  // namespace roofscape::perf
