// AVX-512 with VNNI: Intel since Ice Lake, AMD since Zen 4.

#include "measure/host/matrix_kernels.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && \
    defined(__AVX512VNNI__)

#include <immintrin.h>

#include "measure/host/matrix_tile.h"

namespace roofscape::host {
namespace {

struct Avx512 {
  static constexpr int kWidth = 16;
  using Vec = __m512;
  using BlockVec = __m256;
  using Bytes = __m256i;

  static Vec Zero() { return _mm512_setzero_ps(); }
  static Vec Load(const float* from) { return _mm512_loadu_ps(from); }
  static Vec Load(const Half* from) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  static Vec Load(const Bf16* from) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static Vec Add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
  static Vec Fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
  static float Sum(Vec v) { return _mm512_reduce_add_ps(v); }

  static BlockVec BlockZero() { return _mm256_setzero_ps(); }
  static BlockVec BlockFma(float a, BlockVec b, BlockVec c) {
    return _mm256_fmadd_ps(_mm256_set1_ps(a), b, c);
  }
  static float BlockSum(BlockVec v) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static Bytes LoadBytes(const std::byte* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  static Bytes LoadNibbles(const std::byte* from) {
    const __m128i both = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m256i wide = _mm256_set_m128i(_mm_srli_epi16(both, 4), both);
    return _mm256_sub_epi8(_mm256_and_si256(wide, _mm256_set1_epi8(15)), _mm256_set1_epi8(8));
  }
  static BlockVec Dot(Bytes w, Bytes x) {
    const __m256i sums =
        _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
    return _mm256_cvtepi32_ps(sums);
  }
  static float FromHalfBits(std::uint16_t bits) {
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits)));
  }
};

constexpr KernelSet kSet = MakeKernelSet<Avx512>("avx512");

}  // namespace

const KernelSet* Avx512Kernels() { return &kSet; }

}  // namespace roofscape::host

#else

namespace roofscape::host {

const KernelSet* Avx512Kernels() { return nullptr; }

}  // namespace roofscape::host

#endif
