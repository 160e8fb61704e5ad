#include "autograd/debug/stats.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace tapestry::debug {
namespace {

template <class T>
Stats measure(std::span<const T> values) {
  Stats s;
  s.size = std::ssize(values);
  double sum = 0, squares = 0;
  std::int64_t counted = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto v = static_cast<double>(values[i]);
    if (!std::isfinite(v)) {
      if (s.not_finite++ == 0) s.first_not_finite = static_cast<std::int64_t>(i);
      continue;
    }
    s.min = counted ? std::min(s.min, v) : v;
    s.max = counted ? std::max(s.max, v) : v;
    s.zeros += v == 0;
    sum += v;
    squares += v * v;
    ++counted;
  }
  if (counted) s.mean = sum / static_cast<double>(counted);
  s.norm = std::sqrt(squares);
  return s;
}

std::string not_finite_text(const Stats& s, const Shape& shape) {
  return fmt::format("{} of {} not finite, first {}", s.not_finite, s.size,
                     index_text(shape, s.first_not_finite));
}

}  // namespace

Stats stats(const Tensor& x) {
  switch (x.dtype()) {
    case DType::f32:
      return measure(x.view<float>());
    case DType::f64:
      return measure(x.view<double>());
    default:
      return measure(x.view<std::int32_t>());
  }
}

double element(const Tensor& x, std::int64_t at) {
  return dispatch(x.dtype(), [&]<class T>(T) {
    return static_cast<double>(x.view<T>()[static_cast<std::size_t>(at)]);
  });
}

std::string gradient_text(const Tensor& gradient) {
  const Stats s = stats(gradient);
  if (s.not_finite) return not_finite_text(s, gradient.shape());
  if (s.zeros == s.size) return s.size == 1 ? "0" : "0 everywhere";
  if (s.size == 1) return number_text(gradient.item());
  return fmt::format("norm {}", number_text(s.norm));
}

std::string value_text(const Tensor& value) {
  const Stats s = stats(value);
  if (s.not_finite) return not_finite_text(s, value.shape());
  if (s.size == 1) return number_text(value.item());
  return fmt::format("min {}  mean {}  max {}", number_text(s.min), number_text(s.mean),
                     number_text(s.max));
}

std::string number_text(double value) {
  return std::isnan(value) ? "nan"
                           : fmt::format("{:.4g}", value);  // the sign of a NaN means nothing
}

}  // namespace tapestry::debug
