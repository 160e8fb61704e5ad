#include "vae/inference/climb.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/schedule.hpp"

namespace tapestry::vae {

Tensor climb(const LogDensity& log_density, const Tensor& start, const ClimbOptions& options) {
  check<ConfigError>(options.steps >= 1, "climb: steps must be at least 1, not {}", options.steps);
  Parameter z("z", start);
  nn::Adam adam({&z}, {.lr = options.lr, .beta2 = 0.99});
  const nn::Schedule lr =
      nn::schedule::exponential(options.lr, std::pow(1e-5, 1.0 / options.steps));
  for (int step = 0; step < options.steps; ++step) {
    if (options.visit) options.visit(z.value());
    Tape tape;
    const Tensor at = tape.watch(z.value());
    const Tensor log_p = log_density(at);
    check<ShapeError>(log_p.shape() == Shape{start.dim(0)},
                      "climb: the log density of {} starts has the shape {}, not [{}]",
                      start.dim(0), log_p.shape(), start.dim(0));
    check_values("climb", "the log density", log_p.detach(), kFinite);
    tape.grads(-sum(log_p));
    z.set_grad(tape.grad(at));
    adam.set_lr(lr(step));
    adam.step();
  }
  return z.value();
}

}  // namespace tapestry::vae
