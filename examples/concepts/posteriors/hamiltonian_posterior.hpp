#pragma once

#include <functional>

#include "autograd/ops.hpp"
#include "prob/normal.hpp"

// Hamiltonian variational inference (Salimans, Kingma and Welling, Markov Chain Monte Carlo and Variational
// Inference: Bridging the Gap, 2015, section 4 and algorithm 4).

namespace concepts {

using namespace tapestry;
using prob::Normal;

/// A particle: z and its momentum v.
struct Phase {
  Tensor z, v;
};
/// The slope of log p(x, z) by z, made of ops: what is learned reaches it.
using Slope = std::function<Tensor(const Tensor& z)>;

/// `steps` steps along the hill log p(x, z). They keep volume, so the density of (z, v) stays what it was.
inline Phase leapfrog(const Slope& slope, Phase at, const Tensor& size, const Tensor& mass,
                      int steps) {
  for (int step = 0; step < steps; ++step) {
    at.v += 0.5 * size * slope(at.z);
    at.z += size * at.v / mass;
    at.v += 0.5 * size * slope(at.z);
  }
  return at;
}
using Trajectory = decltype(&leapfrog);

/// What the bound subtracts, from log q_0(z_0) + log N(v_0) and log r(v_T|z_T). The size of a step is not in it.
inline Tensor whole_price(const Tensor& log_q, const Tensor& log_r, const Tensor&) {
  return log_q - log_r;
}
using Price = std::function<Tensor(const Tensor& log_q, const Tensor& log_r, const Tensor& size)>;

/// z_0 ~ q_0, v_0 ~ N(0, mass), and then along the hill. v_T is an auxiliary variable of z_T, guessed by r:
///
///     log q_0(z_0) + log N(v_0; 0, mass) - log r(v_T|z_T)        in the place of log q(z_T)
struct HamiltonianPosterior {
  static constexpr const char* kName = "HamiltonianPosterior";

  Normal start;
  Slope slope;
  Tensor size, mass;  ///< [Z]
  std::function<Normal(const Tensor& z)> r;
  int steps = 1;
  Trajectory trajectory = leapfrog;
  Price price = whole_price;

  prob::SampledLatent rsample_and_log_prob(Rng& rng, const Shape& shape = {}) const {
    const Normal momentum(zeros(start.shape(), size.dtype()), sqrt(mass), 1);
    const Phase from{start.rsample(rng, shape), momentum.rsample(rng, shape)};
    const Phase to = trajectory(slope, from, size, mass, steps);
    const Tensor log_q = start.log_prob(from.z) + momentum.log_prob(from.v);
    return {to.z, price(log_q, r(to.z).log_prob(to.v), size)};
  }
  Tensor sample(Rng& rng, const Shape& shape = {}) const {
    const NoGrad no_grad;
    return rsample_and_log_prob(rng, shape).z;
  }
};

}  // namespace concepts
