#include "measure/host/matrix_kernels.h"

#include <vector>

namespace roofscape::host {
namespace {

bool HasAvx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
         __builtin_cpu_supports("f16c") != 0;
#else
  return false;
#endif
}

bool HasAvx512() {
#if defined(__x86_64__)
  return HasAvx2() && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512vnni") != 0;
#else
  return false;
#endif
}

std::vector<const KernelSet*> FindSets() {
  std::vector<const KernelSet*> sets;
  if (HasAvx512() && Avx512Kernels() != nullptr) sets.push_back(Avx512Kernels());
  if (HasAvx2() && Avx2Kernels() != nullptr) sets.push_back(Avx2Kernels());
  sets.push_back(PlainKernels());
  return sets;
}

}  // namespace

std::span<const KernelSet* const> KernelSets() {
  static const std::vector<const KernelSet*> sets = FindSets();
  return sets;
}

}  // namespace roofscape::host
