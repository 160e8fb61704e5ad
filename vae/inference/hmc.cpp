#include "vae/inference/hmc.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/distribution.hpp"

namespace tapestry::vae {
namespace {

// Jitter of the step: without it a trajectory of one full period returns to its start every time
// (Neal 2011, section 3.2).
constexpr double kJitter = 0.2;

// 1 where x is finite, as a condition for `where`: infinity - infinity and NaN are never 0.
Tensor is_finite(const Tensor& x) { return equal(x - x, 0.0); }

// log p of every chain; ShapeError unless there is one number for each.
Tensor log_density_at(const LogDensity& log_density, const Tensor& z) {
  Tensor log_p = log_density(z);
  check<ShapeError>(log_p.shape() == Shape{z.dim(0)},
                    "hmc: the log density of {} chains has the shape {}, not [{}]", z.dim(0),
                    log_p.shape(), z.dim(0));
  return log_p;
}

// grad log p(z); 0 where there is none.
Tensor force(const LogDensity& log_density, const Tensor& z) {
  Tape tape;
  const Tensor at = tape.watch(z);
  const Tensor log_p = log_density_at(log_density, at);
  tape.grads(sum(where(is_finite(log_p.detach()), log_p, 0.0)));
  const Tensor gradient = tape.grad(at);
  const NoGrad no_grad;
  return where(is_finite(gradient), gradient, 0.0);
}

// x [C] as [C, 1, ...], to be compared with the positions of the chains.
Tensor beside(const Tensor& x, const Tensor& position) {
  Shape shape = x.shape();
  while (shape.rank() < position.rank()) shape = shape.inserted(shape.rank(), 1);
  return x.with_shape(shape);
}

// Adapts the step until proposals are accepted at the target rate.
class StepSize {
 public:
  StepSize(double first, double target)
      : target_(target), log_step_(std::log(first)), centre_(std::log(10 * first)) {}

  double now() const { return std::exp(log_step_); }
  /// The average over the warm-up, to be used after it.
  double settled() const { return target_ > 0 && count_ > 0 ? std::exp(log_average_) : now(); }

  void learn(double acceptance) {
    if (target_ == 0) return;
    // Names and constants as in the paper: gamma 0.05, t0 10, kappa 0.75.
    const double t = ++count_;
    shortfall_ += (target_ - acceptance - shortfall_) / (t + 10);
    log_step_ = centre_ - std::sqrt(t) / 0.05 * shortfall_;
    log_average_ += std::pow(t, -0.75) * (log_step_ - log_average_);
  }

 private:
  double target_, log_step_, centre_;
  double shortfall_ = 0, log_average_ = 0, count_ = 0;
};

void check_options(const HmcOptions& o) {
  check<ConfigError>(o.samples >= 1, "hmc: samples must be at least 1, not {}", o.samples);
  check<ConfigError>(o.warmup >= 0, "hmc: warmup must be at least 0, not {}", o.warmup);
  check<ConfigError>(o.leapfrog_steps >= 1, "hmc: leapfrog_steps must be at least 1, not {}",
                     o.leapfrog_steps);
  check<ConfigError>(std::isfinite(o.step) && o.step > 0, "hmc: step must be positive, not {}",
                     o.step);
  check<ConfigError>(o.target_acceptance >= 0 && o.target_acceptance < 1,
                     "hmc: target_acceptance must be in [0, 1), not {}", o.target_acceptance);
}

}  // namespace

PhasePoint leapfrog(const LogDensity& log_density, PhasePoint phase, double step, int steps) {
  const NoGrad no_grad;  // `force` records on a tape of its own
  auto& [z, r] = phase;
  r = r + step / 2 * force(log_density, z);
  for (int i = 1; i <= steps; ++i) {
    z = z + step * r;
    r = r + (i < steps ? step : step / 2) * force(log_density, z);
  }
  return phase;
}

Tensor energy(const LogDensity& log_density, const PhasePoint& phase) {
  const NoGrad no_grad;
  const auto& [z, r] = phase;
  const Tensor log_p = log_density_at(log_density, z);
  const Tensor total = prob::sum_last(square(r), r.rank() - 1) / 2.0 - log_p;
  return where(is_finite(total), total, std::numeric_limits<double>::infinity());
}

HmcResult hmc(const LogDensity& log_density, const Tensor& start, Rng& rng,
              const HmcOptions& options) {
  const NoGrad no_grad;  // `force` records on a tape of its own
  check_options(options);
  check<ShapeError>(start.rank() >= 1, "hmc: axis 0 of the start must count the chains, not {}",
                    start.shape());
  Tensor z = start.detach();
  check_values("hmc", "log density at the start", log_density_at(log_density, z), kFinite);

  StepSize step(options.step, options.target_acceptance);
  HmcResult result;
  std::vector<Tensor> kept;
  for (std::int64_t i = -options.warmup; i < options.samples; ++i) {
    result.step = i < 0 ? step.now() : step.settled();
    const PhasePoint before{z, rng.normal(z.shape(), z.dtype())};
    const double jittered = result.step * (1 + kJitter * (2 * rng.uniform() - 1));
    const PhasePoint after = leapfrog(log_density, before, jittered, options.leapfrog_steps);
    const Tensor change = energy(log_density, after) - energy(log_density, before);
    const Tensor probability = exp(minimum(-change, 0.0));
    const Tensor accepted = less(rng.uniform(probability.shape(), z.dtype()), probability);
    z = where(beside(accepted, z), after.position, z);

    const double acceptance = mean(probability).item();
    if (i < 0) {
      step.learn(acceptance);
    } else {
      kept.push_back(z);
      result.acceptance += acceptance / static_cast<double>(options.samples);
    }
  }
  result.samples = stack(kept, 0);
  return result;
}

}  // namespace tapestry::vae
