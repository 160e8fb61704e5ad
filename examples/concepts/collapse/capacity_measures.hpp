#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "concepts/collapse/linear_data.hpp"
#include "support/concept/record.hpp"

// What is measured of VAEs that were held at a capacity.

namespace concepts {

/// Of the record of train_sprites: the largest |KL - C(t)| after a fifth of the epochs.
inline double off_capacity(const support::Record& r, const std::string& name) {
  const auto &kl = r.curve(name + ", KL").y, &C = r.curve(name + ", C").y;
  double off = 0;
  for (std::size_t i = kl.size() / 5; i < kl.size(); ++i)
    off = std::max(off, std::abs(kl[i] - C[i]));
  return off;
}
/// Latents with more than 0.1 nats at an epoch, a share of the run.
inline double in_use(const support::Record& r, const std::string& name, double share) {
  double count = 0;
  for (int k = 1; r.curves.contains(fmt::format("{}, KL of z_{}", name, k)); ++k) {
    const auto& kl = r.curve(fmt::format("{}, KL of z_{}", name, k)).y;
    count += kl[static_cast<std::size_t>(share * static_cast<double>(kl.size() - 1))] > 0.1 ? 1 : 0;
  }
  return count;
}

/// A linear VAE that was held at C.
struct HeldLinear {
  double kl, error;          ///< of all latents; E|x - W z - m|^2
  std::vector<double> each;  ///< KL of each latent, falling
};
inline HeldLinear measure(LinearVae& vae, const LinearData& d) {
  const MeanBound b = vae.mean_bound(d.covariance);
  std::vector<double> each = b.kl.to_vector();
  std::sort(each.rbegin(), each.rend());
  const double D = static_cast<double>(d.mean.size());  // sigma = 1
  return {sum(b.kl).item(), -2 * b.log_lik.item() - D * std::log(2 * std::numbers::pi), each};
}

}  // namespace concepts
