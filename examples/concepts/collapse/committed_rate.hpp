#pragma once

#include <cmath>

#include "concepts/collapse/window_vae.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/bounds/free_bits.hpp"
#include "vae/bounds/objective.hpp"

// Two floors under the KL. The committed rate (Razavi et al. 2019, delta-VAE): a prior whose latents depend on
// each other, and a q whose latents do not, differ by delta nats at least. Free bits (Kingma et al. 2016): nats below
// a floor are not charged.

namespace concepts {

/// p(z): the latents are `groups` groups of `width` numbers, and each number is a slow chain along the groups,
///
///     z_1 ~ N(0, 1),   z_t = alpha z_t-1 + sqrt(1 - alpha^2) e_t          so that each z_t ~ N(0, 1)
struct SlowPrior {
  static constexpr const char* kName = "SlowPrior";

  std::int64_t groups = 7, width = 4;
  double alpha = 0;  ///< 0: N(0, I)

  Tensor by_group(const Tensor& t) const { return reshape(t, {-1, groups, width}); }
  /// Row t has that of group t - 1, the first row 0.
  Tensor before(const Tensor& t) const {
    return concat({zeros_like(slice(t, 1, 0, 1)), slice(t, 1, 0, groups - 1)}, 1);
  }
  /// alpha of each group, [groups, 1]: 0 for the first.
  Tensor memory() const {
    return reshape(where(less(arange(groups), 1.0), 0.0, alpha), {groups, 1});
  }
  /// z [B, groups width] -> [B]
  Tensor log_prob(const Tensor& z) const {
    const Tensor each = by_group(z), a = memory();
    return sum(prob::Normal(a * before(each), sqrt(1.0 - square(a))).log_prob(each), {1, 2});
  }
};

/// KL(q || p) of each group, [B, groups], for a q with independent latents [B, groups width]. Of a later group it
/// is the mean over the group before it.
inline Tensor kl_of_groups(const prob::Normal& q, const SlowPrior& p) {
  const Tensor m = p.by_group(q.loc), s = p.by_group(broadcast_to(q.scale, q.loc.shape()));
  const Tensor a = p.memory(), v = 1.0 - square(a);
  const Tensor far = square(s) + square(a * p.before(s)) + square(m - a * p.before(m));
  return sum(0.5 * (far / v - 1.0 + log(v)) - log(s), -1);
}
inline Tensor kl(const prob::Normal& q, const SlowPrior& p) { return sum(kl_of_groups(q, p), -1); }

/// delta: the least KL(q || p) of any q with independent latents, for one number in each of n groups.
inline double committed_rate(std::int64_t n, double alpha) {
  const double a = alpha * alpha;
  return 0.5 * (static_cast<double>(n - 2) * std::log1p(a) - std::log1p(-a));
}

/// The q with independent latents that comes closest to a prior with width 1, found by Adam.
inline prob::Normal closest_q(const SlowPrior& p, Rng rng) {
  Parameter loc("loc", rng.normal({1, p.groups})), log_s("log_s", zeros({1, p.groups}));
  const auto q = [&] { return prob::Normal(1.0 * loc, exp(log_s), 1); };
  support::ascend({&loc, &log_s}, [&] { return -sum(kl(q(), p)); }, {.steps = 6000, .rate = 0.3});
  return {loc.value(), exp(log_s.value()), 1};
}

/// A VAE whose decoder sees all earlier pixels, with either floor.
struct RateVae : WindowVae {
  RateVae(std::int64_t hidden, const SlowPrior& p)
      : WindowVae({.latents = p.groups * p.width, .hidden = hidden}), slow(p) {}

  const SlowPrior& prior() const { return slow; }

  /// What is charged in the place of the KL [B, groups], a scalar, and the bound, from log p(x|z) and the KL of each
  /// image.
  std::function<Tensor(const Tensor& kl, double least)> charged = vae::free_bits;
  std::function<Tensor(const Tensor& log_lik, const Tensor& kl, double least)> bound =
      [](const Tensor& log_lik, const Tensor& each, double) { return log_lik - sum(each, -1); };

  /// Free bits: no group is charged less than `least` nats.
  vae::Objective free_bits(const Tensor& x, double least, Rng& rng) {
    const prob::Normal q = encode(x);
    const Tensor log_lik = decode(q.rsample(rng)).log_prob(x), each = kl_of_groups(q, slow);
    return {.value = log_lik - charged(each, least),
            .bound = bound(log_lik, each, least),
            .parts = {{"log_lik", log_lik}, {"kl", sum(each, -1)}}};
  }

  const SlowPrior slow;
};

}  // namespace concepts
