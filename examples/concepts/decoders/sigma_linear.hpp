#pragma once

#include <numbers>
#include <vector>

#include "concepts/collapse/linear_data.hpp"
#include "nn/init.hpp"

// A linear VAE whose sigma is in closed form at each step, and one that learns it.

namespace concepts {

/// What training climbs in a linear VAE whose log_sigma2 is 0: the mean bound with the best sigma^2.
inline Tensor bound_with_best_sigma(LinearVae& vae, const Tensor& covariance) {
  const MeanBound of_one = vae.mean_bound(covariance);
  const double d = static_cast<double>(covariance.dim(0));
  const Tensor error = -2.0 * of_one.log_lik - d * std::log(2 * std::numbers::pi);
  return -0.5 * d * (log(error / d) + std::log(2 * std::numbers::pi) + 1.0) - sum(of_one.kl);
}
/// sigma*^2 of it.
inline double best_variance(LinearVae& vae, const Tensor& covariance) {
  const double d = static_cast<double>(covariance.dim(0));
  return -2 * vae.mean_bound(covariance).log_lik.item() / d - std::log(2 * std::numbers::pi);
}

/// The training of a linear VAE by Adam: sigma* in closed form, or learned with the rest.
struct LinearRun {
  std::vector<double> gap;  ///< nats below the highest bound, at each step
  double variance = 0;      ///< sigma^2 at the end
};
inline LinearRun train_linear(const LinearData& data, std::int64_t latents, bool closed, int steps,
                              const Rng& init) {
  const double top = LinearOptimum(data.eigenvalues, data.discarded(latents), latents).bound;
  const DTypeScope f32(DType::f32);
  const Tensor C = data.covariance.to(DType::f32);
  LinearVae model(data.mean.to(DType::f32), latents, 1);
  nn::init::torch_default(model, init);
  std::vector<Parameter*> moved{&model.weight, &model.encoder, &model.log_s};
  if (!closed) moved.push_back(&model.log_sigma2);
  nn::Adam adam(moved);
  const nn::Schedule rate = nn::schedule::cosine(5e-2, steps);
  LinearRun run;
  for (int step = 0; step < steps; ++step) {
    adam.set_lr(rate(step));
    nn::descend(adam, [&] {
      const Tensor nats = closed ? bound_with_best_sigma(model, C) : model.mean_bound(C).elbo();
      run.gap.push_back(top - nats.item());
      return -nats;
    });
  }
  run.variance = closed ? best_variance(model, C) : std::exp(model.log_sigma2.value().item());
  return run;
}

}  // namespace concepts
