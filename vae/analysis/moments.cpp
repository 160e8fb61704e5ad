#include "vae/analysis/moments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "autograd/constraint.hpp"

namespace tapestry::vae {

Moments::Moments(const Shape& shape)
    : shape_(shape), elements_(static_cast<std::size_t>(shape.size())) {}

void Moments::add(const Tensor& draw) {
  check<ShapeError>(draw.shape() == shape_, "moments: a draw has the shape {}, not {}",
                    draw.shape(), shape_);
  add_all(draw.with_shape(shape_.inserted(0, 1)));
}

void Moments::add_all(const Tensor& draws) {
  check<ShapeError>(draws.rank() == shape_.rank() + 1 && draws.shape().without(0) == shape_,
                    "moments: draws have the shape {}, not [n] + {}", draws.shape(), shape_);
  check_values("moments", "a draw", draws, kFinite);
  const std::vector<double> values = draws.to_vector();
  std::span<const double> rest(values);
  for (; !rest.empty(); rest = rest.subspan(elements_.size())) {
    // One draw more (Pebay 2008, equations 1.1 to 1.4 with a second set of one element).
    const double before = static_cast<double>(count_++), n = before + 1;
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      Element& e = elements_[i];
      const double delta = rest[i] - e.mean, step = delta / n;
      const double growth = delta * step * before;
      e.m4 += growth * step * step * (n * n - 3 * n + 3) + 6 * step * step * e.m2 - 4 * step * e.m3;
      e.m3 += growth * step * (n - 2) - 3 * step * e.m2;
      e.m2 += growth;
      e.mean += step;
    }
  }
}

Noise Moments::noise() const {
  check<ConfigError>(count_ >= 2, "noise needs at least 2 draws, not {}", count_);
  const double n = static_cast<double>(count_);
  const auto each = [&](auto&& number) {
    Tensor out = Tensor::empty(shape_, DType::f64);
    std::transform(elements_.begin(), elements_.end(), out.mutate<double>().begin(), number);
    return out;
  };
  const auto variance = [&](const Element& e) { return e.m2 / (n - 1); };
  const auto ratio = [&](const Element& e) {
    if (e.m2 == 0) return e.mean == 0 ? 0 : std::numeric_limits<double>::infinity();
    return std::fabs(e.mean) / std::sqrt(variance(e));
  };
  const auto variance_of_variance = [&](const Element& e) {
    const double v = e.m2 / n;
    return std::max(0.0, e.m4 / n - v * v) / n;
  };
  // mean / deviation moves with both: Var = 1/n (1 - r skewness + r^2 (kurtosis - 1) / 4).
  const auto variance_of_ratio = [&](const Element& e) {
    if (e.m2 == 0) return 0.0;
    const double v = e.m2 / n, r = e.mean / std::sqrt(v);
    const double skewness = e.m3 / n / (v * std::sqrt(v)), kurtosis = e.m4 / n / (v * v);
    return std::max(0.0, 1 - r * skewness + r * r * (kurtosis - 1) / 4) / n;
  };
  return {.mean = each([](const Element& e) { return e.mean; }),
          .mean_se = each([&](const Element& e) { return std::sqrt(variance(e) / n); }),
          .variance = each(variance),
          .variance_se = each([&](const Element& e) { return std::sqrt(variance_of_variance(e)); }),
          .snr = each(ratio),
          .snr_se = each([&](const Element& e) { return std::sqrt(variance_of_ratio(e)); })};
}

}  // namespace tapestry::vae
