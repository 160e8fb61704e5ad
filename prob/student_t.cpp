#include "prob/student_t.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

StudentT::StudentT(Arg nu, Arg mu, Arg sigma, int dims)
    : df(as_parameter(nu, mu, sigma)),
      loc(as_parameter(mu, nu, sigma)),
      scale(as_parameter(sigma, nu, mu)),
      event_dims(dims) {
  common_shape({kName, nu.loc}, {{"df", df}, {"loc", loc}, {"scale", scale}}, event_dims);
  check_values({kName, nu.loc}, "df", df, kPositive);
  check_values({kName, nu.loc}, "loc", loc, kFinite);
  check_values({kName, nu.loc}, "scale", scale, kPositive);
}

Tensor StudentT::rsample(Rng& rng, const Shape& sample_shape) const {
  // t = e / sqrt(g / (v/2)) with e ~ N(0, 1), g ~ Gamma(v/2)
  const Shape full = join(sample_shape, shape());
  const Tensor e = rng.normal(full, loc.dtype());
  const Tensor half = 0.5 * df;
  return loc + scale * e * exp(0.5 * (log(half) - rsample_log_gamma(half, full, rng)));
}

Tensor StudentT::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  const Tensor t = abs((x - loc) / scale), far = greater(t, 1e18);  // an f32 cannot hold its square
  const Tensor of_far = softplus(2.0 * log(where(far, t, 1.0)) - log(df));
  const Tensor tail = where(far, of_far, log1p(square(where(far, 0.0, t)) / df));
  // log B(v/2, 1/2) = log Gamma(v/2) - log Gamma((v+1)/2) + log(pi)/2
  const Tensor log_normaliser = log_beta(0.5 * df, 0.5) + 0.5 * log(df) + log(scale);
  return sum_last(-0.5 * (df + 1.0) * tail - log_normaliser, event_dims);
}

Tensor StudentT::mean() const {
  check_values(kName, "df", df, {"above 1 for a mean to exist", 1, kInfinity, true, true});
  return expanded(loc, shape());
}

Tensor StudentT::variance() const {
  check_values(kName, "df", df, {"above 2 for a variance to exist", 2, kInfinity, true, true});
  return expanded(square(scale) * df / (df - 2.0), shape());
}

Tensor StudentT::entropy() const {
  return sum_last(expanded(student_t_entropy(df) + log(scale), shape()), event_dims);
}

}  // namespace tapestry::prob
