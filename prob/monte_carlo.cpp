#include "prob/monte_carlo.hpp"

#include <cmath>

#include "autograd/constraint.hpp"

namespace tapestry::prob {

Estimate estimate(const Tensor& values) {
  if (values.rank() < 1 || values.dim(0) < 2) [[unlikely]]
    fail<ShapeError>("estimate", fmt::format("at least two samples along axis 0 are needed, not {}",
                                             values.shape()));
  NoGrad no_grad;
  const std::int64_t n = values.dim(0);
  const Tensor average = mean(values, 0);
  const Tensor squares = sum(square(values - average), 0);
  const double count = static_cast<double>(n);
  return {average, sqrt(squares / (count * (count - 1))), n};
}

Tensor log_mean_exp(Arg x, int axis) {
  return logsumexp(x, axis) - std::log(static_cast<double>(x.shape()[axis]));
}

}  // namespace tapestry::prob
