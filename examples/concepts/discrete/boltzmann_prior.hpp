#pragma once

#include "autograd/ops.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/kl.hpp"
#include "prob/rbm.hpp"
#include "prob/relaxed_bernoulli.hpp"
#include "prob/spike_and_exponential.hpp"
#include "vae/bounds/elbo.hpp"

// DVAE (Rolfe, Discrete Variational Autoencoders, 2017; Vahdat et al. 2018): latents that are bits, under a prior in which
// they depend on each other without a direction, a Boltzmann machine. The decoder reads bits that are smoothed.

namespace concepts {

using namespace tapestry;

/// How a bit becomes a number x in [0, 1] that a gradient passes: x = x(u, logits), u uniform.
inline Tensor concrete_bit(const Tensor& u, const Tensor& logits, double temperature) {
  return prob::RelaxedBernoulli(temperature, logits).icdf(u);
}
inline Tensor spike_and_exponential(const Tensor& u, const Tensor& logits, double beta) {
  return prob::SpikeAndExponential(beta, logits).icdf(u);
}

/// KL(q(z|x) || p(z)) of independent bits q and a Boltzmann machine p, whose energy is linear in each bit:
///
///     E_q[E(z)] + log Z - H(q)
///
/// Its gradient in W is -E_q[z_1 z_2] (the positive phase) + E_p[z_1 z_2] (the negative one, the gradient of log Z).
inline Tensor kl_to_machine(const prob::Bernoulli& q, const prob::Rbm& p) { return kl(q, p); }

/// KL(q || p) of two relaxed bits of the same temperature: the mean of log q(x) - log p(x) over x = x(u, logits of q).
inline Tensor relaxed_kl(const Tensor& u, double q_logit, double p_logit, double temperature,
                         double of_density) {
  const prob::RelaxedBernoulli q(of_density, q_logit), p(of_density, p_logit);
  const Tensor x = concrete_bit(u, tensor(q_logit), temperature);
  return mean(q.log_prob(x) - p.log_prob(x));
}

struct BitSizes {
  std::int64_t pixels = 784, hidden = 200, side = 12;  ///< of the machine, bits on each side
  double beta = 8;
};

///     z ~ p(z) = exp(a z_1 + b z_2 + z_1 W z_2) / Z     zeta_k ~ r(zeta_k|z_k)     x ~ Bernoulli(f(zeta))
///     q(z|x) independent bits; r(zeta|z) is the same in q and p, so it cancels
class BoltzmannVae : public nn::Module {
 public:
  explicit BoltzmannVae(const BitSizes& of)
      : sizes(of),
        bits(*this, "bits", {of.pixels, of.hidden, 2 * of.side}, Activation::relu,
             Activation::none),
        image(*this, "image", {2 * of.side, of.hidden, of.hidden, of.pixels}, Activation::relu,
              Activation::none),
        left(*this, "left", {of.side}, 0.0),
        right(*this, "right", {of.side}, 0.0),
        weight(*this, "weight", {of.side, of.side}, 0.0) {}

  prob::Bernoulli encode(const Tensor& x) { return prob::Bernoulli(bits(x), 1); }
  /// a and b learn at a tenth of the rate: a prior that is sure before the bits say anything keeps them from it.
  prob::Rbm prior() { return {0.1 * left, 0.1 * right, recorded(weight)}; }
  prob::SpikeAndExponential smooth(const prob::Bernoulli& q) { return {sizes.beta, q.logits, 1}; }
  prob::Bernoulli decode(const Tensor& zeta) { return prob::Bernoulli(image(zeta), 1); }

  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const prob::Bernoulli q = encode(x);
    return {.log_lik = decode(smooth(q).rsample(rng)).log_prob(x), .kl = kl_to_machine(q, prior())};
  }

  /// log p(x, z, zeta) - log q(z, zeta|x) of draws of q, [samples, B]. Not recorded.
  Tensor log_weights(const Tensor& x, Rng& rng, int samples) {
    const NoGrad no_grad;
    const prob::Bernoulli q = encode(x);
    const Tensor zeta = smooth(q).sample(rng, {samples});
    const Tensor z = greater(zeta, 0.0).to(zeta.dtype());
    return decode(zeta).log_prob(x) + prior().log_prob(z) - q.log_prob(z);
  }

  /// The means of p(x|zeta) for bits z [n, 2 side] of the prior. Not recorded.
  Tensor images_of(const Tensor& z, Rng& rng) {
    const NoGrad no_grad;
    return decode(z * prob::SpikeAndExponential(sizes.beta, full(z.shape(), 60.0)).sample(rng))
        .mean();
  }

  const BitSizes sizes;
  nn::Child<nn::Mlp> bits, image;
  nn::Param left, right, weight;
};

}  // namespace concepts
