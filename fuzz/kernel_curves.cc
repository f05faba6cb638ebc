// A file of kernel curves: any bytes are refused or give curves whose every time is finite, whose
// lookups stay inside their tables, and which write as they were read.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/core/check.h"
#include "base/core/rng.h"
#include "model/perf/kernel_curves.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roofscape;
  const auto curves = perf::KernelCurves::Parse(std::span(data, size));
  if (!curves) return 0;
  Rng rng(size);
  for (const perf::KernelCurves::Chip& chip : curves->chips()) {
    for (const perf::KernelCurve& curve : chip.curves) {
      perf::KernelPoint point;
      point.roof_s = 1e-3;
      for (float& x : point.x) x = static_cast<float>(rng.Uniform() * 40 - 10);
      const double time = curve.Seconds(point);
      RS_CHECK(std::isfinite(time) && time > 0);
      RS_CHECK(curve.OctavesOutside(point) >= 0);
      RS_CHECK(curves->Find(chip.id, curve.key()) != nullptr);
    }
  }
  const auto bytes = perf::Serialize(curves->chips());
  RS_CHECK(std::equal(bytes.begin(), bytes.end(), data, data + size));
  return 0;
}
