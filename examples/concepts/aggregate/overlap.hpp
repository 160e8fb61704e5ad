#pragma once

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "concepts/aggregate/sparse_prior.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "nn/init.hpp"
#include "prob/kl.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/bounds/total_correlation.hpp"
#include "vae/models/mlp.hpp"

// What makes latents mean something (Mathieu, Rainforth, Siddharth and Teh 2019): how far the q(z|x_n) overlap, and
// what structure the prior has.
//
//     objective = E log p(x|z) - beta KL(q(z|x) || p(z)) - alpha D(q(z), p(z))                (equation 7)
//
// beta sets the overlap alone: for N(0, I) every rotation of z is as good. alpha makes q(z) like a prior with axes.

namespace concepts {

using namespace tapestry;

/// Their theorem 1 for p(z) = N(0, I): beta KL(q || p) is a KL to the narrower f = N(0, I / beta), less a reward for
/// entropy, and a constant.
///
///     beta KL(q || p) = KL(q || f) - (beta - 1) H(q) - log F,       F = integral of p(z)^beta
struct BetaSplit {
  Tensor to_f, entropy;  // [B]
  double log_f;

  Tensor sum(double beta) const { return to_f - (beta - 1) * entropy - log_f; }
};

inline BetaSplit split_beta(const prob::Normal& q, double beta) {
  const double k = static_cast<double>(q.shape()[-1]), pi = std::numbers::pi;
  const prob::Normal f(zeros(q.shape()), 1 / std::sqrt(beta), 1);
  return {.to_f = prob::kl(q, f),
          .entropy = q.entropy(),
          .log_f = 0.5 * k * ((1 - beta) * std::log(2 * pi) - std::log(beta))};
}

/// beta KL(q || p) [B], by these parts.
inline Tensor beta_kl(const prob::Normal& q, double beta) { return split_beta(q, beta).sum(beta); }

/// 1 - I(n; z) / log N of a VAE with two latents, trained on sprites x [N, 256]: 1 when codes say nothing. By quadrature.
inline double overlap(const Tensor& x, double beta, int epochs, const Rng& init) {
  vae::MlpVae model({.rows = 16, .cols = 16, .hidden = {64}, .latent = 2});
  nn::init::torch_default(model, init);
  support::train(model, vae::bound_of(model, {.beta = beta}), nn::TensorDataset({x}, {x}),
                 {epochs, x.dim(0), 5e-3, 1, support::kConstantRate});
  const NoGrad no_grad;
  const prob::Normal q = model.encode(x);
  const DTypeScope f64(DType::f64);
  const vae::KlSplit kl = vae::exact_kl_split({q.loc.to(DType::f64), q.scale.to(DType::f64), 1});
  return 1 - kl.mutual_information.item() / std::log(static_cast<double>(x.dim(0)));
}

struct StructuredVae {
  StructuredVae(const vae::VaeConfig& sizes, double share, double weight, Divergence d,
                const Rng& init)
      : model(sizes), prior{sizes.latent, share}, alpha(weight), divergence(d) {
    nn::init::torch_default(model, init);
  }

  vae::Objective play(const nn::Batch& batch, Rng& rng) {
    const prob::Normal q = model.encode(batch.images);
    const Tensor z = q.rsample(rng);
    const vae::ElboTerms terms{.log_lik = model.decode(z).log_prob(batch.images),
                               .kl = q.log_prob(z) - prior.log_prob(z)};
    if (alpha == 0) return terms;
    const Tensor apart = divergence(z, prior.sample(rng, z.dim(0)));
    vae::Objective objective = terms;
    objective.value = objective.value - alpha * apart;
    objective.parts.push_back({"divergence", apart});
    return objective;
  }

  vae::MlpVae model;
  const SparsePrior prior;
  const double alpha;
  const Divergence divergence;
};

/// q(z|x) of the test images, f64.
inline prob::Normal codes_after_training(StructuredVae& vae, const nn::ImageDataset& data,
                                         const support::Training& how) {
  const auto play = [&](const nn::Batch& batch, Rng& rng) { return vae.play(batch, rng); };
  const double error = support::train(vae.model, play, data, how).neg_elbo();
  fmt::print("gamma {}, alpha {:3}: test -ELBO {:.2f} nats\n", vae.prior.gamma, vae.alpha, error);
  const NoGrad no_grad;
  const prob::Normal q = vae.model.encode(support::rows_of(data, nn::Part::test).images);
  return {q.loc.to(DType::f64), q.scale.to(DType::f64), 1};
}

}  // namespace concepts
