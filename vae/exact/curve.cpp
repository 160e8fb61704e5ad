#include "vae/exact/curve.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "vae/exact/table.hpp"

namespace tapestry::vae::exact {

namespace {

/// One more axis for the cells of the grid: [...] to [..., 1].
Tensor against_cells(const Tensor& t) { return reshape(t, t.shape().inserted(t.rank(), 1)); }

}  // namespace

Curve Curve::example() {
  return {.amplitude = tensor(0.5),
          .phase = tensor({2.0, 2.0}),
          .rate = tensor({3.675, 2.85}),
          .sigma = tensor(0.2),
          .grid = Grid(-8, 8, 1600)};
}

Tensor Curve::decode(const Tensor& z) const {
  const Tensor angle = phase + rate * reshape(z, z.shape().inserted(z.rank(), 1));
  return concat({amplitude * exp(sin(slice(angle, -1, 0, 1))), cos(slice(angle, -1, 1, 2))}, -1);
}

prob::StandardNormal Curve::prior(const Shape& shape) const {
  return prob::StandardNormal(shape, 0, sigma.dtype());
}

prob::Normal Curve::likelihood(const Tensor& z) const { return {decode(z), sigma, 1}; }

Tensor Curve::log_joint(const Tensor& x, const Tensor& z) const {
  return prior(z.shape()).log_prob(z) + likelihood(z).log_prob(x);
}

Tensor Curve::log_joint_table(const Tensor& x) const {
  const Tensor against_each_z = reshape(x, x.shape().inserted(x.rank() - 1, 1));
  return grid.log_mass(log_joint(against_each_z, grid.points));
}

Tensor Curve::log_px(const Tensor& x) const { return table::log_px(log_joint_table(x)); }

Tensor Curve::log_posterior(const Tensor& x) const {
  return table::log_posterior(log_joint_table(x)) - std::log(grid.step());
}

Tensor Curve::elbo(const Tensor& x, const prob::Normal& q) const {
  const prob::Normal wide(against_cells(q.loc), against_cells(q.scale));
  const Tensor z = prob::expanded(grid.points, broadcast(grid.points.shape(), wide.shape()));
  return table::elbo(log_joint_table(x), grid.log_mass(wide.log_prob(z)));
}

Draw Curve::sample(Rng& rng, std::int64_t n) const {
  const NoGrad no_grad;
  const Tensor z = prior({n}).sample(rng);
  return {z, likelihood(z).sample(rng)};
}

}  // namespace tapestry::vae::exact
