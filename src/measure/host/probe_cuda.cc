#include "measure/host/probe_cuda.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "measure/host/probe_cuda_gemm.h"

namespace roofscape::host {
namespace {

constexpr int kL2Bytes = 38;  // CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE
constexpr int kPeerEnabledAlready = 704;
constexpr std::size_t kCopyBytes = std::size_t{256} << 20;
constexpr int kLaunches = 1000;  // So many are under way before the device is waited for.
constexpr int kCopies = 10;

/// The primary context of a device, current as long as this lives.
class CudaContext {
 public:
  static Result<CudaContext> Enter(const CudaDriver& driver, int index) {
    int device = 0;
    RS_RETURN_IF_ERROR(driver.Check(driver.device_get(&device, index), "cuDeviceGet"));
    void* context = nullptr;
    RS_RETURN_IF_ERROR(
        driver.Check(driver.retain_context(&context, device), "cuDevicePrimaryCtxRetain"));
    CudaContext entered(driver, device, context);
    RS_RETURN_IF_ERROR(driver.Check(driver.set_context(context), "cuCtxSetCurrent"));
    return entered;
  }

  CudaContext(CudaContext&& other) noexcept
      : driver_(other.driver_),
        device_(other.device_),
        context_(std::exchange(other.context_, nullptr)) {}
  CudaContext& operator=(CudaContext&&) = delete;
  ~CudaContext() {
    if (context_ != nullptr) driver_->release_context(device_);
  }

  int device() const { return device_; }
  void* get() const { return context_; }

 private:
  CudaContext(const CudaDriver& driver, int device, void* context)
      : driver_(&driver), device_(device), context_(context) {}

  const CudaDriver* driver_;
  int device_;
  void* context_;
};

std::vector<GpuProduct> ProductsOf(bool quick) {
  constexpr std::int64_t kShapes[][2] = {{4096, 4096}, {8192, 8192}};
  const std::vector<std::int64_t> tokens =
      quick ? std::vector<std::int64_t>{16, 256, 4096}
            : std::vector<std::int64_t>{16, 32, 64, 128, 256, 512, 1024, 4096, 8192};
  std::vector<GpuProduct> products;
  for (const GpuType type : {GpuType::kBf16, GpuType::kFp8}) {
    for (const auto& [n, k] : kShapes) {
      if (quick && n != kShapes[1][0]) continue;
      for (const std::int64_t m : tokens) products.push_back({type, m, n, k});
    }
  }
  return products;
}

Result<> Describe(const CudaDriver& driver, int device, GpuReadings& out) {
  std::array<char, 256> name{};
  RS_RETURN_IF_ERROR(
      driver.Check(driver.device_name(name.data(), name.size() - 1, device), "cuDeviceGetName"));
  out.name = name.data();
  std::size_t bytes = 0;
  RS_RETURN_IF_ERROR(driver.Check(driver.device_memory(&bytes, device), "cuDeviceTotalMem"));
  out.memory_gb = static_cast<double>(bytes) / 1e9;
  int l2 = 0;
  if (driver.device_attribute(&l2, kL2Bytes, device) == 0 && l2 > 0) out.l2_mb = l2 / 1e6;
  return {};
}

/// Times `count` calls of `enqueue` and the wait for them; the first failure is told in its place.
Result<std::vector<double>> TimeCalls(const CudaDriver& driver, ProbePace& pace,
                                      const std::string& what, int count,
                                      const std::function<int()>& enqueue) {
  int failure = 0;
  auto times = pace.Repeat(what, [&] {
    for (int i = 0; i < count && failure == 0; ++i) failure = enqueue();
    if (failure == 0) failure = driver.synchronise();
  });
  RS_RETURN_IF_ERROR(driver.Check(failure, what.c_str()));
  for (double& seconds : times) seconds /= count;
  return times;
}

Result<> MeasureMemory(const CudaDriver& driver, ProbePace& pace, GpuReadings& out) {
  RS_ASSIGN_OR_RETURN(const CudaBuffer from, CudaBuffer::Make(driver, kCopyBytes));
  RS_ASSIGN_OR_RETURN(const CudaBuffer to, CudaBuffer::Make(driver, kCopyBytes));
  RS_ASSIGN_OR_RETURN(const auto launches, TimeCalls(driver, pace, "launch", kLaunches, [&] {
                        return driver.set_bytes(to.address(), 0, 1, nullptr);
                      }));
  if (!launches.empty()) out.launch = LaunchReading{1, TimeOf(1e-6, launches)};
  RS_ASSIGN_OR_RETURN(const auto copies, TimeCalls(driver, pace, "copy", kCopies, [&] {
                        return driver.copy(to.address(), from.address(), kCopyBytes, nullptr);
                      }));
  // Every byte is read once and written once.
  if (!copies.empty()) out.copy_gb_s = RateOf(2e-9 * kCopyBytes, copies);
  return {};
}

Result<> MeasurePeer(const CudaDriver& driver, const CudaContext& here, int other_index,
                     ProbePace& pace, GpuReadings& out) {
  RS_ASSIGN_OR_RETURN(const CudaBuffer from, CudaBuffer::Make(driver, kCopyBytes));
  RS_ASSIGN_OR_RETURN(const CudaContext there, CudaContext::Enter(driver, other_index));
  {
    RS_ASSIGN_OR_RETURN(const CudaBuffer to, CudaBuffer::Make(driver, kCopyBytes));
    RS_RETURN_IF_ERROR(driver.Check(driver.set_context(here.get()), "cuCtxSetCurrent"));
    int direct = 0;
    if (driver.can_access_peer(&direct, here.device(), there.device()) == 0 && direct != 0) {
      const int status = driver.enable_peer(there.get(), 0);
      if (status != kPeerEnabledAlready) {
        RS_RETURN_IF_ERROR(driver.Check(status, "cuCtxEnablePeerAccess"));
      }
    }
    RS_ASSIGN_OR_RETURN(const auto times, TimeCalls(driver, pace, "copy to peer", kCopies, [&] {
                          return driver.copy_peer(to.address(), there.get(), from.address(),
                                                  here.get(), kCopyBytes, nullptr);
                        }));
    if (!times.empty()) out.peer_gb_s = RateOf(1e-9 * kCopyBytes, times);
  }
  return {};
}

/// Keeps the reason why something was not measured, and counts its readings as left out.
void Note(const Result<>& result, std::int64_t readings, ProbePace& pace, GpuReadings& out) {
  if (result) return;
  out.problems.push_back(result.error().message);
  pace.LeaveOut(readings);
}

}  // namespace

Result<std::int64_t> CountGpus(const CudaNames& names) {
  RS_ASSIGN_OR_RETURN(const CudaDriver driver, CudaDriver::Open(names.driver));
  int count = 0;
  RS_RETURN_IF_ERROR(driver.Check(driver.device_count(&count), "cuDeviceGetCount"));
  if (count > 0) return std::int64_t{count};
  return Error{ErrorCode::kUnavailable, "the CUDA driver sees no device"};
}

std::int64_t GpuReadingCount(std::int64_t devices, bool quick) {
  return devices * (2 + std::ssize(ProductsOf(quick))) + (devices > 1 ? devices : 0);
}

Result<std::vector<GpuReadings>> MeasureGpus(const CudaNames& names, bool quick, ProbePace& pace) {
  RS_ASSIGN_OR_RETURN(const CudaDriver driver, CudaDriver::Open(names.driver));
  int count = 0;
  RS_RETURN_IF_ERROR(driver.Check(driver.device_count(&count), "cuDeviceGetCount"));
  const CudaFacts facts = ReadCudaFacts(names.management, count);
  const auto blas = CublasLt::Open(names.blas);
  const std::vector<GpuProduct> products = ProductsOf(quick);
  std::vector<GpuReadings> all;
  for (int i = 0; i < count; ++i) {
    RS_ASSIGN_OR_RETURN(const CudaContext context, CudaContext::Enter(driver, i));
    GpuReadings gpu;
    gpu.driver = facts.driver_version;
    gpu.power_limit_w = facts.power_limit_w[static_cast<std::size_t>(i)];
    RS_RETURN_IF_ERROR(Describe(driver, context.device(), gpu));
    Note(MeasureMemory(driver, pace, gpu), 0, pace, gpu);
    if (blas) {
      Note(MeasureGpuProducts(driver, *blas, products, pace, gpu), 0, pace, gpu);
    } else {
      Note(blas.error(), std::ssize(products), pace, gpu);
    }
    if (count > 1) {
      Note(MeasurePeer(driver, context, (i + 1) % count, pace, gpu), 0, pace, gpu);
    }
    all.push_back(std::move(gpu));
  }
  return all;
}

}  // namespace roofscape::host
