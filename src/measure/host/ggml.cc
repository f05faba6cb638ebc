#include "measure/host/ggml.h"

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <vector>

#include <fmt/format.h>

namespace roofscape::host {
namespace {

namespace fs = std::filesystem;

constexpr int kProcessor = 0;  // GGML_BACKEND_DEVICE_TYPE_CPU

/// Libraries of the folder whose names begin so, the plainest name first.
std::vector<std::string> LibrariesOf(const std::string& folder, const std::string& beginning) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(beginning) && name.find(".so") != std::string::npos) {
      found.push_back(fs::absolute(at->path()).string());
    }
  }
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return found;
}

Result<SharedLibrary> OpenFrom(const std::string& folder, const std::string& beginning) {
  const std::vector<std::string> names = LibrariesOf(folder, beginning);
  if (names.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("'{}' holds no {}*.so: name the folder of an engine that uses ggml, "
                             "such as llama-server's",
                             folder, beginning)};
  }
  return SharedLibrary::Open(names);
}

void SayNothing(int, const char*, void*) {}

/// Never unloaded, see the header.
const SharedLibrary& Keep(SharedLibrary library) {
  static std::mutex mutex;
  static auto* const kept = new std::deque<SharedLibrary>();
  const std::scoped_lock lock(mutex);
  return kept->emplace_back(std::move(library));
}

}  // namespace

int GgmlType(WeightType type) {
  constexpr std::array<int, 5> kNumbers = {kGgmlFloat32, kGgmlFloat16, 30, 8, 2};
  return kNumbers[static_cast<std::size_t>(type)];
}

Result<Ggml> Ggml::Open(const std::string& folder) {
  RS_ASSIGN_OR_RETURN(SharedLibrary base, OpenFrom(folder, "libggml-base.so"));
  RS_ASSIGN_OR_RETURN(SharedLibrary top, OpenFrom(folder, "libggml."));
  const SharedLibrary& kept_base = Keep(std::move(base));
  const SharedLibrary& kept_top = Keep(std::move(top));
  Ggml ggml;
  RS_RETURN_IF_ERROR(ggml.BindBase(kept_base));
  RS_RETURN_IF_ERROR(ggml.OpenDevice(kept_base, kept_top, folder));
  return ggml;
}

Result<> Ggml::BindBase(const SharedLibrary& base) {
  RS_RETURN_IF_ERROR(base.Bind("ggml_init", init));
  RS_RETURN_IF_ERROR(base.Bind("ggml_free", free));
  RS_RETURN_IF_ERROR(base.Bind("ggml_tensor_overhead", tensor_bytes));
  RS_RETURN_IF_ERROR(base.Bind("ggml_graph_overhead_custom", graph_bytes));
  RS_RETURN_IF_ERROR(base.Bind("ggml_new_tensor_4d", new_tensor));
  RS_RETURN_IF_ERROR(base.Bind("ggml_new_graph_custom", new_graph));
  RS_RETURN_IF_ERROR(base.Bind("ggml_build_forward_expand", expand));
  RS_RETURN_IF_ERROR(base.Bind("ggml_mul_mat", multiply));
  RS_RETURN_IF_ERROR(base.Bind("ggml_flash_attn_ext", attend));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_alloc_ctx_tensors_from_buft", allocate));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_buffer_free", free_buffer));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_buffer_clear", clear_buffer));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_tensor_set", set_tensor));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_dev_supports_op", supports));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_graph_compute", compute));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_buft_name", buffer_name));
  return base.Bind("ggml_backend_dev_buffer_type", buffer_type);
}

Result<> Ggml::OpenDevice(const SharedLibrary& base, const SharedLibrary& top,
                          const std::string& folder) {
  void (*log)(void (*)(int, const char*, void*), void*) = nullptr;
  void (*load)(const char*) = nullptr;
  void* (*by_type)(int) = nullptr;
  void* (*registry_of)(void*) = nullptr;
  void* (*address)(void*, const char*) = nullptr;
  void* (*start)(void*, const char*) = nullptr;
  RS_RETURN_IF_ERROR(base.Bind("ggml_log_set", log));
  RS_RETURN_IF_ERROR(top.Bind("ggml_backend_load_all_from_path", load));
  RS_RETURN_IF_ERROR(top.Bind("ggml_backend_dev_by_type", by_type));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_dev_backend_reg", registry_of));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_reg_get_proc_address", address));
  RS_RETURN_IF_ERROR(base.Bind("ggml_backend_dev_init", start));
  log(SayNothing, nullptr);
  load(folder.c_str());
  device_ = by_type(kProcessor);
  backend_ = device_ == nullptr ? nullptr : start(device_, nullptr);
  if (backend_ == nullptr) {
    return Error{ErrorCode::kUnavailable,
                 fmt::format("the ggml of '{}' has no kernels for this processor: name the folder "
                             "that also holds its libggml-cpu*.so",
                             folder)};
  }
  void* const registry = registry_of(device_);
  extra_ =
      reinterpret_cast<void** (*)(void*)>(address(registry, "ggml_backend_dev_get_extra_bufts"));
  set_threads_ =
      reinterpret_cast<void (*)(void*, int)>(address(registry, "ggml_backend_set_n_threads"));
  return {};
}

void* const* Ggml::ExtraBuffers() const {
  static void* const kNone = nullptr;
  void* const* const extra = extra_ == nullptr ? nullptr : extra_(device_);
  return extra == nullptr ? &kNone : extra;
}

void Ggml::SetThreads(std::int64_t threads) const {
  if (set_threads_ != nullptr) set_threads_(backend_, static_cast<int>(threads));
}

}  // namespace roofscape::host
