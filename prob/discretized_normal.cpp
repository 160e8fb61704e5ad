#include "prob/discretized_normal.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/kernels/map.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

DiscretizedNormal::DiscretizedNormal(Arg mu, Arg sigma, int dims, int count)
    : loc(as_parameter(mu, sigma)),
      scale(as_parameter(sigma, mu)),
      event_dims(dims),
      levels(count) {
  check_location_scale({kName, mu.loc}, loc, scale, event_dims);
  check<ConfigError>(levels >= 2, "{}: levels must be at least 2, not {}", kName, levels);
}

Tensor DiscretizedNormal::sample(Rng& rng, const Shape& sample_shape) const {
  const NoGrad no_grad;
  const Tensor x = loc + scale * rng.normal(join(sample_shape, shape()), loc.dtype());
  return map(
      [n = levels]<class T>(T at) {
        const double level = std::clamp(std::floor((at + 1.0) * n / 2), 0.0, n - 1.0);
        return static_cast<T>((2 * level + 1) / n - 1);
      },
      x);
}

Tensor DiscretizedNormal::log_prob(Arg value) const {
  const Tensor x = as_tensor(value).detach();
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  constexpr double far = 1e4;  // standard deviations
  const double half = 1.0 / levels, end = 1 - 2 * half;
  const Tensor low = where(less(x, -end), -far, (x - half - loc) / scale);
  const Tensor high = where(less(x, end), (x + half - loc) / scale, far);
  // Both on the lower side, where a small difference of probabilities keeps its digits.
  const Tensor above = less(0.0, low + high);
  return sum_last(log(normal_cdf(where(above, -low, high)) - normal_cdf(where(above, -high, low))),
                  event_dims);
}

}  // namespace tapestry::prob
