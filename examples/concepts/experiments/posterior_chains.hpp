#pragma once

#include <algorithm>

#include "autograd/ops.hpp"
#include "concepts/experiments/aevb.hpp"
#include "prob/monte_carlo.hpp"
#include "prob/multivariate_normal.hpp"
#include "vae/inference/hmc.hpp"

// Hamiltonian Monte Carlo in place of AEVB's encoder: learning by Monte Carlo EM, and a proposal
// from which log p(x) is estimated for any model of few latents.

namespace support {

/// log p(x, z) for z [..., B, Z], [..., B]: the target of the chains.
template <tapestry::vae::LatentModel M>
tapestry::Tensor log_joint(M& model, const tapestry::Tensor& x, const tapestry::Tensor& z) {
  return model.decode(z).log_prob(x) + model.prior().log_prob(z);
}

using LogJoint =
    std::function<tapestry::Tensor(AevbVae&, const tapestry::Tensor& x, const tapestry::Tensor& z)>;

/// Monte Carlo EM in the manner of AEVB, with a chain for each of N training images.
///
/// E: the chains of the minibatch take ten leapfrog steps, of a length that is adapted until nine
///        proposals in ten are accepted;
///     M: five steps of the model on log p(x, z), with z from the chains.
///
/// The chains sample `walked_on`, which is usually log_joint.
Learner monte_carlo_em(const LogJoint& walked_on);

namespace detail {

// Freezes the weights of a model until the end of the block: the chains need gradients in z only.
template <class M>
class AtRest {
 public:
  explicit AtRest(M& model) : model_(model) { set(false); }
  ~AtRest() { set(true); }
  AtRest(const AtRest&) = delete;

 private:
  void set(bool trainable) {
    if constexpr (requires(M & m) { m.set_trainable(trainable); }) model_.set_trainable(trainable);
  }
  M& model_;
};

}  // namespace detail

/// For each image of x [B, D] the normal with the mean and twice the covariance of a chain over p(z|x): a
/// proposal independent of the encoder. The chain starts at the best of 100 draws from the prior, and
/// has 30 steps to warm up and 50 to keep, each of four leapfrog steps.
template <tapestry::vae::LatentModel M>
tapestry::prob::MultivariateNormal explored_posterior(M& model, const tapestry::Tensor& x,
                                                      tapestry::Rng& rng) {
  using namespace tapestry;
  constexpr std::int64_t kDraws = 100, kAtATime = 50, kKept = 50;
  const detail::AtRest<M> still(model);
  const Tensor draws = model.prior().sample(rng, {kDraws});
  const std::int64_t latent = draws.dim(1);
  std::vector<Tensor> best;
  for (std::int64_t first = 0; first < x.dim(0); first += kAtATime) {
    const Tensor some = slice(x, 0, first, std::min(first + kAtATime, x.dim(0)));
    const Tensor log_lik = model.decode(reshape(draws, {kDraws, 1, latent})).log_prob(some);
    best.push_back(take_rows(draws, argmax(log_lik, 0)));
  }
  const Tensor z =
      vae::hmc([&](const Tensor& at) { return log_joint(model, x, at); }, concat(best, 0), rng,
               {.samples = kKept, .warmup = 30, .leapfrog_steps = 4, .target_acceptance = 0.9})
          .samples;

  const Tensor loc = mean(z, 0), off = z - loc;
  const Tensor covariance =
      mean(reshape(off, {kKept, -1, latent, 1}) * reshape(off, {kKept, -1, 1, latent}), 0);
  // A chain that never moved has no spread, hence the second term.
  const Tensor wider = 2.0 * covariance + 1e-4 * eye(latent);
  return prob::MultivariateNormal::from_covariance(loc, wider);
}

/// log p(x) of each image x [B, D] by importance sampling from s(z), in equal parts the normal of
/// explored_posterior and the encoder's q(z|x), with `samples` draws, an even number. One proposal is
/// not enough: where p(z|x) has several modes a chain stays in one, the weights of samples from
/// there alone are even, and the estimate is too low. Not recorded.
template <tapestry::vae::LatentModel M>
tapestry::vae::LogPx explored_log_px(M& model, const tapestry::Tensor& x, tapestry::Rng& rng,
                                     int samples) {
  using namespace tapestry;
  const prob::MultivariateNormal chain = explored_posterior(model, x, rng);
  const prob::Normal encoder = model.encode(x);
  const std::int64_t half = samples / 2;
  const Tensor z = concat({chain.sample(rng, {half}), encoder.sample(rng, {half})}, 0);
  // log of the mean of both densities
  const Tensor log_s = prob::log_mean_exp(stack({chain.log_prob(z), encoder.log_prob(z)}, 0));
  return vae::log_px(log_joint(model, x, z) - log_s);
}

}  // namespace support
