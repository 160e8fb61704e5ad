#include "vae/pictures/latent_codes.hpp"

#include "autograd/error.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/normal.hpp"
#include "vae/pictures/slerp.hpp"

namespace tapestry::vae {

Tensor between_pairs(const Tensor& z, int steps) {
  check<ShapeError>(z.rank() == 2 && z.dim(0) >= 2,
                    "between_pairs: needs codes [N, Z], N >= 2, not {}", z.shape());
  check<ConfigError>(steps >= 2, "between_pairs: needs at least 2 steps, not {}", steps);
  const NoGrad no_grad;
  const std::int64_t pairs = z.dim(0) / 2, width = z.dim(1);
  const Tensor ends = reshape(slice(z, 0, 0, 2 * pairs), {pairs, 2, width});
  const Tensor from = slice(ends, 1, 0, 1), to = slice(ends, 1, 1, 2);  // [pairs, 1, Z]
  std::vector<Tensor> path;
  for (int k = 0; k < steps; ++k) path.push_back(lerp(from, to, k / (steps - 1.0)));
  return reshape(concat(path, 1), {pairs * steps, width});
}

Tensor manifold_codes(int side) {
  check<ConfigError>(side >= 1, "manifold_codes: side must be at least 1, not {}", side);
  const NoGrad no_grad;
  const Tensor mass = linspace(0.5 / side, 1 - 0.5 / side, side);
  const Tensor quantile = prob::Normal(0.0, 1.0).icdf(mass);
  std::vector<double> points;
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) {
      points.push_back(quantile.at({column}));
      points.push_back(quantile.at({side - 1 - row}));
    }
  }
  return tensor(points, {std::int64_t{side} * side, 2});
}

}  // namespace tapestry::vae
