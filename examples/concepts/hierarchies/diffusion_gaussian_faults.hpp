#pragma once

#include "concepts/hierarchies/diffusion_gaussian.hpp"
#include "vae/bounds/log_weights.hpp"

// Wrong versions of a diffusion's bound, each reported of a published program.

namespace concepts {

inline Tensor term_of(const GaussianDiffusion& d, std::size_t t, const Tensor& x0,
                      const Tensor& eps) {
  return d.term(t, x0, eps);
}
inline Tensor log_weights_of(const GaussianDiffusion& d, const Tensor& x, Rng& rng, int samples) {
  return vae::log_weights(
      x, d.encode(x), d.prior(), [&](auto& z) { return d.decode(z); }, rng, samples);
}

/// t is the same in every term of the sum.
inline Tensor term_of_last_t(const GaussianDiffusion& d, std::size_t t, const Tensor& x0,
                             const Tensor& eps) {
  return d.term(t > 1 ? d.chain.steps() : t, x0, eps);
}
/// The error of the noise without its weight, which DDPM trains with, as if it were the bound.
inline Tensor simple_loss(const GaussianDiffusion& d, std::size_t t, const Tensor& x0,
                          const Tensor& eps) {
  if (t < 2) return d.term(t, x0, eps);
  const Normal q = d.noised(t, x0);
  const Tensor xt = q.loc + q.scale * eps, guess = d.denoise(t, xt);
  return square((guess - x0) * q.loc / x0 / q.scale);
}
/// The variance stands where its logarithm is asked for.
inline double log_forgotten(const GaussianDiffusion& d, std::size_t t) {
  return std::exp(beta_of(d, t));
}
inline double last_step_beta_tilde(const GaussianDiffusion& d, std::size_t t) {
  return t == 1 ? beta_tilde_of(d, 1) : beta_of(d, t);
}
/// log p(x, z) without log q(z|x).
inline Tensor entropy_left_out(const GaussianDiffusion& d, const Tensor& x, Rng& rng, int samples) {
  const prob::SampledLatent drawn = d.encode(x).rsample_and_log_prob(rng, {samples});
  return d.decode(drawn.z).log_prob(x) + d.prior().log_prob(drawn.z);
}

}  // namespace concepts
