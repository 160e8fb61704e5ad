#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/data/dataset.hpp"
#include "nn/module.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "prob/mixture.hpp"
#include "prob/standard_normal.hpp"
#include "vae/analysis/aggregate.hpp"
#include "vae/models/mlp.hpp"

// ELBO surgery (Hoffman and Johnson 2016). Let n be the number of the datum, uniform over 1 .. N. Then
//
//     (1/N) sum_n KL(q(z|x_n) || p(z))  =  I(n; z)  +  KL(q(z) || p(z)),       q(z) = (1/N) sum_n q(z|x_n)
//
// I(n; z) = E log q(z|x_n) / q(z) is how well z tells which datum it is from: never above log N. The second part alone
// depends on the prior.

namespace concepts {

using namespace tapestry;

/// log q(z) at z [..., N, K], where z[..., n, :] is a draw of row n of q [N, K].
using Aggregate = Tensor (*)(const prob::Normal& q, const Tensor& z);
inline Tensor of_all_rows(const prob::Normal& q, const Tensor& z) {
  return vae::aggregate_log_prob(q, z);
}

/// Both parts: for each draw, or their means.
struct Surgery {
  Tensor information, marginal_kl;
};

inline Surgery cut(const prob::Normal& q, const Tensor& z, Aggregate aggregate) {
  const Tensor log_q = aggregate(q, z);
  return {.information = q.log_prob(z) - log_q,
          .marginal_kl = log_q - prob::StandardNormal(q.shape(), 1).log_prob(z)};
}

/// The means, of two latents, by the trapezoid rule with 64 x 64 nodes for each row.
inline Surgery quadrature(const prob::Normal& q, Aggregate aggregate) {
  const Tensor node = linspace(-8, 8, 64), one = ones({64, 64});
  const Tensor e =
      stack({reshape(reshape(node, {64, 1}) * one, {-1}), reshape(node * one, {-1})}, 1);
  const Tensor density = exp(-0.5 * sum(square(e), -1));
  const Tensor weight = density / sum(density);
  const Surgery at = cut(q, q.loc + q.scale * reshape(e, {-1, 1, 2}), aggregate);
  return {sum(weight * mean(at.information, -1)), sum(weight * mean(at.marginal_kl, -1))};
}

/// q(z|x) of all rows of a part, in f64.
inline prob::Normal encode_all(vae::MlpVae& model, const nn::Dataset& data, nn::Part part) {
  const NoGrad no_grad;
  std::vector<Tensor> loc, scale;
  for (std::int64_t i = 0; i < data.size(part); i += 5000) {
    const std::int64_t rows = std::min<std::int64_t>(5000, data.size(part) - i);
    const prob::Normal q = model.encode(data.range(part, i, rows, Rng(1)).images);
    loc.push_back(q.loc), scale.push_back(q.scale);
  }
  return {concat(loc, 0).to(DType::f64), concat(scale, 0).to(DType::f64), 1};
}

/// A prior that can win some of the second part: a mixture of normals.
struct MixturePrior : nn::Module {
  explicit MixturePrior(const Tensor& centres)
      : loc(*this, "loc", centres.shape(), 0.0),
        log_scale(*this, "log_scale", centres.shape(), std::log(0.5)),
        logits(*this, "logits", {centres.dim(0)}, 0.0) {
    loc.set_value(centres.to(loc.value().dtype()));
  }

  prob::Mixture<prob::Normal> distribution() {
    return {logits, prob::Normal(loc, exp(log_scale), 1)};
  }

  nn::Param loc, log_scale, logits;
};

/// Makes log p(z) of draws of q(z) large, which makes KL(q(z) || p(z)) small: log q(z) does not depend on p.
inline void fit(MixturePrior& prior, const prob::Normal& q, int steps, Rng& rng) {
  nn::Adam adam(prior.parameters());
  for (int step = 0; step < steps; ++step) {
    adam.set_lr(0.02 * (1 - static_cast<double>(step) / steps));
    const Tensor z = vae::aggregate_sample(q, 500, rng).z.to(prior.loc.value().dtype());
    nn::descend(adam, [&] { return -mean(prior.distribution().log_prob(z)); });
  }
}

}  // namespace concepts
