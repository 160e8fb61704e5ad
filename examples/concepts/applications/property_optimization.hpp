#pragma once

#include "autograd/ops.hpp"
#include "autograd/parameter.hpp"
#include "nn/data/sprites.hpp"
#include "nn/layers/linear.hpp"
#include "prob/kl.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/models/mlp.hpp"

/// The model of property_optimization.cpp (C85), which begins with its equations.
namespace tapestry::concepts {

struct Model : nn::Module {
  nn::Child<vae::MlpVae> vae;
  nn::Child<nn::Linear> h{*this, "h", 4, 32, Activation::tanh}, out{*this, "out", 32, 1};

  explicit Model(const vae::VaeConfig& config) : vae(*this, "vae", config) {}
  Tensor g(const Tensor& z) { return sum(out(h(z)), -1); }  // [..., 4] -> [...]
};

/// The property of images [..., 256].
inline Tensor torque(const Tensor& images) {
  const auto of = nn::measure_sprites(reshape(images, {-1, 16, 16}));
  return reshape(square(of.size) * (of.x - 8.0), images.shape().without(-1));
}

/// The bound of log p(x, y), averaged over images [B, 256] with the property y [B].
inline Tensor bound(Model& model, const Tensor& x, const Tensor& y, Rng& rng) {
  const prob::Normal q = model.vae.encode(x);
  const Tensor z = q.rsample(rng);
  const prob::Normal property(model.g(z), tensor(0.1));
  return mean(model.vae.decode(z).log_prob(x) + property.log_prob(y) -
              prob::kl(q, model.vae.prior()));
}

/// The codes on the way from z [B, 4]: [steps, B, 4].
inline Tensor search(Model& model, const Tensor& start, double prior_weight) {
  Parameter z("z", start);
  std::vector<Tensor> path;
  const auto objective = [&] {
    return sum(model.g(recorded(z)) + prior_weight * model.vae.prior().log_prob(z));
  };
  support::ascend({&z}, objective, {.steps = 201, .rate = 0.04, .shrink = 1},
                  [&](int) { path.push_back(z.value().clone()); });
  return stack(path, 0);
}

}  // namespace tapestry::concepts
