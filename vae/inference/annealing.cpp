#include "vae/inference/annealing.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

namespace {

// b_t, from 0 to 1: a logistic curve between -4 and 4.
double share(int t, int steps) {
  const auto curve = [](double at) { return 1 / (1 + std::exp(-at)); };
  const double low = curve(-4), now = curve(8.0 * t / steps - 4);
  return (now - low) / (1 - 2 * low);
}

// One step of HMC at f_t, accepted or not.
Tensor moved(const LogDensity& log_start, const LogDensity& log_target, int t, const Tensor& z,
             Rng& rng, const AnnealingOptions& o) {
  const double b = share(t, o.steps);
  const auto between = [&](const Tensor& at) {
    return (1 - b) * log_start(at) + b * log_target(at);
  };
  const HmcOptions once{.samples = 1,
                        .warmup = 0,
                        .leapfrog_steps = o.leapfrog_steps,
                        .step = o.step,
                        .target_acceptance = 0};
  return reshape(hmc(between, z, rng, once).samples, z.shape());
}

void check_steps(const AnnealingOptions& o) {
  check<ConfigError>(o.steps >= 1, "annealing has at least 1 step, not {}", o.steps);
}

}  // namespace

Tensor annealed_log_weights(const LogDensity& log_start, const LogDensity& log_target,
                            const Tensor& start, Rng& rng, const AnnealingOptions& options) {
  const NoGrad no_grad;
  check_steps(options);
  Tensor z = start, log_w = zeros({start.dim(0)}, start.dtype());
  for (int t = 1; t <= options.steps; ++t) {
    const double grows = share(t, options.steps) - share(t - 1, options.steps);
    log_w += grows * (log_target(z) - log_start(z));
    if (t < options.steps) z = moved(log_start, log_target, t, z, rng, options);
  }
  return log_w;
}

Tensor reverse_annealed_log_weights(const LogDensity& log_start, const LogDensity& log_target,
                                    const Tensor& start, Rng& rng,
                                    const AnnealingOptions& options) {
  const NoGrad no_grad;
  check_steps(options);
  Tensor z = start, log_w = zeros({start.dim(0)}, start.dtype());
  for (int t = options.steps; t >= 1; --t) {
    if (t < options.steps) z = moved(log_start, log_target, t, z, rng, options);
    const double grows = share(t, options.steps) - share(t - 1, options.steps);
    log_w += grows * (log_target(z) - log_start(z));
  }
  return log_w;
}

}  // namespace tapestry::vae
