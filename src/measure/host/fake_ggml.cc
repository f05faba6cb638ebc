// A library that pretends to be both of ggml's: what the tests open in their place. One thread's
// product takes as long as a counter; kernels of its own take four-bit weights alone.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

bool Mode(const char* mode) {
  const char* chosen = std::getenv("ROOFSCAPE_FAKE_GGML");
  return chosen != nullptr && std::strcmp(chosen, mode) == 0;
}

struct Tensor {
  int type;
  const Tensor* weights;
};

int live = 0;  // Contexts and buffers made and not given back.
int threads = 0;
int own_kind;
int plain_kind;
int device;
void* extra[] = {&own_kind, nullptr};
Tensor tensors[1 << 16];
std::size_t used = 0;

Tensor* Make(int type, const Tensor* weights) {
  Tensor* const made = &tensors[used++ % (1 << 16)];
  *made = {type, weights};
  return made;
}

void** ExtraOf(void*) { return extra; }
void SetThreads(void*, int count) { threads = count; }

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): these names are ggml's.
extern "C" {

struct ggml_memory {
  std::size_t bytes;
  void* buffer;
  bool no_alloc;
};

int FakeGgmlLive() { return live; }
int FakeGgmlThreads() { return threads; }

void* ggml_init(ggml_memory memory) {
  if (!memory.no_alloc || memory.bytes == 0) return nullptr;
  ++live;
  return &live;
}
void ggml_free(void*) { --live; }
std::size_t ggml_tensor_overhead() { return 368; }
std::size_t ggml_graph_overhead_custom(std::size_t size, bool) { return 64 * size; }
void* ggml_new_tensor_4d(void*, int type, std::int64_t, std::int64_t, std::int64_t, std::int64_t) {
  return Make(type, nullptr);
}
void* ggml_new_graph_custom(void*, std::size_t, bool) { return Make(-1, nullptr); }
void ggml_build_forward_expand(void*, void*) {}
void* ggml_mul_mat(void*, void* weights, void*) {
  return Make(0, static_cast<const Tensor*>(weights));
}
void* ggml_flash_attn_ext(void*, void*, void*, void*, void*, float, float, float) {
  return Make(0, nullptr);
}
void* ggml_backend_alloc_ctx_tensors_from_buft(void*, void*) {
  ++live;
  return &live;
}
void ggml_backend_buffer_free(void*) { --live; }
void ggml_backend_buffer_clear(void*, std::uint8_t) {}
void ggml_backend_tensor_set(void*, const void*, std::size_t, std::size_t) {}
bool ggml_backend_dev_supports_op(void*, const void* op) {
  // In the own kind, of four bits; plain memory is not asked about by any other.
  return static_cast<const Tensor*>(op)->weights->type == 2;
}
int ggml_backend_graph_compute(void*, void*) { return 0; }
const char* ggml_backend_buft_name(void* kind) { return kind == &own_kind ? "OWN" : "CPU"; }
void* ggml_backend_dev_buffer_type(void*) { return &plain_kind; }
void ggml_log_set(void (*)(int, const char*, void*), void*) {}
void ggml_backend_load_all_from_path(const char*) {}
void* ggml_backend_dev_by_type(int) { return Mode("no-device") ? nullptr : &device; }
void* ggml_backend_dev_backend_reg(void*) { return &device; }
void* ggml_backend_dev_init(void*, const char*) { return &device; }
void* ggml_backend_reg_get_proc_address(void*, const char* name) {
  if (Mode("old")) return nullptr;
  if (std::strcmp(name, "ggml_backend_dev_get_extra_bufts") == 0) {
    return reinterpret_cast<void*>(ExtraOf);
  }
  return std::strcmp(name, "ggml_backend_set_n_threads") == 0 ? reinterpret_cast<void*>(SetThreads)
                                                              : nullptr;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
