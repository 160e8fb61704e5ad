#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "autograd/ops.hpp"
#include "vae/bounds/elbo.hpp"

// A KL that is held at a capacity C(t), which grows (Burgess et al., Understanding disentangling in beta-VAE, 2018, equation 8):
//
//     E log p(x|z) - gamma |E KL(q(z|x) || p(z)) - C(t)|
//
// What a linear VAE can do with C nats is known: it is the rate-distortion function of a normal x whose covariance has the
// eigenvalues lambda_k (Cover and Thomas, section 10.3.3), with a water level theta:
//
//     KL_k = max(0, log(lambda_k / theta) / 2),   sum_k KL_k = C,   E|x - W z - m|^2 = sum_k min(lambda_k, theta)

namespace concepts {

using namespace tapestry;

/// gamma |KL - C| of the mean KL [] of a minibatch.
inline Tensor held(const Tensor& kl, double C, double gamma) { return gamma * abs(kl - C); }

/// The bound stays the bound.
using Hold = Tensor (*)(const Tensor& kl, double C, double gamma);
inline vae::Objective at_capacity(const vae::ElboTerms& terms, double C, double gamma, Hold hold) {
  const Tensor kl = terms.kl.total();
  return {.value = terms.log_lik - hold(mean(kl), C, gamma),
          .bound = terms.elbo(),
          .parts = {{"log_lik", terms.log_lik}, {"kl", kl}}};
}

/// The best linear VAE with a KL of C nats, from the eigenvalues of the covariance (falling).
struct WaterFilling {
  WaterFilling(const std::vector<double>& eigenvalues, std::int64_t latents, double C) {
    double logs = 0;  // of the eigenvalues above the level
    for (std::int64_t n = 1; n <= latents; ++n) {
      logs += std::log(eigenvalues[static_cast<std::size_t>(n - 1)]);
      level = std::exp((logs - 2 * C) / static_cast<double>(n));
      active = n;
      if (level >= eigenvalues[static_cast<std::size_t>(n)]) break;
    }
    for (std::size_t k = 0; k < eigenvalues.size(); ++k) {
      const bool has_latent = static_cast<std::int64_t>(k) < latents;
      error += has_latent ? std::min(eigenvalues[k], level) : eigenvalues[k];
      if (has_latent) kl.push_back(0.5 * std::max(0.0, std::log(eigenvalues[k] / level)));
    }
  }

  double level = 0, error = 0;  ///< theta; E|x - W z - m|^2
  std::int64_t active = 0;      ///< latents in use
  std::vector<double> kl;       ///< of each latent, nats
};

}  // namespace concepts
