#pragma once

#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "prob/normal.hpp"
#include "vae/bounds/mmd.hpp"

namespace concepts {

using namespace tapestry;

/// A prior with axes: each latent is usually near 0, N(0, 0.05), and with probability 1 - gamma as wide as N(0, 1).
struct SparsePrior {
  static constexpr const char* kName = "SparsePrior";
  std::int64_t latents;
  double gamma;  // of the narrow part; 0: N(0, I)

  Tensor log_prob(const Tensor& z) const {
    if (gamma == 0) return sum(prob::Normal(0.0, 1.0).log_prob(z), -1);
    const Tensor wide = prob::Normal(0.0, 1.0).log_prob(z) + std::log(1 - gamma);
    const Tensor narrow = prob::Normal(0.0, std::sqrt(0.05)).log_prob(z) + std::log(gamma);
    return sum(logsumexp(stack({wide, narrow}, -1), -1), -1);
  }
  Tensor sample(Rng& rng, std::int64_t n) const {
    const Tensor wide = rng.normal({n, latents});
    return where(less(rng.uniform({n, latents}), gamma), std::sqrt(0.05) * wide, wide);
  }
};

/// D: the sum over the latents of MMD^2, each between its numbers in z and in draws of the prior, both [B, K].
using Divergence = Tensor (*)(const Tensor& z, const Tensor& of_prior);
inline Tensor mmd_of_latents(const Tensor& z, const Tensor& of_prior) {
  Tensor total = zeros({}, z.dtype());
  for (std::int64_t k = 0; k < z.dim(1); ++k)
    total = total + vae::mmd_squared(slice(z, 1, k, k + 1), slice(of_prior, 1, k, k + 1), {0.3, 1});
  return total;
}

/// D of a draw of q, the first 500 rows, from as many draws of a sparse prior.
inline double distance(const prob::Normal& q, double gamma, Rng& rng) {
  const Tensor all = q.sample(rng), z = slice(all, 0, 0, std::min<std::int64_t>(500, all.dim(0)));
  const Tensor of_prior = SparsePrior{z.dim(1), gamma}.sample(rng, z.dim(0));
  return mmd_of_latents(z, of_prior.to(z.dtype())).item();
}

}  // namespace concepts
