#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

/// Scalar functions with one name for both dtypes. The float versions have no branches and no
/// calls, so that loops over them become vector code; each stays within 4 units in the last place
/// (a test sweeps them against double) and passes NaN and Inf on. The double versions are the C
/// library's.
// A loop becomes vector code only if everything in it is inlined, which the compiler declines in a
// large function.
#define TAPESTRY_INLINE [[gnu::always_inline]] inline

namespace tapestry::math {

// exp(x) = 2^n exp(r) with n = round(x / ln 2) and |r| <= ln(2)/2, where 8 Taylor terms are exact
// enough. Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
struct ReducedExp {
  float p;          // exp(r) - 1
  std::uint32_t n;  // two's complement
};
TAPESTRY_INLINE ReducedExp reduced_exp(float x) {
  constexpr float kShift = 12582912.0f, kLog2e = 1.44269504f;
  constexpr float kLn2High = 0.693145752f, kLn2Low = 1.42860677e-6f;
  const float z = x * kLog2e + kShift;
  const float n = z - kShift;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r * r + r;
  return {p, std::bit_cast<std::uint32_t>(z) - std::bit_cast<std::uint32_t>(kShift)};
}
/// 2^n, for n from -126 to 127.
TAPESTRY_INLINE float power_of_two(std::uint32_t n) {
  return std::bit_cast<float>((n + 127u) << 23);
}

struct ExpParts {
  float p;       // exp(r) - 1
  float s1, s2;  // 2^n as two factors: one alone would overflow, or lose subnormal results
};
TAPESTRY_INLINE ExpParts exp_parts(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -105.0f ? -105.0f : x;
  const ReducedExp e = reduced_exp(x);
  const auto half = static_cast<std::uint32_t>(static_cast<std::int32_t>(e.n) >> 1);
  return {e.p, power_of_two(half), power_of_two(e.n - half)};
}

TAPESTRY_INLINE float exp(float x) {
  const ExpParts e = exp_parts(x);
  return (e.p + 1.0f) * e.s1 * e.s2;
}
TAPESTRY_INLINE float expm1(float x) {
  const ExpParts e = exp_parts(x);
  // 2^n (exp(r) - 1) + (2^n - 1): near 0, n is 0 and nothing cancels. 2^n alone would overflow in the
  // last third of the way to the end of the range, where the 1 no longer counts.
  const float scale = e.s1 * e.s2;
  const float y = e.p * scale + (scale - 1.0f);
  return x > 80.0f ? (e.p + 1.0f) * e.s1 * e.s2 : y;
}

/// exp(x) for x <= 0, a third quicker: no overflow to look for, and 0 where the result would be
/// subnormal.
TAPESTRY_INLINE float exp_of_negative(float x) {
  constexpr float kLeast = -87.3365402f;  // the logarithm of the least normal number
  const ReducedExp e = reduced_exp(x < kLeast ? kLeast : x);
  const float y = (e.p + 1.0f) * power_of_two(e.n);
  return x < kLeast ? 0.0f : y;
}

// log(1 + u) = 2 atanh(u / (2 + u)); with u in [-0.3, 0.42] the series ends after s^9.
TAPESTRY_INLINE float log1p_near0(float u) {
  const float s = u / (2.0f + u), t = s * s;
  return s * (2.0f + t * (2.0f / 3 + t * (2.0f / 5 + t * (2.0f / 7 + t * (2.0f / 9)))));
}
// log(1 + u) = u (1 + u q(u)) for u in [0, 1], where q has the least largest relative error, 3.3e-8.
TAPESTRY_INLINE float log1p_unit(float u) {
  float q = 0.005364829192f;
  q = q * u - 0.03006581102f;
  q = q * u + 0.0792045647f;
  q = q * u - 0.1375380468f;
  q = q * u + 0.1915365597f;
  q = q * u - 0.2485716391f;
  q = q * u + 0.3332132264f;
  q = q * u - 0.4999964796f;
  return u * (q * u + 1.0f);
}

// log(x) = e ln 2 + log(m) with m in [sqrt(1/2), sqrt(2)).
TAPESTRY_INLINE float log(float x) {
  constexpr float kLn2High = 0.693145752f, kLn2Low = 1.42860677e-6f;
  const bool tiny = x < 1.17549435e-38f;  // subnormal: bring it up first
  const float scaled = tiny ? x * 8388608.0f : x;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(scaled);
  const std::uint32_t shifted = bits - 0x3f3504f3u;  // sqrt(1/2)
  const std::int32_t exponent = static_cast<std::int32_t>(shifted) >> 23;
  const float m = std::bit_cast<float>((shifted & 0x007fffffu) + 0x3f3504f3u);
  const float e = static_cast<float>(exponent) - (tiny ? 23.0f : 0.0f);
  const float y = e * kLn2High + (log1p_near0(m - 1.0f) + e * kLn2Low);
  const float special = x > 0.0f ? x : (x == 0.0f ? -INFINITY : NAN);  // +inf and NaN pass through
  return x > 0.0f && x < INFINITY ? y : (x != x ? x : special);
}

TAPESTRY_INLINE float log1p(float x) {
  // w = 1 + x loses (w - 1) - x of x; the derivative of log gives it back.
  const float w = 1.0f + x;
  const float lost = x - (w - 1.0f);
  const float far = log(w) + lost / w;
  const float near = log1p_near0(x);
  const float y = x > -0.29f && x < 0.41f ? near : far;
  return x > -1.0f && x < INFINITY ? y : log(w);
}

TAPESTRY_INLINE float tanh(float x) {
  // t = exp(-2 |x|) - 1: near 0, n is 0 and nothing cancels.
  const float a = std::fabs(x);
  const ReducedExp e = reduced_exp(-2.0f * (a > 10.0f ? 10.0f : a));
  const float scale = power_of_two(e.n), t = e.p * scale + (scale - 1.0f);
  return std::copysign(t / (t + 2.0f), x);
}

TAPESTRY_INLINE float sigmoid(float x) {
  const float e = exp_of_negative(-std::fabs(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

TAPESTRY_INLINE float softplus(float x) {
  const float tail = log1p_unit(exp_of_negative(-std::fabs(x)));
  return x > 0.0f ? x + tail : (x == x ? tail : x);
}

// sin and cos of a whole turn times u, u in [0, 1): Taylor on an eighth of a turn to each side.
struct SinCos {
  float sin, cos;
};
TAPESTRY_INLINE SinCos sincos_turns(float u) {
  constexpr float kShift = 12582912.0f;
  const float z = u * 4.0f + kShift;
  const float a = (u - (z - kShift) * 0.25f) * 6.28318531f, t = a * a;
  const float s = a * (1.0f + t * (-1.0f / 6 + t * (1.0f / 120 + t * (-1.0f / 5040 + t / 362880))));
  const float c = 1.0f + t * (-0.5f + t * (1.0f / 24 + t * (-1.0f / 720 + t / 40320)));
  const std::uint32_t quarter = std::bit_cast<std::uint32_t>(z) & 3u;
  const bool swap = quarter & 1u;
  const float sine = swap ? c : s, cosine = swap ? s : c;
  return {quarter & 2u ? -sine : sine, quarter == 1u || quarter == 2u ? -cosine : cosine};
}

inline double exp(double x) { return std::exp(x); }
inline double exp_of_negative(double x) { return std::exp(x); }
inline double expm1(double x) { return std::expm1(x); }
/// x, but 0 for a denormal x where these are flushed: the C library's log and pow would scale it up, get 0 and go wrong.
inline double flushed(double x) { return x == 0 ? 0 * x : x; }
inline double log(double x) { return std::log(flushed(x)); }
inline double log1p(double x) { return std::log1p(x); }
inline double tanh(double x) { return std::tanh(x); }
inline double sigmoid(double x) {
  const double e = std::exp(-std::fabs(x));
  return (x < 0 ? e : 1) / (1 + e);
}
inline double softplus(double x) {
  const double tail = std::log1p(std::exp(-std::fabs(x)));
  return x > 0 ? x + tail : (x == x ? tail : x);
}

// Rarely in a hot loop: float goes through double, which rounds correctly almost always.
double lgamma(double x);
double digamma(double x);
double trigamma(double x);
inline double erf(double x) { return std::erf(x); }
inline float lgamma(float x) { return static_cast<float>(lgamma(static_cast<double>(x))); }
inline float digamma(float x) { return static_cast<float>(digamma(static_cast<double>(x))); }
inline float trigamma(float x) { return static_cast<float>(trigamma(static_cast<double>(x))); }
inline float erf(float x) { return static_cast<float>(std::erf(static_cast<double>(x))); }
inline double sin(double x) { return std::sin(x); }
inline double cos(double x) { return std::cos(x); }
inline float sin(float x) { return static_cast<float>(std::sin(static_cast<double>(x))); }
inline float cos(float x) { return static_cast<float>(std::cos(static_cast<double>(x))); }
inline double pow(double x, double y) { return std::pow(flushed(x), y); }
inline float pow(float x, float y) {
  return static_cast<float>(std::pow(static_cast<double>(x), static_cast<double>(y)));
}

}  // namespace tapestry::math

#undef TAPESTRY_INLINE
