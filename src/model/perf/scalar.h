// The numbers that the model computes with: a double, or a Dual, which carries the derivative of
// its value by each of N fitted parameters. The model's functions are templates on this type, so
// that figures, sensitivities and fits come from the same code.
//
// Forward-mode differentiation: f(a + da) = f(a) + f'(a) da. Thread safety: plain values.

#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace roofscape::perf {

template <std::size_t N>
struct Dual {
  double value = 0.0;
  std::array<double, N> slope = {};  // By each parameter.

  Dual() = default;
  Dual(double v) : value(v) {}  // NOLINT(google-explicit-constructor): a constant is a number

  static Dual Variable(double v, std::size_t index) {
    Dual d(v);
    d.slope[index] = 1.0;
    return d;
  }
};

/// a Dual with value `value` whose slopes are `by_a` x a's + `by_b` x b's.
template <std::size_t N>
Dual<N> Chain(double value, const Dual<N>& a, double by_a, const Dual<N>& b, double by_b) {
  Dual<N> out(value);
  for (std::size_t i = 0; i < N; ++i) out.slope[i] = by_a * a.slope[i] + by_b * b.slope[i];
  return out;
}

template <std::size_t N>
Dual<N> Chain(double value, const Dual<N>& a, double by_a) {
  Dual<N> out(value);
  for (std::size_t i = 0; i < N; ++i) out.slope[i] = by_a * a.slope[i];
  return out;
}

template <std::size_t N>
Dual<N> operator+(const Dual<N>& a, const Dual<N>& b) {
  return Chain(a.value + b.value, a, 1.0, b, 1.0);
}
template <std::size_t N>
Dual<N> operator-(const Dual<N>& a, const Dual<N>& b) {
  return Chain(a.value - b.value, a, 1.0, b, -1.0);
}
template <std::size_t N>
Dual<N> operator*(const Dual<N>& a, const Dual<N>& b) {
  return Chain(a.value * b.value, a, b.value, b, a.value);
}
template <std::size_t N>
Dual<N> operator/(const Dual<N>& a, const Dual<N>& b) {
  const double q = a.value / b.value;
  return Chain(q, a, 1.0 / b.value, b, -q / b.value);
}
template <std::size_t N>
Dual<N> operator+(const Dual<N>& a, double b) {
  return Chain(a.value + b, a, 1.0);
}
template <std::size_t N>
Dual<N> operator+(double a, const Dual<N>& b) {
  return b + a;
}
template <std::size_t N>
Dual<N> operator-(const Dual<N>& a, double b) {
  return Chain(a.value - b, a, 1.0);
}
template <std::size_t N>
Dual<N> operator-(double a, const Dual<N>& b) {
  return Chain(a - b.value, b, -1.0);
}
template <std::size_t N>
Dual<N> operator*(const Dual<N>& a, double b) {
  return Chain(a.value * b, a, b);
}
template <std::size_t N>
Dual<N> operator*(double a, const Dual<N>& b) {
  return b * a;
}
template <std::size_t N>
Dual<N> operator/(const Dual<N>& a, double b) {
  return Chain(a.value / b, a, 1.0 / b);
}
template <std::size_t N>
Dual<N> operator/(double a, const Dual<N>& b) {
  const double q = a / b.value;
  return Chain(q, b, -q / b.value);
}
template <std::size_t N>
Dual<N>& operator+=(Dual<N>& a, const Dual<N>& b) {
  a.value += b.value;
  for (std::size_t i = 0; i < N; ++i) a.slope[i] += b.slope[i];
  return a;
}

template <std::size_t N>
Dual<N> exp(const Dual<N>& a) {
  const double e = std::exp(a.value);
  return Chain(e, a, e);
}
template <std::size_t N>
Dual<N> log(const Dual<N>& a) {
  return Chain(std::log(a.value), a, 1.0 / a.value);
}
template <std::size_t N>
Dual<N> sqrt(const Dual<N>& a) {
  const double root = std::sqrt(a.value);
  return Chain(root, a, root > 0.0 ? 0.5 / root : 0.0);
}
template <std::size_t N>
Dual<N> max(const Dual<N>& a, const Dual<N>& b) {
  return a.value >= b.value ? a : b;
}
template <std::size_t N>
Dual<N> min(const Dual<N>& a, const Dual<N>& b) {
  return a.value <= b.value ? a : b;
}

inline double ValueOf(double a) { return a; }
template <std::size_t N>
double ValueOf(const Dual<N>& a) {
  return a.value;
}

/// The larger of two times, rounded at the corner where both bind: (a^4 + b^4)^(1/4). A kernel
/// whose memory and arithmetic take equally long hides neither whole.
template <class T>
T SmoothMax(const T& a, const T& b) {
  using std::sqrt;
  const T a2 = a * a;
  const T b2 = b * b;
  return sqrt(sqrt(a2 * a2 + b2 * b2));
}

}  // namespace roofscape::perf
