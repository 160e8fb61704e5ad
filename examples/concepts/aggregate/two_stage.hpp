#pragma once

#include <functional>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/layers/linear.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/kl.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/heads.hpp"
#include "vae/models/latent_model.hpp"
#include "vae/training/player.hpp"

// The two-stage VAE (Dai and Wipf, Diagnosing and Enhancing VAE Models, 2019, section 4). A first VAE is trained as ever;
// its q(z) is not N(0, I). A second VAE learns q(z) from draws of it, and has no images to copy: it can spend all it has on
// the distribution.
//
//     u ~ N(0, I),   z ~ p(z|u),   x ~ p(x|z)
//     log p(x)  >=  E_q(z|x)[ log p(x|z) - log q(z|x) + (bound of log p(z) by the second VAE) ]

namespace concepts {

using namespace tapestry;

/// A VAE on codes: each of its three distributions is normal. The noise has one learned size for each number.
struct CodeVae : nn::Module {
  CodeVae(std::int64_t codes, std::int64_t hidden, std::int64_t latents)
      : size(latents),
        trunk(*this, "trunk", {codes, hidden, hidden}, Activation::relu),
        head(*this, "head", hidden, latents),
        back(*this, "back", {latents, hidden, hidden}, Activation::relu),
        loc(*this, "loc", hidden, codes),
        log_scale(*this, "log_scale", {codes}, -1.0) {}

  prob::Normal encode(const Tensor& z) { return head(trunk(z)); }
  prob::StandardNormal prior() const { return prob::StandardNormal({size}, 1); }
  prob::Normal decode(const Tensor& u) { return {loc(back(u)), exp(log_scale), 1}; }

  const std::int64_t size;
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> head;
  nn::Child<nn::Mlp> back;
  nn::Child<nn::Linear> loc;
  nn::Param log_scale;
};

/// The steps that can be taken wrongly.
struct StageSteps {
  /// z ~ q(z|x), a number to the second stage
  std::function<Tensor(const prob::Normal&, Rng&)> code = [](const auto& q, Rng& rng) {
    return q.sample(rng);
  };
  /// z ~ p(z|u)
  std::function<Tensor(const prob::Normal&, Rng&)> draw = [](const auto& p, Rng& rng) {
    return p.sample(rng);
  };
  double price = 1;  ///< weight of -log q(z|x) in the bound of both
};

template <vae::LatentModel First, vae::LatentModel Second>
struct TwoStages {
  First& first;
  Second& second;
  const StageSteps steps = {};

  /// What the second stage maximises on images: its bound at their codes.
  vae::Objective play(const nn::Batch& batch, Rng& rng) const {
    return vae::elbo(second, steps.code(first.encode(batch.images), rng), rng);
  }

  /// The bound of both together.
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) const {
    const auto q = first.encode(x);
    const Tensor z = q.rsample(rng);
    const vae::ElboTerms of_z = vae::elbo(second, z, rng, {.estimator = vae::Estimator::generic});
    return {.log_lik = first.decode(z).log_prob(x),
            .kl = steps.price * q.log_prob(z) - of_z.elbo()};
  }

  /// n draws of z, without an image.
  Tensor draw_codes(std::int64_t n, Rng& rng) const {
    const NoGrad no_grad;
    return steps.draw(second.decode(second.prior().sample(rng, {n})), rng);
  }
};

template <class First, class Second>
TwoStages(First&, Second&, StageSteps) -> TwoStages<First, Second>;

}  // namespace concepts
