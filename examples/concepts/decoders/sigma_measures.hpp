#pragma once

#include <cmath>
#include <numbers>

#include "concepts/decoders/sigma_vae.hpp"
#include "nn/init.hpp"
#include "support/numerics/gradient_row.hpp"
#include "vae/exact/grid.hpp"

// What is exact of a sigma-VAE.

namespace concepts {

/// Puts the steps of one model into another.
inline void plant(SigmaVae& model, const SigmaVae& steps) {
  model.variance_of = steps.variance_of;
  model.at_test = steps.at_test;
  model.density = steps.density;
}

/// What is 0 at the best sigma, on random images and means.
struct AtOptimum {
  double slope = 0;     ///< of the mean log p(x|z) by log sigma^2
  double nats = 0;      ///< mean log p(x|z) + D/2 log(2 pi e sigma*^2)
  double envelope = 0;  ///< slope by f: through sigma* - with sigma* a number, largest
};
inline AtOptimum at_optimum(const SigmaVae& steps, Rng rng) {
  const Tensor x = rng.uniform({40, 30});
  Parameter f("f", rng.uniform({40, 30})), log_v("log v", zeros({}));
  log_v.set_value(log(steps.variance_of(x, f.value())));
  Tape tape;
  const Tensor nats = mean(steps.density(x, f.value(), exp(1.0 * log_v)));
  tape.backward(nats);
  const auto slope = [&](bool through) {
    f.zero_grad();
    Tape own;
    const Tensor v = steps.variance_of(x, 1.0 * f);
    own.backward(mean(steps.density(x, 1.0 * f, through ? v : v.detach())));
    return Tensor(f.grad());
  };
  const double of_pixel = std::log(2 * std::numbers::pi) + 1 + log_v.value().item();
  return {log_v.grad().item(), nats.item() + 15 * of_pixel,
          max(abs(slope(true) - slope(false))).item()};
}

/// sigma*^2 times the slopes of the bound - those of a VAE with squared errors and beta = sigma*^2, largest.
inline double against_beta_vae(const SigmaVae& steps, const Rng& noise) {
  SigmaVae model(30, 8, 3);
  nn::init::torch_default(model, noise.stream("init"));
  plant(model, steps);
  const Tensor x = noise.stream("x").uniform({20, 30});
  Rng rng = noise;
  const auto mu = [&](const prob::Normal& q) { return model.f(q.rsample(rng = noise)); };
  const double v = best_variance(x, mu(model.encode(x)).detach()).item();
  const Tensor of_bound =
      support::gradient_row(model, [&] { return mean(model.elbo(x, rng = noise).elbo()); });
  const Tensor of_beta = support::gradient_row(model, [&] {
    const prob::Normal q = model.encode(x);
    return mean(-0.5 * sum(square(x - mu(q)), -1) - v * prob::kl(q, model.prior()));
  });
  return max(abs(v * of_bound - of_beta)).item();
}

/// The integral over x of p(x|z) as a model has it for test images of one pixel.
inline double integral_at_test(const SigmaVae& steps) {
  SigmaVae model(1, 1, 1);
  plant(model, steps);
  model.eval();
  const vae::exact::Grid line(-8, 8, 2000);
  const Tensor f = full({2000, 1}, 0.35);
  return sum(exp(model.log_lik(reshape(line.points, {-1, 1}), f))).item() * line.step();
}

}  // namespace concepts
