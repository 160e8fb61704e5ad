#pragma once

#include <functional>

#include "prob/kl.hpp"
#include "vae/analysis/structural_similarity.hpp"
#include "vae/models/mlp.hpp"
#include "vae/training/player.hpp"

// A VAE whose reconstructions are judged by structural similarity at several scales (Snell, Ridgeway, Liao, Roads, Mozer and
// Zemel, Learning to Generate Images with Perceptual Similarity Metrics, 2017):
//
//     objective = E_q[ -lambda (1 - MS-SSIM(x, mu(z))) ] - KL(q(z|x) || p(z))
//
// The first term is no log p(x|z), so the objective bounds nothing. The ELBO of the same networks is noted beside it.

namespace concepts {

using namespace tapestry;

/// The steps that can be taken wrongly.
struct SimilaritySteps {
  /// [B] of images [B, rows, cols].
  std::function<Tensor(const Tensor&, const Tensor&)> similarity =
      [](const auto& x, const auto& mu) { return vae::structural_similarity(x, mu); };
  double sign = 1;  ///< of lambda
  bool own_bound = true;
};

struct SimilarityVae : nn::Module {
  SimilarityVae(const vae::VaeConfig& sizes, double weight, const SimilaritySteps& how)
      : model(*this, "model", sizes), lambda(weight), steps(how) {}

  Tensor likeness(const Tensor& x, const Tensor& mu) const {
    const Shape shape{x.dim(0), model.config.rows, model.config.cols};
    return steps.similarity(reshape(x, shape), reshape(mu, shape));
  }

  vae::Objective objective(const Tensor& x, Rng& rng) {
    const prob::Normal q = model.encode(x);
    const vae::Likelihood p = model.decode(q.rsample(rng));
    const vae::ElboTerms terms{.log_lik = p.log_prob(x), .kl = prob::kl(q, model.prior())};
    const Tensor alike = likeness(x, p.mean());
    const Tensor value = steps.sign * lambda * (alike - 1.0) - terms.kl.total();
    return {.value = value,
            .bound = steps.own_bound ? terms.elbo() : value,
            .parts = {{"similarity", alike}}};
  }
  vae::Play play() {
    return [this](const nn::Batch& batch, Rng& rng) { return objective(batch.images, rng); };
  }

  nn::Child<vae::MlpVae> model;
  const double lambda;
  const SimilaritySteps steps;
};

}  // namespace concepts
