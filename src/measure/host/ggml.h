// The parts of ggml, the library under llama.cpp, that the probe calls: bound when the program runs
// out of the folder of an engine, so that its own kernels are timed and nothing of it is needed to
// build. Names, numbers and the layout of the one structure are those of its C interface, which the
// engines of the last years share.
//
// Ownership: the libraries stay loaded until the process ends, since their threads and registries
// outlive every use. Thread safety: one thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/core/result.h"
#include "measure/host/matrix_weights.h"
#include "measure/host/shared_library.h"

namespace roofscape::host {

/// ggml_init_params.
struct GgmlMemory {
  std::size_t bytes = 0;
  void* buffer = nullptr;
  bool no_alloc = true;  // Tensors are described here and lie in buffers of a device.
};

/// The number that ggml gives a format.
int GgmlType(WeightType type);
inline constexpr int kGgmlFloat32 = 0;
inline constexpr int kGgmlFloat16 = 1;

class Ggml {
 public:
  /// Loads libggml-base and libggml out of `folder` and the kernels for this processor.
  /// kNotFound, naming the folder, where there are none; kUnavailable where they have no processor.
  static Result<Ggml> Open(const std::string& folder);

  /// The buffers of its processor in which weights may lie, those with kernels of their own first;
  /// the last are plain memory. Null-terminated, the library's.
  void* const* ExtraBuffers() const;
  void* PlainBuffer() const { return buffer_type(device_); }
  void* device() const { return device_; }
  void* backend() const { return backend_; }
  void SetThreads(std::int64_t threads) const;

  void* (*init)(GgmlMemory) = nullptr;
  void (*free)(void*) = nullptr;
  std::size_t (*tensor_bytes)() = nullptr;
  std::size_t (*graph_bytes)(std::size_t, bool) = nullptr;
  void* (*new_tensor)(void*, int, std::int64_t, std::int64_t, std::int64_t, std::int64_t) = nullptr;
  void* (*new_graph)(void*, std::size_t, bool) = nullptr;
  void (*expand)(void*, void*) = nullptr;
  void* (*multiply)(void*, void*, void*) = nullptr;
  void* (*attend)(void*, void*, void*, void*, void*, float, float, float) = nullptr;
  void* (*allocate)(void*, void*) = nullptr;  // All tensors of a context, in a kind of buffer.
  void (*free_buffer)(void*) = nullptr;
  void (*clear_buffer)(void*, std::uint8_t) = nullptr;
  void (*set_tensor)(void*, const void*, std::size_t, std::size_t) = nullptr;
  bool (*supports)(void*, const void*) = nullptr;
  int (*compute)(void*, void*) = nullptr;
  const char* (*buffer_name)(void*) = nullptr;
  void* (*buffer_type)(void*) = nullptr;

 private:
  Ggml() = default;
  Result<> BindBase(const SharedLibrary& base);
  Result<> OpenDevice(const SharedLibrary& base, const SharedLibrary& top,
                      const std::string& folder);

  void* device_ = nullptr;
  void* backend_ = nullptr;
  void** (*extra_)(void*) = nullptr;
  void (*set_threads_)(void*, int) = nullptr;
};

}  // namespace roofscape::host
