// A library that pretends to be CUDA's driver, cuBLASLt, NVML and a BLAS: what the tests open in
// their place. $ROOFSCAPE_FAKE_CUDA chooses what goes wrong; memory of the "device" is the host's.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

bool Mode(const char* mode) {
  const char* chosen = std::getenv("ROOFSCAPE_FAKE_CUDA");
  return chosen != nullptr && std::strcmp(chosen, mode) == 0;
}

int live_objects = 0;  // Everything that was made and not yet given back.
int last_type = 0;

int Make(void** out) {
  static int thing = 0;
  ++live_objects;
  *out = &thing;
  return 0;
}

int Drop() {
  --live_objects;
  return 0;
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): these names are NVIDIA's.
extern "C" {

int FakeCudaLiveObjects() { return live_objects; }

int cuGetErrorString(int status, const char** text) {
  *text = status == 2 ? "out of memory" : "broken";
  return 0;
}
int cuInit(unsigned) { return Mode("no-init") ? 100 : 0; }
int cuDeviceGetCount(int* count) {
  *count = Mode("no-device") ? 0 : Mode("two") ? 2 : 1;
  return 0;
}
int cuDeviceGet(int* device, int index) {
  *device = index;
  return 0;
}
int cuDeviceGetName(char* name, int size, int device) {
  std::snprintf(name, static_cast<std::size_t>(size), "Pretended GPU %d", device);
  return 0;
}
int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  *bytes = std::size_t{80} * 1'000'000'000;
  return 0;
}
int cuDeviceGetAttribute(int* value, int attribute, int) {
  *value = attribute == 38 ? 50'000'000 : 1;
  return 0;
}
int cuDeviceCanAccessPeer(int* can, int, int) {
  *can = 1;
  return 0;
}
int cuDevicePrimaryCtxRetain(void** context, int) { return Make(context); }
int cuDevicePrimaryCtxRelease_v2(int) { return Drop(); }
int cuCtxSetCurrent(void*) { return 0; }
int cuCtxEnablePeerAccess(void*, unsigned) { return 704; }
int cuMemAlloc_v2(unsigned long long* address, std::size_t) {
  if (Mode("no-memory")) return 2;
  ++live_objects;
  *address = 4096;
  return 0;
}
int cuMemFree_v2(unsigned long long) { return Drop(); }
int cuCtxSynchronize() { return Mode("no-sync") ? 700 : 0; }
int cuMemsetD8Async(unsigned long long, unsigned char, std::size_t, void*) { return 0; }
int cuMemcpyDtoDAsync_v2(unsigned long long, unsigned long long, std::size_t, void*) { return 0; }
int cuMemcpyPeerAsync(unsigned long long, void*, unsigned long long, void*, std::size_t, void*) {
  return 0;
}

int cublasLtCreate(void** handle) { return Mode("no-blas") ? 1 : Make(handle); }
int cublasLtDestroy(void*) { return Drop(); }
int cublasLtMatmulDescCreate(void** desc, int, int) {
  last_type = 0;
  return Make(desc);
}
int cublasLtMatmulDescSetAttribute(void*, int, const void*, std::size_t) { return 0; }
int cublasLtMatmulDescDestroy(void*) { return Drop(); }
int cublasLtMatrixLayoutCreate(void** layout, int type, std::uint64_t, std::uint64_t,
                               std::int64_t) {
  if (type != 14) last_type = type;  // The output is bf16 (14) whatever the operands are.
  return Make(layout);
}
int cublasLtMatrixLayoutDestroy(void*) { return Drop(); }
int cublasLtMatmulPreferenceCreate(void** preference) { return Make(preference); }
int cublasLtMatmulPreferenceSetAttribute(void*, int, const void*, std::size_t) { return 0; }
int cublasLtMatmulPreferenceDestroy(void*) { return Drop(); }
int cublasLtMatmulAlgoGetHeuristic(void*, void*, void*, void*, void*, void*, void*, int, void*,
                                   int* found) {
  *found = Mode("no-fp8") && last_type == 28 ? 0 : 1;
  return 0;
}
int cublasLtMatmul(void*, void*, const void*, const void*, void*, const void*, void*, const void*,
                   const void*, void*, void*, void*, const void*, void*, std::size_t, void*) {
  return 0;
}

int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }
int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  std::snprintf(text, size, "999.1");
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned, void** device) {
  *device = nullptr;
  return 0;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = Mode("no-device") ? 0 : Mode("two") ? 2 : 1;
  return 0;
}
int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) {
  *milliwatts = 400'000;
  return Mode("no-power") ? 3 : 0;
}
int nvmlDeviceGetClockInfo(void*, int clock, unsigned* mhz) {
  *mhz = clock == 1 ? 1755 : 2619;
  return 0;
}
int nvmlDeviceGetMaxClockInfo(void*, int, unsigned* mhz) {
  *mhz = 1980;
  return 0;
}
int nvmlDeviceGetApplicationsClock(void*, int, unsigned*) { return 3; }  // Not supported.
int nvmlDeviceGetTemperature(void*, int, unsigned* celsius) {
  *celsius = 61;
  return 0;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void*, unsigned long long* bits) {
  *bits = Mode("hot") ? 0x40 : 0;
  return 0;
}
int nvmlDeviceGetEnforcedPowerLimit(void*, unsigned* milliwatts) {
  *milliwatts = Mode("capped") ? 500'000 : 700'000;
  return 0;
}
int nvmlDeviceGetName(void*, char* text, unsigned size) {
  std::snprintf(text, size, "Pretended GPU");
  return 0;
}
int nvmlDeviceGetUUID(void*, char* text, unsigned size) {
  std::snprintf(text, size, "GPU-0123");
  return 0;
}
int nvmlDeviceGetVbiosVersion(void*, char* text, unsigned size) {
  std::snprintf(text, size, "96.00");
  return 0;
}
int nvmlDeviceGetMemoryInfo(void*, unsigned long long* three) {
  three[0] = 80ULL << 30;
  three[1] = three[2] = 40ULL << 30;
  return 0;
}
int nvmlDeviceGetPowerManagementDefaultLimit(void*, unsigned* milliwatts) {
  *milliwatts = 700'000;
  return 0;
}

/// Row-major, the second matrix transposed: all that the probe asks for.
void cblas_sgemm(int, int, int, int m, int n, int k, float, const float* a, int lda, const float* b,
                 int ldb, float, float* c, int ldc) {
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int l = 0; l < k; ++l) sum += a[i * lda + l] * b[j * ldb + l];
      c[i * ldc + j] = sum;
    }
  }
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
