#include "measure/host/cuda.h"

#include <fmt/format.h>

namespace roofscape::host {

Result<CudaDriver> CudaDriver::Open(const std::vector<std::string>& names) {
  RS_ASSIGN_OR_RETURN(SharedLibrary library, SharedLibrary::Open(names));
  CudaDriver driver(std::move(library));
  RS_RETURN_IF_ERROR(driver.BindAll());
  RS_RETURN_IF_ERROR(driver.Check(driver.init(0), "cuInit"));
  return driver;
}

Result<> CudaDriver::BindAll() {
  const SharedLibrary& lib = library_;
  RS_RETURN_IF_ERROR(lib.Bind("cuGetErrorString", error_text_));
  RS_RETURN_IF_ERROR(lib.Bind("cuInit", init));
  RS_RETURN_IF_ERROR(lib.Bind("cuDeviceGetCount", device_count));
  RS_RETURN_IF_ERROR(lib.Bind("cuDeviceGet", device_get));
  RS_RETURN_IF_ERROR(lib.Bind("cuDeviceGetName", device_name));
  RS_RETURN_IF_ERROR(lib.Bind("cuDeviceTotalMem_v2", device_memory));
  RS_RETURN_IF_ERROR(lib.Bind("cuDeviceGetAttribute", device_attribute));
  RS_RETURN_IF_ERROR(lib.Bind("cuDeviceCanAccessPeer", can_access_peer));
  RS_RETURN_IF_ERROR(lib.Bind("cuDevicePrimaryCtxRetain", retain_context));
  RS_RETURN_IF_ERROR(lib.Bind("cuDevicePrimaryCtxRelease_v2", release_context));
  RS_RETURN_IF_ERROR(lib.Bind("cuCtxSetCurrent", set_context));
  RS_RETURN_IF_ERROR(lib.Bind("cuCtxEnablePeerAccess", enable_peer));
  RS_RETURN_IF_ERROR(lib.Bind("cuMemAlloc_v2", allocate));
  RS_RETURN_IF_ERROR(lib.Bind("cuMemFree_v2", free));
  RS_RETURN_IF_ERROR(lib.Bind("cuCtxSynchronize", synchronise));
  RS_RETURN_IF_ERROR(lib.Bind("cuMemsetD8Async", set_bytes));
  RS_RETURN_IF_ERROR(lib.Bind("cuMemcpyDtoDAsync_v2", copy));
  return lib.Bind("cuMemcpyPeerAsync", copy_peer);
}

Result<> CudaDriver::Check(int status, const char* what) const {
  if (status == 0) return {};
  const char* text = nullptr;
  if (error_text_(status, &text) != 0 || text == nullptr) text = "unknown error";
  return Error{
      ErrorCode::kUnavailable,
      fmt::format("{}: error {}, {}: see whether nvidia-smi shows the device", what, status, text)};
}

Result<CublasLt> CublasLt::Open(const std::vector<std::string>& names) {
  RS_ASSIGN_OR_RETURN(SharedLibrary library, SharedLibrary::Open(names));
  CublasLt blas(std::move(library));
  RS_RETURN_IF_ERROR(blas.BindAll());
  return blas;
}

Result<> CublasLt::BindAll() {
  const SharedLibrary& lib = library_;
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtCreate", create));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtDestroy", destroy));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtMatmulDescCreate", desc_create));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtMatmulDescSetAttribute", desc_set));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtMatmulDescDestroy", desc_destroy));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtMatrixLayoutCreate", layout_create));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtMatrixLayoutDestroy", layout_destroy));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtMatmulPreferenceCreate", preference_create));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtMatmulPreferenceSetAttribute", preference_set));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtMatmulPreferenceDestroy", preference_destroy));
  RS_RETURN_IF_ERROR(lib.Bind("cublasLtMatmulAlgoGetHeuristic", heuristic));
  return lib.Bind("cublasLtMatmul", matmul);
}

CudaFacts ReadCudaFacts(const std::vector<std::string>& names, int devices) {
  CudaFacts facts;
  facts.power_limit_w.resize(static_cast<std::size_t>(devices));
  const auto library = SharedLibrary::Open(names);
  if (!library) return facts;
  auto* const init = library->Find<int()>("nvmlInit_v2");
  auto* const end = library->Find<int()>("nvmlShutdown");
  auto* const version = library->Find<int(char*, unsigned)>("nvmlSystemGetDriverVersion");
  auto* const by_index = library->Find<int(unsigned, void**)>("nvmlDeviceGetHandleByIndex_v2");
  auto* const limit =
      library->Find<int(void*, unsigned*)>("nvmlDeviceGetPowerManagementDefaultLimit");
  if (init == nullptr || end == nullptr || init() != 0) return facts;
  std::array<char, 96> text{};
  if (version != nullptr && version(text.data(), text.size()) == 0) {
    text.back() = '\0';
    facts.driver_version = text.data();
  }
  for (std::size_t i = 0; by_index != nullptr && limit != nullptr && i < facts.power_limit_w.size();
       ++i) {
    void* device = nullptr;
    unsigned milliwatts = 0;
    if (by_index(static_cast<unsigned>(i), &device) == 0 && limit(device, &milliwatts) == 0) {
      facts.power_limit_w[i] = static_cast<double>(milliwatts) / 1000;
    }
  }
  end();
  return facts;
}

}  // namespace roofscape::host
