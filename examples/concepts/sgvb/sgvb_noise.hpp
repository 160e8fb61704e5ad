#pragma once

#include <cmath>
#include <vector>

#include "autograd/ops.hpp"
#include "vae/bounds/estimators.hpp"
#include "vae/exact/line_noise.hpp"

/// The model of sgvb_noise.cpp (C48, C49), which begins with its equations.
namespace tapestry::concepts {

using vae::Estimator;

/// n one-sample estimates [n] of the ELBO at x = 1.3, one for each row of mu and log sigma [n].
inline Tensor estimates(Estimator estimator, const Tensor& mu, const Tensor& log_sigma, Rng& rng) {
  const auto line = vae::exact::Line::example();
  const Shape rows = {mu.dim(0), 1};
  const prob::Normal q(reshape(mu, rows), exp(reshape(log_sigma, rows)), 1);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z, 1); };
  return vae::sgvb(full({1}, vae::exact::kLineX), q, line.prior(rows, 1), likelihood, rng,
                   {.estimator = estimator})
      .elbo();
}

/// A q of the table.
struct Place {
  const char* name;
  double mean, sigma;
};

inline std::vector<Place> places() {
  const prob::Normal posterior = vae::exact::Line::example().posterior(tensor(vae::exact::kLineX));
  const double mean = posterior.loc.item(), sigma = posterior.scale.item();
  return {{"start", 0, 1},
          {"too wide", 0, 2},
          {"half way", mean / 2, std::sqrt(sigma)},
          {"posterior", mean, sigma}};
}

}  // namespace tapestry::concepts
