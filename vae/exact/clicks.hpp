#pragma once

#include "autograd/random.hpp"
#include "vae/exact/draw.hpp"

namespace tapestry::vae::exact {

/// How many items a user clicks on: uniform over least..most.
struct ClickCounts {
  std::int64_t least = 20, most = 60;
};

/// Users who click on items, with preferences of low rank. The preferences of each user are known,
/// so a recommendation can be compared with the best possible one.
///
///     t_u ~ N(0, I_K)         pi_u = softmax(popularity + F t_u)
///
/// A user clicks on one item after the other, drawn from pi_u, and never twice on the same. In nats.
struct ClickModel {
  Tensor popularity;  ///< [I], log odds of the items for a user of average taste
  Tensor factors;     ///< [I, K], F

  /// Popularity falls with the item's number i = 1, 2, ... as 1 / i; the entries of F t have the
  /// standard deviation 2. ConfigError for fewer than one of each.
  static ClickModel example(std::int64_t items, std::int64_t tastes, Rng& rng);

  std::int64_t items() const { return popularity.size(); }
  Tensor log_preferences(const Tensor& tastes) const;  ///< log pi [..., I], for tastes [..., K]
  /// z = tastes [users, K], x = clicks [users, I] of 0 and 1. ConfigError unless
  /// 1 <= least <= most <= I.
  Draw sample(Rng& rng, std::int64_t users, const ClickCounts& counts = {}) const;
};

}  // namespace tapestry::vae::exact
