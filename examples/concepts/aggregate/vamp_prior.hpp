#pragma once

#include <cmath>
#include <functional>

#include "autograd/ops.hpp"
#include "nn/param.hpp"
#include "prob/mixture.hpp"
#include "vae/models/mlp.hpp"

// The VampPrior, a variational mixture of posteriors (Tomczak and Welling 2018). Of all priors q(z) = (1/N) sum_n q(z|x_n)
// has the highest bound. It would have a part for each datum and know the data by heart; K pseudo-inputs u_k, which are
// learned, stand for the N data:
//
//     p(z) = (1/K) sum_k q(z|u_k)                                                       (equation 9)
//
// The parts are made by the encoder itself, so that the prior goes where the codes go.

namespace concepts {

using namespace tapestry;

/// log (1/K) sum_k q(z|u_k), from log q(z|u_k) [..., K].
inline Tensor even_mixture(const Tensor& log_q) {
  return logsumexp(log_q, -1) - std::log(static_cast<double>(log_q.dim(-1)));
}

/// The steps that can be taken wrongly.
struct VampSteps {
  std::function<Tensor(const Tensor& log_q)> mix = even_mixture;
  std::function<prob::Normal(const prob::Normal&)> parts = [](const auto& q) { return q; };
};

struct VampPrior {
  static constexpr const char* kName = "VampPrior";
  prob::Normal parts;  ///< q(z|u_k), [K, Z]
  std::function<Tensor(const Tensor& log_q)> mix;

  /// z [..., Z] -> [...]
  Tensor log_prob(const Tensor& z) const {
    return mix(parts.log_prob(prob::mixture::with_component_axis(z, 1)));
  }
  Tensor sample(Rng& rng, const Shape& shape = {}) const {
    const NoGrad no_grad;
    return prob::Mixture(zeros({parts.shape()[0]}, parts.loc.dtype()), parts).sample(rng, shape);
  }
};

struct VampVae : nn::Module {
  VampVae(const vae::VaeConfig& sizes, std::int64_t K, VampSteps how = {})
      : model(*this, "model", sizes),
        pseudo(*this, "pseudo", {K, sizes.pixels()}, 0.5),
        steps(std::move(how)) {}

  /// u_k [K, D], grey values from 0 to 1. They begin as images of the data.
  Tensor pseudo_inputs() { return clamp(pseudo, 0, 1); }

  prob::Normal encode(const Tensor& x) { return model->encode(x); }
  VampPrior prior() { return {steps.parts(encode(pseudo_inputs())), steps.mix}; }
  vae::Likelihood decode(const Tensor& z) { return model->decode(z); }

  nn::Child<vae::MlpVae> model;
  nn::Param pseudo;
  const VampSteps steps;
};

}  // namespace concepts
