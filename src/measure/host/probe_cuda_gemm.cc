#include "measure/host/probe_cuda_gemm.h"

#include <algorithm>

#include <fmt/format.h>

namespace roofscape::host {
namespace {

// As cuBLAS and its library types number them.
constexpr int kFloat32 = 0;
constexpr int kBfloat16 = 14;
constexpr int kFloat8E4m3 = 28;
constexpr int kComputeFloat32 = 68;
constexpr int kTransposeA = 3;          // CUBLASLT_MATMUL_DESC_TRANSA
constexpr int kTranspose = 1;           // CUBLAS_OP_T
constexpr int kMostWorkspaceBytes = 1;  // CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES
constexpr std::uint64_t kWorkspaceBytes = std::uint64_t{32} << 20;
constexpr int kProductsUnderWay = 20;

int TypeNumber(GpuType type) { return type == GpuType::kBf16 ? kBfloat16 : kFloat8E4m3; }
const char* TypeName(GpuType type) { return type == GpuType::kBf16 ? "bf16" : "fp8"; }
std::int64_t TypeBytes(GpuType type) { return type == GpuType::kBf16 ? 2 : 1; }

/// An object of the library, destroyed by one of its functions.
class Object {
 public:
  explicit Object(int (*destroy)(void*)) : destroy_(destroy) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() {
    if (value != nullptr) destroy_(value);
  }

  void* value = nullptr;

 private:
  int (*destroy_)(void*);
};

/// One product, ready to be called: weights and inputs lie along k, as engines keep them.
class Gemm {
 public:
  Gemm(const CublasLt& blas, const GpuProduct& product)
      : blas_(&blas),
        product_(product),
        desc_(blas.desc_destroy),
        weights_(blas.layout_destroy),
        inputs_(blas.layout_destroy),
        outputs_(blas.layout_destroy) {}

  /// 0, or the library's error number of the first step that failed; -1 where it knows no way.
  int Prepare(void* handle) {
    const int type = TypeNumber(product_.type);
    const auto m = static_cast<std::uint64_t>(product_.m);
    const auto n = static_cast<std::uint64_t>(product_.n);
    const auto k = static_cast<std::uint64_t>(product_.k);
    Object preference(blas_->preference_destroy);
    int found = 0;
    int status = blas_->desc_create(&desc_.value, kComputeFloat32, kFloat32);
    const auto then = [&status](auto step) {
      if (status == 0) status = step();
    };
    then([&] { return blas_->desc_set(desc_.value, kTransposeA, &kTranspose, sizeof kTranspose); });
    then([&] { return blas_->layout_create(&weights_.value, type, k, n, product_.k); });
    then([&] { return blas_->layout_create(&inputs_.value, type, k, m, product_.k); });
    then([&] { return blas_->layout_create(&outputs_.value, kBfloat16, n, m, product_.n); });
    then([&] { return blas_->preference_create(&preference.value); });
    then([&] {
      return blas_->preference_set(preference.value, kMostWorkspaceBytes, &kWorkspaceBytes,
                                   sizeof kWorkspaceBytes);
    });
    then([&] {
      return blas_->heuristic(handle, desc_.value, weights_.value, inputs_.value, outputs_.value,
                              outputs_.value, preference.value, 1, &chosen_, &found);
    });
    return status == 0 && found == 0 ? -1 : status;
  }

  int Run(void* handle, void* weights, void* inputs, void* outputs, void* workspace) const {
    const float one = 1;
    const float zero = 0;
    return blas_->matmul(handle, desc_.value, &one, weights, weights_.value, inputs, inputs_.value,
                         &zero, outputs, outputs_.value, outputs, outputs_.value,
                         chosen_.algorithm.data(), workspace, kWorkspaceBytes, nullptr);
  }

 private:
  const CublasLt* blas_;
  GpuProduct product_;
  Object desc_, weights_, inputs_, outputs_;
  CublasHeuristic chosen_{};
};

struct Buffers {
  CudaBuffer weights, inputs, outputs, workspace;
};

Result<Buffers> MakeBuffers(const CudaDriver& driver, const std::vector<GpuProduct>& products) {
  std::int64_t weights = 1;
  std::int64_t inputs = 1;
  std::int64_t outputs = 1;
  for (const GpuProduct& p : products) {
    weights = std::max(weights, p.n * p.k * TypeBytes(p.type));
    inputs = std::max(inputs, p.m * p.k * TypeBytes(p.type));
    outputs = std::max(outputs, 2 * p.m * p.n);
  }
  const auto make = [&](auto bytes) {
    return CudaBuffer::Make(driver, static_cast<std::size_t>(bytes));
  };
  RS_ASSIGN_OR_RETURN(CudaBuffer w, make(weights));
  RS_ASSIGN_OR_RETURN(CudaBuffer x, make(inputs));
  RS_ASSIGN_OR_RETURN(CudaBuffer y, make(outputs));
  RS_ASSIGN_OR_RETURN(CudaBuffer space, make(kWorkspaceBytes));
  // Small numbers: random bits would hold NaN and would draw another power than a model's.
  RS_RETURN_IF_ERROR(
      driver.Check(driver.set_bytes(w.address(), 0x20, static_cast<std::size_t>(weights), nullptr),
                   "cuMemsetD8Async"));
  RS_RETURN_IF_ERROR(
      driver.Check(driver.set_bytes(x.address(), 0x20, static_cast<std::size_t>(inputs), nullptr),
                   "cuMemsetD8Async"));
  RS_RETURN_IF_ERROR(driver.Check(driver.synchronise(), "cuCtxSynchronize"));
  return Buffers{std::move(w), std::move(x), std::move(y), std::move(space)};
}

}  // namespace

Result<> MeasureGpuProducts(const CudaDriver& driver, const CublasLt& blas,
                            const std::vector<GpuProduct>& products, ProbePace& pace,
                            GpuReadings& out) {
  RS_ASSIGN_OR_RETURN(const Buffers buffers, MakeBuffers(driver, products));
  Object handle(blas.destroy);
  if (const int status = blas.create(&handle.value); status != 0) {
    return Error{ErrorCode::kUnavailable,
                 fmt::format("{}: cublasLtCreate: error {}", blas.name(), status)};
  }
  std::string refused;
  for (const GpuProduct& product : products) {
    Gemm gemm(blas, product);
    int status = TypeName(product.type) == refused ? -1 : gemm.Prepare(handle.value);
    std::vector<double> times;
    const std::string what =
        fmt::format("{} m={} n={} k={}", TypeName(product.type), product.m, product.n, product.k);
    if (status == 0) {
      times = pace.Repeat(what, [&] {
        for (int i = 0; i < kProductsUnderWay && status == 0; ++i) {
          status = gemm.Run(handle.value, buffers.weights.pointer(), buffers.inputs.pointer(),
                            buffers.outputs.pointer(), buffers.workspace.pointer());
        }
        if (status == 0) status = driver.synchronise();
      });
    } else {
      pace.LeaveOut(1);
    }
    if (status != 0 && refused != TypeName(product.type)) {
      refused = TypeName(product.type);
      out.problems.push_back(
          fmt::format("{} {}: error {}: this device or library has no such product", blas.name(),
                      what, status));
    }
    if (status != 0 || times.empty()) continue;
    const double gflop = 2e-9 * static_cast<double>(product.m * product.n * product.k);
    const double set_mb =
        1e-6 * static_cast<double>(product.n * product.k * TypeBytes(product.type));
    out.products.push_back({TypeName(product.type), blas.name(), product.m, product.n, product.k, 1,
                            set_mb, RateOf(gflop * kProductsUnderWay, times)});
  }
  return {};
}

}  // namespace roofscape::host
