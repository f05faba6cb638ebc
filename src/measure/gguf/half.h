// IEEE 754 binary16, the number format of the weights that we write. g++ 12 has no such type in
// C++.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>

namespace roofscape::gguf {

/// The bits of the binary16 nearest to `value`, ties to even; too large becomes infinity, NaN stays
/// NaN. The same bits on every machine.
std::uint16_t HalfBits(float value);

/// The exact value of binary16 `bits`.
float HalfValue(std::uint16_t bits);

}  // namespace roofscape::gguf
