#pragma once

#include "autograd/ops.hpp"
#include "concepts/bounds/train_on_weights.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/line.hpp"

// Renyi bounds (Li and Turner 2016, equations 5 and 8): with w = p(x, z) / q(z),
//
//     L_alpha = 1/(1 - alpha) log E_q[w^(1 - alpha)]       alpha -> 1: the ELBO    alpha = 0: log p(x)

namespace concepts {

using namespace tapestry;

/// L_alpha from log w at points along axis 0, and the log of the share of q that each point stands for:
/// -log K for K draws from q, the log of a cell's mass for a grid.
inline Tensor renyi(const Tensor& log_w, const Tensor& log_share, double alpha) {
  if (alpha == 1) return sum(exp(log_share) * log_w, 0);
  return logsumexp((1 - alpha) * log_w + log_share, 0) / (1 - alpha);
}

/// The sampled bound, for log w [K, B].
inline Tensor sampled_renyi(decltype(&renyi) bound, const Tensor& log_w, double alpha) {
  return bound(log_w, full(log_w.shape(), -std::log(log_w.dim(0))), alpha);
}

/// Draws of q = N(0, 1) on the line: log w [K, n].
inline Tensor line_weights(Rng rng, std::int64_t K, std::int64_t n) {
  const auto line = vae::exact::Line::example();
  const Tensor z = rng.normal({K, n});
  return line.log_joint(tensor(vae::exact::kLineX), z) - line.prior({K, n}).log_prob(z);
}

/// The line at its example, with q = N(0, 1): exact by a sum over cells of [-end, end].
inline Tensor renyi_of_line(decltype(&renyi) bound, double alpha, double end = 8) {
  const auto line = vae::exact::Line::example();
  const vae::exact::Grid grid(-end, end, static_cast<std::int64_t>(200 * end));
  const Tensor log_q = prob::Normal(0.0, 1.0).log_prob(grid.points);
  const Tensor log_w = line.log_joint(tensor(vae::exact::kLineX), grid.points) - log_q;
  return bound(log_w, grid.log_mass(log_q), alpha);
}

/// The same for the curve, x [2] and any normal q.
inline Tensor renyi_of_curve(decltype(&renyi) bound, const vae::exact::Curve& curve,
                             const Tensor& x, const prob::Normal& q, double alpha) {
  const Tensor log_q = q.log_prob(curve.grid.points);
  const Tensor log_w = curve.log_joint(x, curve.grid.points) - log_q;
  return bound(log_w, curve.grid.log_mass(log_q), alpha);
}

struct RenyiFit {
  double alpha, mean, scale, bound;
};
/// The normal q of the curve for which L_alpha is largest: there is a maximum of a wide q and one on the highest peak.
inline RenyiFit fit_q(decltype(&renyi) bound, const Tensor& x, double alpha) {
  const auto curve = vae::exact::Curve::example();
  RenyiFit best{alpha, 0, 0, -1e9};
  for (const auto& [start, log_start] : {std::pair(0.0, 0.0), {0.15, -2.7}}) {
    Parameter loc("loc", tensor(start)), log_scale("log scale", tensor(log_start));
    const auto L = [&] { return renyi_of_curve(bound, curve, x, {loc, exp(log_scale)}, alpha); };
    support::ascend({&loc, &log_scale}, L, {.steps = 1000});
    if (const double found = L().item(); found > best.bound)
      best = {alpha, loc.value().item(), std::exp(log_scale.value().item()), found};
  }
  return best;
}

/// Below alpha = 0 it bounds log p(x) from above, so it is climbed under no name of a bound.
inline OfWeights climb_renyi(decltype(&renyi) bound, double alpha) {
  return [=](const Tensor& log_w) -> vae::Objective {
    const Tensor L = sampled_renyi(bound, log_w, alpha);
    return {.value = L, .bound = alpha >= 0 ? L : Tensor()};
  };
}

}  // namespace concepts
