#pragma once

#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/layers/mlp.hpp"
#include "nn/optim/schedule.hpp"
#include "prob/bernoulli.hpp"
#include "prob/kl.hpp"
#include "prob/one_hot_categorical.hpp"
#include "prob/relaxed_one_hot_categorical.hpp"
#include "vae/bounds/elbo.hpp"

// Latents that are classes, with a gradient through a draw: the Gumbel-softmax or Concrete distribution (Jang, Gu and Poole,
// Categorical Reparameterization with Gumbel-Softmax; Maddison, Mnih and Teh, The Concrete Distribution; both 2017).

namespace concepts {

using namespace tapestry;

///     zeta = softmax((logits + g) / T),  g independent Gumbel noise, [..., K]
///
/// The largest of logits + g is class k with the probability softmax(logits)_k; T to 0 makes zeta that class.
inline Tensor gumbel_softmax(const Tensor& logits, const Tensor& g, double T) {
  return softmax((logits + g) / T);
}

/// KL of two relaxed classes, of draws zeta of q; the temperature is that of the densities.
inline Tensor relaxed_kl_at(const Tensor& zeta, const Tensor& q_logits, const Tensor& p_logits,
                            double T) {
  return prob::RelaxedOneHotCategorical(T, q_logits).log_prob(zeta) -
         prob::RelaxedOneHotCategorical(T, p_logits).log_prob(zeta);
}

/// From 1 down to `last`, as Jang does: max(last, e^(-rate step)).
inline nn::Schedule annealed(double last, double rate) {
  return [=](std::int64_t step) {
    return std::max(last, std::exp(-rate * static_cast<double>(step)));
  };
}

struct ClassSizes {
  std::int64_t pixels = 784, hidden = 100, groups = 8, classes = 8;
};

/// Each of N latents is one of K classes: z [..., N, K] of a 1 and zeros in each row.
///
///     z_n ~ uniform over K classes      x ~ Bernoulli(f(z))      q(z|x) independent classes
class ConcreteVae : public nn::Module {
 public:
  explicit ConcreteVae(const ClassSizes& of)
      : sizes(of),
        logits(*this, "logits", {of.pixels, of.hidden, of.groups * of.classes}, Activation::relu,
               Activation::none),
        image(*this, "image", {of.groups * of.classes, of.hidden, of.hidden, of.pixels},
              Activation::relu, Activation::none) {}

  prob::OneHotCategorical encode(const Tensor& x) {
    return prob::OneHotCategorical(reshape(logits(x), {-1, sizes.groups, sizes.classes}), 2);
  }
  prob::OneHotCategorical prior() const {
    return prob::OneHotCategorical(zeros({sizes.groups, sizes.classes}), 2);
  }
  prob::Bernoulli decode(const Tensor& z) {
    return prob::Bernoulli(image(reshape(z, z.shape().without(-1).with(-1, -1))), 1);
  }

  /// What is climbed: the bound with zeta in the place of z, and the KL of the classes. It bounds nothing.
  vae::ElboTerms relaxed(const Tensor& x, double T, Rng& rng) {
    const prob::OneHotCategorical q = encode(x);
    const Tensor zeta = prob::RelaxedOneHotCategorical(T, q.logits, 2).rsample(rng);
    return {.log_lik = decode(zeta).log_prob(x), .kl = kl(q, prior())};
  }
  /// The ELBO of the model, with classes. Not recorded.
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const NoGrad no_grad;
    const prob::OneHotCategorical q = encode(x);
    return {.log_lik = decode(q.sample(rng)).log_prob(x), .kl = kl(q, prior())};
  }
  /// log p(x, z) - log q(z|x) of draws of q, [samples, B]. Not recorded.
  Tensor log_weights(const Tensor& x, Rng& rng, int samples) {
    const NoGrad no_grad;
    const prob::OneHotCategorical q = encode(x);
    const Tensor z = q.sample(rng, {samples});
    return decode(z).log_prob(x) + prior().log_prob(z) - q.log_prob(z);
  }

  const ClassSizes sizes;
  nn::Child<nn::Mlp> logits, image;
};

/// What a test prints as the bound, whatever the temperature.
inline vae::ElboTerms bound_of_classes(ConcreteVae& model, const Tensor& x, double, Rng& rng) {
  return model.elbo(x, rng);
}

}  // namespace concepts
