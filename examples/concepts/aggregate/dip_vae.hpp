#pragma once

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "vae/analysis/aggregate.hpp"
#include "vae/bounds/dip.hpp"
#include "vae/models/mlp.hpp"
#include "vae/training/player.hpp"

// DIP-VAE (Kumar, Sattigeri and Balakrishnan 2018): the bound minus the distance of a covariance from I,
//
//     lambda_od sum_{i != j} C_ij^2 + lambda_d sum_i (C_ii - 1)^2
//     I:   C = Cov[mu(x)]                      of the means of q(z|x)
//     II:  C = Cov[mu(x)] + E[Sigma(x)]        of q(z), by the law of total covariance
//
// Both are those of a minibatch.

namespace concepts {

using namespace tapestry;

/// Moments of the codes of a minibatch.
using MomentsOf = vae::AggregateMoments (*)(const prob::Normal& q);

struct DipSettings {
  int kind = 0;                             ///< 1 or 2; 0: a VAE
  double off_diagonal = 10, diagonal = 10;  ///< lambda_od, lambda_d
};

struct DipVae {
  DipVae(const vae::VaeConfig& sizes, const DipSettings& how, MomentsOf moments, const Rng& init)
      : model(sizes), settings(how), moments_of(moments) {
    nn::init::torch_default(model, init);
  }

  /// C of the codes.
  Tensor covariance(const prob::Normal& q) const {
    const vae::AggregateMoments moments = moments_of(q);
    return settings.kind == 1 ? moments.of_means : moments.covariance();
  }

  vae::Objective play(const nn::Batch& batch, Rng& rng) {
    const Tensor& x = batch.images;
    const prob::Normal q = model.encode(x);
    const vae::ElboTerms terms{.log_lik = model.decode(q.rsample(rng)).log_prob(x),
                               .kl = prob::kl(q, model.prior())};
    if (settings.kind == 0) return terms;
    const Tensor penalty =
        vae::dip_penalty(covariance(q), settings.off_diagonal, settings.diagonal);
    vae::Objective objective = terms;
    objective.value = objective.value - penalty;  // the same for each image
    objective.parts.push_back({"penalty", penalty});
    return objective;
  }

  vae::MlpVae model;
  const DipSettings settings;
  const MomentsOf moments_of;
};

}  // namespace concepts
