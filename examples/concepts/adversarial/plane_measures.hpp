#pragma once

#include <algorithm>

#include "prob/multivariate_normal.hpp"
#include "vae/bounds/mmd.hpp"
#include "vae/exact/curve.hpp"

// The curve F3, whose density is known, and measures of what models of it say and draw.

namespace concepts {

using namespace tapestry;

/// log p(x) of the curve F3 itself, in f64.
inline Tensor truth(const Tensor& x) {
  const DTypeScope f64(DType::f64);
  return vae::exact::Curve::example().log_px(x.to(DType::f64));
}
inline Tensor data(Rng rng, std::int64_t n) {
  return vae::exact::Curve::example().sample(rng, n).x;
}

/// Of all normals the one with the highest E log p(x): the curve's mean and covariance.
inline prob::MultivariateNormal best_normal() {
  const auto f3 = vae::exact::Curve::example();
  const Tensor w = exp(f3.grid.log_mass(f3.prior().log_prob(f3.grid.points)));
  const Tensor f = f3.decode(f3.grid.points), loc = matmul(reshape(w, {1, -1}), f);
  const Tensor spread = matmul(transpose(f - loc) * w, f - loc) + square(f3.sigma) * eye(2);
  return prob::MultivariateNormal::from_covariance(reshape(loc, {2}), spread);
}

/// The integral of exp of a function of points, over a square around the data.
double integral(const auto& log_density, std::int64_t cells) {
  const vae::exact::Grid across(-4, 6, cells), up(-5, 5, cells);
  const Tensor at = exp(log_density(plane(across, up))).to(DType::f64);
  return sum(at).item() * across.step() * up.step();
}

/// How good are points drawn from a model?
struct Quality {
  double mmd;        ///< MMD^2 to data
  double precision;  ///< the share that lies where p(x) is not below what it is at 99 % of the data
  double
      coverage;  ///< the share of data with a sample nearer than their fifth neighbour among the data
};
inline Quality quality(const Tensor& samples, const Tensor& x) {
  const std::int64_t n = x.dim(0);
  const auto nearest = [&](const Tensor& to, int rank) {  // squared distance of each datum
    std::vector<double> d = vae::squared_distances(x, to).to_vector(), of_rank;
    for (auto row = d.begin(); row != d.end(); row += n) {
      std::nth_element(row, row + rank, row + n);
      of_rank.push_back(row[rank]);
    }
    return tensor(of_rank, {n});
  };
  std::vector<double> log_p = truth(x).to_vector();
  const auto low = log_p.begin() + n / 100;
  std::nth_element(log_p.begin(), low, log_p.end());
  const auto share = [](const Tensor& yes) { return mean(yes.to(DType::f64)).item(); };
  return {.mmd = vae::mmd_squared(samples, x, vae::Bandwidths{0.1, 0.3, 1}).item(),
          .precision = share(greater_equal(truth(samples), *low)),
          .coverage = share(less_equal(nearest(samples, 0), nearest(x, 5)))};
}

}  // namespace concepts
