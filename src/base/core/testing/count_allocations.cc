#include "base/core/testing/count_allocations.h"

#include <cstdlib>
#include <new>

#include "base/core/check.h"

namespace {
thread_local std::uint64_t t_allocations = 0;
}  // namespace

// Counts for the whole program. Inlined, malloc and free would look
// to the compiler like a mismatch with new and delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++t_allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  RS_CHECK(memory != nullptr);
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace roofscape::testing {

std::uint64_t Allocations() { return t_allocations; }

}  // namespace roofscape::testing
