#include "vae/exact/clicks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae::exact {

ClickModel ClickModel::example(std::int64_t items, std::int64_t tastes, Rng& rng) {
  check<ConfigError>(items >= 1 && tastes >= 1,
                     "clicks need at least 1 item and 1 taste, not {} and {}", items, tastes);
  const double scale = 2 / std::sqrt(static_cast<double>(tastes));
  return {.popularity = -log(arange(items) + 1.0), .factors = scale * rng.normal({items, tastes})};
}

Tensor ClickModel::log_preferences(const Tensor& tastes) const {
  return log_softmax(popularity + matmul(tastes, factors, {.transpose_right = true}));
}

Draw ClickModel::sample(Rng& rng, std::int64_t users, const ClickCounts& counts) const {
  const NoGrad no_grad;
  const auto [least, most] = counts;
  check<ConfigError>(1 <= least && least <= most && most <= items(),
                     "a user clicks on 1 to {} of the items, not on {} to {}", items(), least,
                     most);
  const Tensor tastes = rng.normal({users, factors.dim(1)}, factors.dtype());
  const Tensor log_pi = log_preferences(tastes);
  // The n largest of log pi + Gumbel noise are n draws without replacement (Yellott 1977).
  const std::vector<double> keys =
      (log_pi - log(-log(rng.uniform(log_pi.shape(), log_pi.dtype())))).to_vector();
  std::vector<double> clicks(keys.size());
  std::vector<std::size_t> order(static_cast<std::size_t>(items()));
  for (std::size_t first = 0; first < keys.size(); first += order.size()) {
    std::iota(order.begin(), order.end(), first);
    const std::int64_t n = least + rng.below(most - least + 1);
    std::partial_sort(order.begin(), order.begin() + n, order.end(),
                      [&](std::size_t a, std::size_t b) { return keys[a] > keys[b]; });
    for (std::int64_t i = 0; i < n; ++i) clicks[order[static_cast<std::size_t>(i)]] = 1;
  }
  return {tastes, tensor(clicks, log_pi.shape(), log_pi.dtype())};
}

}  // namespace tapestry::vae::exact
