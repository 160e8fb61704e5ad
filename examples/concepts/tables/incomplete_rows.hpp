#pragma once

#include <functional>
#include <type_traits>

#include "autograd/tape.hpp"
#include "concepts/tables/columns.hpp"
#include "prob/standard_normal.hpp"
#include "vae/bounds/iwae.hpp"
#include "vae/models/heads.hpp"
#include "vae/models/latent_model.hpp"
#include "vae/training/player.hpp"

// MIWAE (Mattei and Frellsen, MIWAE: Deep Generative Modelling and Imputation of Incomplete Data Sets, 2019): a deep latent
// variable model of rows with holes. With x = (x_obs, x_mis) and holes that are there completely at random,
//
//     log p(x_obs) >= E[log 1/K sum_k w_k],      w_k = p(x_obs|z_k) p(z_k) / q(z_k|x_obs)
//     E[x_mis|x_obs] ~ sum_k w_k E[x_mis|z_k] / sum_k w_k,           z_1 .. z_K ~ q(z|x_obs)
//
// The columns of x are independent given z, so p(x_obs|z) leaves out the factors of the holes.

namespace concepts {

using namespace tapestry;

/// The steps that can be taken wrongly. x and seen [B, D]; seen is 1 where an entry is known.
struct HoleSteps {
  /// What the encoder reads: zeros in the holes, and where they are.
  std::function<Tensor(const Tensor&, const Tensor&)> read = [](const auto& x, const auto& seen) {
    return concat({x * seen, seen}, -1);
  };
  /// Of log p(x_d|z) [..., B, D], the part of log p(x_obs|z).
  std::function<Tensor(const Tensor&, const Tensor&)> observed =
      [](const auto& log_p, const auto& seen) { return log_p * seen; };
  /// log w [K, B] by which the draws are weighed.
  std::function<Tensor(const Tensor&)> weigh = [](const Tensor& log_w) { return log_w; };
};

template <class Columns>
struct Miwae : nn::Module {
  Miwae(const TableSizes& n, const HoleSteps& how)
      : sizes(n),
        steps(how),
        trunk(*this, "trunk", {2 * n.columns, n.hidden, n.hidden}, Activation::relu),
        code(*this, "code", n.hidden, n.latent),
        columns(*this, "columns", n) {}

  /// p(x_obs|z) of a p(x|z) with independent columns.
  struct Observed {
    std::invoke_result_t<Columns&, const Tensor&> each;
    const HoleSteps& steps;
    Tensor seen;
    Tensor log_prob(const Tensor& x) const {
      return sum(steps.observed(each.log_prob(x), seen), -1);
    }
  };
  /// q(z|x_obs), p(z) and p(x_obs|z) for rows with these holes.
  struct Given {
    Miwae& model;
    Tensor seen;
    prob::Normal encode(const Tensor& x) const {
      return model.code(model.trunk(model.steps.read(x, seen)));
    }
    prob::StandardNormal prior() const { return prob::StandardNormal({model.sizes.latent}, 1); }
    Observed decode(const Tensor& z) const { return {model.columns(z), model.steps, seen}; }
  };
  Given given(const Tensor& seen) { return {*this, seen}; }

  /// The bound, for a Trainer: rows with 0 in their holes, and as labels what was seen.
  vae::Play play(int K) {
    return [this, K](const nn::Batch& b, Rng& rng) {
      const Tensor log_w = vae::log_weights(given(b.labels), b.images, rng, K);
      const Tensor bound = vae::iwae_bound(log_w);
      return vae::Objective{.value = bound, .bound = bound};
    };
  }

  /// Draws of q with log w [K, B], and E[x|z_k] [K, B, D].
  struct Draws {
    Tensor log_w, x;
  };
  Draws draw(const Tensor& x, const Tensor& seen, Rng& rng, int K) {
    const NoGrad no_grad;
    const Given m = given(seen);
    const prob::Normal q = m.encode(x);
    const Tensor z = q.sample(rng, {K});
    const Observed p = m.decode(z);
    const Tensor log_w = p.log_prob(x) + m.prior().log_prob(z) - q.log_prob(z);
    return {steps.weigh(log_w), p.each.mean()};
  }
  /// The estimate above, for all columns alike: E[x'|x_obs] of another row x' with the same z, [B, D].
  Tensor expected(const Tensor& x, const Tensor& seen, Rng& rng, int K) {
    const Draws of = draw(x, seen, rng, K);
    const Tensor w = vae::normalized_weights(of.log_w);
    return sum(reshape(w, w.shape().inserted(2, 1)) * of.x, 0);
  }
  /// x with its holes filled.
  Tensor impute(const Tensor& x, const Tensor& seen, Rng& rng, int K) {
    return seen * x + (1.0 - seen) * expected(x, seen, rng, K);
  }

  const TableSizes sizes;
  const HoleSteps steps;
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> code;
  nn::Child<Columns> columns;
};

}  // namespace concepts
