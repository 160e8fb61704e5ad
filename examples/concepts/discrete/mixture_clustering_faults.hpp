#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "concepts/discrete/mixture_clustering.hpp"

// Wrong versions of single steps of VaDE and of its score.

namespace concepts {

/// E log p(c) alone: the entropy of c, at most log K, is not there.
inline Tensor kl_without_entropy(const Tensor& gamma, const Tensor& log_pi) {
  return -sum(gamma * log_pi, -1);
}

/// The entropy of q without the log(2 pi) / 2 of each latent, that log p(z|c) has.
inline Tensor kl_with_two_pi(const prob::Normal& q, const prob::Normal& p) {
  return kl_to_each(q, p) +
         0.5 * std::log(2 * std::numbers::pi) * static_cast<double>(q.loc.dim(-1));
}

/// All clusters are equally likely whatever z is.
inline Tensor constant_posterior(const Tensor& log_joint) { return softmax(0.0 * log_joint); }

/// Each cluster in turn takes the best class that is left.
inline std::vector<std::int64_t> greedy_matching(const Tensor& score) {
  std::vector<std::int64_t> column;
  for (std::int64_t row = 0; row < score.dim(0); ++row) {
    std::int64_t best = -1;
    for (std::int64_t j = 0; j < score.dim(1); ++j)
      if (std::find(column.begin(), column.end(), j) == column.end() &&
          (best < 0 || score.at({row, j}) > score.at({row, best})))
        best = j;
    column.push_back(best);
  }
  return column;
}

}  // namespace concepts
