// A seed that is made of the input, so that what a harness draws by chance repeats with a find.

#pragma once

#include <cstdint>
#include <string_view>

/// FNV-1a's multiplication over the bytes, begun with their number.
inline std::uint64_t SeedOf(std::string_view input) {
  std::uint64_t seed = input.size();
  for (const char c : input) seed = seed * 1099511628211u + static_cast<unsigned char>(c);
  return seed;
}
