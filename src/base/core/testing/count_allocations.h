// How often the calling thread took memory by `new`. A program that links this has its own operator
// new and delete, which count: for tests that promise that something takes none.

#pragma once

#include <cstdint>

namespace roofscape::testing {

/// Since the thread began.
std::uint64_t Allocations();

}  // namespace roofscape::testing
