#include "prob/poisson.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/special/functions.hpp"
#include "prob/special/incomplete_gamma.hpp"
#include "prob/special/normal_quantile.hpp"

namespace tapestry::prob {

Poisson::Poisson(Arg lambda, int dims) : rate(as_parameter(lambda)), event_dims(dims) {
  common_shape({kName, lambda.loc}, {{"rate", rate}}, event_dims);
  check_values({kName, lambda.loc}, "rate", rate, kPositive);
}

namespace {

/// The quantile of a large rate from that of a normal, by Cornish and Fisher's expansion: off by one in fewer than
/// one of 1e4 draws from a rate of 1e8 on, and in still fewer above.
double quantile_of_many(double rate, double u) {
  const double z = standard_normal_quantile(u);
  return std::floor(rate + std::sqrt(rate) * z + (z * z - 1) / 6 + 0.5);
}

/// The smallest k with P(X <= k) >= u, walking from the mean.
double quantile(double rate, double u) {
  constexpr double kMany = 1e8;  // the walk takes some sqrt(rate) steps
  if (rate > kMany) return quantile_of_many(rate, u);
  double k = std::floor(rate);
  // P(X <= k) = Q(k + 1, rate); the probability of k itself steps along.
  double below = std::exp(incomplete_gamma(k + 1, std::log(rate)).log_q);
  double here = std::exp(k * std::log(rate) - rate - math::lgamma(k + 1));
  while (below < u && here > 0) {
    here *= rate / ++k;
    below += here;
  }
  while (k > 0 && below - here >= u) {
    below -= here;
    here *= k-- / rate;
  }
  return k;
}

}  // namespace

Tensor Poisson::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  const Shape full = join(sample_shape, shape());
  return map([]<class T>(T r, T u) { return static_cast<T>(quantile(r, u)); }, expanded(rate, full),
             rng.uniform(full, rate.dtype()));
}

Tensor Poisson::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kCount);
  // As a function of the rate, the density of Gamma(x + 1, 1).
  return sum_last(gamma_log_density(x + 1.0, 1.0, rate), event_dims);
}

Tensor Poisson::mean() const { return rate; }

Tensor Poisson::variance() const { return rate; }

}  // namespace tapestry::prob
