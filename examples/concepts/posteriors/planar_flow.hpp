#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/parameter.hpp"
#include "autograd/random.hpp"
#include "prob/distribution.hpp"
#include "prob/flows/planar.hpp"
#include "prob/standard_normal.hpp"
#include "support/numerics/ascend.hpp"

// Planar flows (Rezende and Mohamed, Variational Inference with Normalizing Flows, 2015). Numbers are the
// paper's equations.

namespace concepts {

using namespace tapestry;
using prob::Flowed, prob::PlanarFlow;

/// Equations 10 to 12: prob/flows/planar.cpp.
inline Flowed planar(const PlanarFlow& flow, const Tensor& z) { return flow.forward(z); }
using Move = std::function<Flowed(const PlanarFlow&, const Tensor& z)>;

/// A step from a row of 2 Z + 1 numbers: w, u and b.
struct PlanarStep {
  PlanarStep(const Tensor& numbers, std::int64_t Z, Move how)
      : flow(slice(numbers, -1, 0, Z), slice(numbers, -1, Z, 2 * Z),
             slice(numbers, -1, 2 * Z, 2 * Z + 1)),
        moved(std::move(how)) {}
  Flowed forward(const Tensor& z) const { return moved(flow, z); }
  PlanarFlow flow;
  Move moved;
};

/// The z with step(z) = z': z' - t u^ for the t in [-1, 1] that is tanh(w^T z + b).
inline Tensor undone(const PlanarStep& step, const Tensor& z) {
  const auto tanh_at = [&](const Tensor& at) {
    return tanh(sum(step.flow.w * at, -1, true) + step.flow.b);
  };
  const Tensor u = step.forward(zeros({1, z.dim(1)})).z / tanh_at(zeros({1, z.dim(1)}));
  Tensor low = -ones({z.dim(0), 1}), high = -low;
  for (int halving = 0; halving < 45; ++halving) {
    const Tensor t = 0.5 * (low + high), above = less(tanh_at(z - t * u), t);
    low = where(above, low, t);
    high = where(above, t, high);
  }
  return z - low * u;
}

/// The numbers of K steps that change nothing yet, rows [K, 2 Z + 1]: w and b are random, and m(w^T u) = 0.
inline Tensor steps_at_rest(std::int64_t Z, int K, Rng rng) {
  const Tensor any = rng.normal({K, Z}), w = 2.0 * any / sqrt(sum(square(any), -1, true)),
               u = std::log(std::exp(1) - 1) * w / sum(square(w), -1, true);
  return concat({w, u, rng.normal({K, 1})}, 1);
}

/// A q of one x alone: a normal over R^Z and planar steps, as parameters.
struct BentNormal {
  BentNormal(const Tensor& mean, double scale, const Tensor& rows)
      : loc("loc", mean),
        log_scale("log scale", full(mean.shape(), std::log(scale))),
        steps("steps", rows),
        all{&loc, &log_scale} {
    if (rows.dim(0) > 0) all.push_back(&steps);
  }

  /// z_K and log q(z_K) of z_0 = loc + scale e, e [n, Z].
  prob::SampledLatent at(const Tensor& e, const Move& move) {
    const Shape& Z = loc.value().shape();
    prob::SampledLatent s{loc + exp(log_scale) * e,
                          prob::StandardNormal(Z, 1).log_prob(e) - sum(log_scale)};
    for (int k = 0; k < static_cast<int>(steps.value().dim(0)); ++k) {
      const Tensor numbers = reshape(slice(steps, 0, k, k + 1), {-1});
      const Flowed next = PlanarStep(numbers, Z[0], move).forward(s.z);
      s = {next.z, s.log_q - next.log_det};
    }
    return s;
  }
  Parameter loc, log_scale, steps;
  std::vector<Parameter*> all;
};

/// KL(q || p), nats. The noise e of q_0 lies on a grid around 0: the mean over q is a sum.
Tensor gap(BentNormal& q, const Tensor& e, const Move& move, const auto& p) {
  const auto [z, log_q] = q.at(e, move);
  return sum(softmax(-0.5 * sum(square(e), -1)) * (log_q - p.log_p(z)));
}

/// Adam on the gap, which is returned.
double fit(BentNormal& q, const Tensor& e, const Move& move, const auto& p,
           const support::Ascent& how) {
  support::ascend(
      q.all, [&] { return -gap(q, e, move, p); }, how);
  return gap(q, e, move, p).item();
}

}  // namespace concepts
