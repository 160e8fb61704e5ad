#include "prob/von_mises_fisher.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

namespace {

double order_of(const VonMisesFisher& d) { return 0.5 * static_cast<double>(d.loc.dim(-1)) - 1; }

/// The sums of special/bessel.cpp have as many terms as some ten roots of kappa.
constexpr Constraint kSummable{"positive and at most 1e8", 0, 1e8, true, false};

Tensor with_last_axis(const Tensor& x) { return reshape(x, join(x.shape(), {1})); }

}  // namespace

VonMisesFisher::VonMisesFisher(Arg mu, Arg kappa, int dims)
    : loc(as_parameter(mu, kappa)), concentration(as_parameter(kappa, mu)), event_dims(dims) {
  const Caller caller{kName, mu.loc};
  check_dtypes(caller, {{"loc", loc}, {"concentration", concentration}});
  check_event_dims(caller, loc.shape(), event_dims, 1);
  if (loc.dim(-1) < 2 || concentration.shape() != loc.shape().without(-1)) [[unlikely]]
    fail<ShapeError>(caller, "loc must be vectors [..., m] with m >= 2, and concentration [...]",
                     {}, {{"loc", loc}, {"concentration", concentration}});
  check_unit_length(caller, "loc", loc);
  check_values(caller, "concentration", concentration, kSummable);
}

Tensor VonMisesFisher::rsample(Rng& rng, const Shape& sample_shape) const {
  const Shape all = join(sample_shape, shape()), batch = all.without(-1);
  const Tensor kappa = expanded(concentration, batch);
  const Tensor theta =
      with_last_axis(sphere_angle(all[-1], kappa, rng.uniform(batch, loc.dtype())));
  const Tensor noise = rng.normal(all, loc.dtype());
  const Tensor across = noise - sum(noise * loc, -1, true) * loc;
  return cos(theta) * loc + sin(theta) * (across / sqrt(sum(square(across), -1, true)));
}

Tensor VonMisesFisher::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_unit_length({kName, value.loc}, "value", x);
  const Tensor log_c = -log_bessel_series(order_of(*this), concentration) - log_surface(x.dim(-1));
  return sum_last(concentration * sum(loc * x, -1) + log_c, event_dims - 1);
}

Tensor VonMisesFisher::mean_length() const { return bessel_ratio(order_of(*this), concentration); }

Tensor VonMisesFisher::mean() const { return loc * with_last_axis(mean_length()); }

Tensor VonMisesFisher::variance() const {
  // covariance = A/kappa (I - loc loc^T) + (dA/dkappa) loc loc^T
  const Tensor across = mean_length() / concentration;
  const Tensor along = bessel_slope(order_of(*this), concentration);
  const Tensor share = square(loc);
  return with_last_axis(across) * (1.0 - share) + with_last_axis(along) * share;
}

Tensor VonMisesFisher::kl_to_uniform() const {
  return concentration * mean_length() - log_bessel_series(order_of(*this), concentration);
}

Tensor VonMisesFisher::entropy() const {
  return sum_last(log_surface(loc.dim(-1)) - kl_to_uniform(), event_dims - 1);
}

Tensor kl(const VonMisesFisher& q, const SphereUniform& p) {
  check_same_events("kl(VonMisesFisher, SphereUniform)", q.shape(), q.event_dims, p.shape(),
                    p.event_dims);
  const Tensor each = sum_last(q.kl_to_uniform(), q.event_dims - 1);
  return expanded(each, broadcast(each.shape(), batch_shape(p)));
}

}  // namespace tapestry::prob
