// Plain C++: what any compiler makes of loops over eight numbers side by side.

#include "measure/host/matrix_tile.h"

namespace roofscape::host {
namespace {

struct Plain {
  static constexpr int kWidth = 8;
  struct Vec {
    float lanes[kWidth];
  };
  using BlockVec = Vec;
  struct Bytes {
    std::int8_t values[kWeightsPerBlock];
  };

  static Vec Zero() { return {}; }
  static Vec Load(const float* from) {
    Vec out;
    __builtin_memcpy(out.lanes, from, sizeof out.lanes);
    return out;
  }
  static Vec Load(const Half* from) {
    Vec out;
    for (int i = 0; i < kWidth; ++i) out.lanes[i] = FromHalfBits(from[i].bits);
    return out;
  }
  static Vec Load(const Bf16* from) {
    Vec out;
    for (int i = 0; i < kWidth; ++i) {
      const std::uint32_t bits = static_cast<std::uint32_t>(from[i].bits) << 16U;
      __builtin_memcpy(&out.lanes[i], &bits, sizeof bits);
    }
    return out;
  }
  static Vec Add(const Vec& a, const Vec& b) {
    Vec out;
    for (int i = 0; i < kWidth; ++i) out.lanes[i] = a.lanes[i] + b.lanes[i];
    return out;
  }
  static Vec Fma(const Vec& a, const Vec& b, const Vec& c) {
    Vec out;
    for (int i = 0; i < kWidth; ++i) out.lanes[i] = a.lanes[i] * b.lanes[i] + c.lanes[i];
    return out;
  }
  static float Sum(const Vec& v) {
    float total = 0;
    for (const float lane : v.lanes) total += lane;
    return total;
  }

  static Vec BlockZero() { return {}; }
  static Vec BlockFma(float a, const Vec& b, const Vec& c) {
    Vec out;
    for (int i = 0; i < kWidth; ++i) out.lanes[i] = a * b.lanes[i] + c.lanes[i];
    return out;
  }
  static float BlockSum(const Vec& v) { return Sum(v); }
  static Bytes LoadBytes(const std::byte* from) {
    Bytes out;
    __builtin_memcpy(out.values, from, sizeof out.values);
    return out;
  }
  static Bytes LoadNibbles(const std::byte* from) {
    Bytes out;
    for (int i = 0; i < kWeightsPerBlock / 2; ++i) {
      const int both = static_cast<int>(from[i]);
      out.values[i] = static_cast<std::int8_t>((both & 15) - 8);
      out.values[i + kWeightsPerBlock / 2] = static_cast<std::int8_t>((both >> 4) - 8);
    }
    return out;
  }
  static Vec Dot(const Bytes& w, const Bytes& x) {
    Vec out;
    for (int i = 0; i < kWidth; ++i) {
      int sum = 0;
      for (int j = 4 * i; j < 4 * i + 4; ++j) sum += w.values[j] * x.values[j];
      out.lanes[i] = static_cast<float>(sum);
    }
    return out;
  }
  static float FromHalfBits(std::uint16_t bits) {
    const std::uint32_t sign = (bits & 0x8000U) << 16U;
    const std::uint32_t size = bits & 0x7fffU;
    const std::uint32_t wide = sign | (size < 0x400U ? 0U : (size << 13U) + (112U << 23U));
    float value = 0;
    __builtin_memcpy(&value, &wide, sizeof value);
    return value;
  }
};

constexpr KernelSet kSet = MakeKernelSet<Plain>("plain");

}  // namespace

const KernelSet* PlainKernels() { return &kSet; }

}  // namespace roofscape::host
