#include "vae/analysis/recommendation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

constexpr Constraint kClick{"0 or 1", 0, 1, false, false, true};

void check_clicks(const char* what, const char* argument, const Tensor& clicks) {
  check<ShapeError>(clicks.rank() == 2, "{}: {} must be [users, items], not {}", what, argument,
                    clicks.shape());
  check_values(what, argument, clicks, kClick);
}

/// Hits [U, k]: 1 where a recommended item is held out.
Tensor hits(const char* what, const Tensor& top, const Tensor& held_out) {
  check_clicks(what, "held_out", held_out);
  check<ShapeError>(top.rank() == 2 && top.dim(0) == held_out.dim(0),
                    "{}: a list of items for each user is [U, k], not {} for {} users", what,
                    top.shape(), held_out.dim(0));
  check_values(what, "number of held-out clicks", sum(held_out, -1), kPositive);
  return gather(held_out, 1, top);
}

/// min(k, n) for each user.
Tensor attainable(const Tensor& top, const Tensor& held_out) {
  return minimum(static_cast<double>(top.dim(1)), sum(held_out, -1));
}

}  // namespace

FoldIn split_clicks(const Tensor& clicks, double share, Rng& rng) {
  const NoGrad no_grad;
  check_clicks("split_clicks", "clicks", clicks);
  check_value("split_clicks", "share", share, kOpenUnitInterval);
  const std::vector<double> all = clicks.to_vector();
  std::vector<double> held_out(all.size());
  const auto items = static_cast<std::size_t>(clicks.dim(1));
  for (std::size_t user = 0; user * items < all.size(); ++user) {
    std::vector<std::size_t> clicked;
    for (std::size_t i = user * items; i < (user + 1) * items; ++i)
      if (all[i] == 1) clicked.push_back(i);
    check<DomainError>(clicked.size() >= 2,
                       "split_clicks: user {} has too few clicks to hold one out: {}", user,
                       clicked.size());
    const auto n = static_cast<std::int64_t>(clicked.size());
    const std::int64_t out =
        std::clamp<std::int64_t>(std::llround(share * static_cast<double>(n)), 1, n - 1);
    const std::vector<std::int32_t> order = rng.permutation(n);
    for (std::int64_t i = 0; i < out; ++i)
      held_out[clicked[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]] = 1;
  }
  const Tensor out = tensor(held_out, clicks.shape(), clicks.dtype());
  return {.given = clicks - out, .held_out = out};
}

Tensor top_items(const Tensor& scores, const Tensor& seen, std::int64_t k) {
  check_clicks("top_items", "seen", seen);
  check<ShapeError>(scores.shape() == seen.shape(),
                    "top_items: scores {} and seen {} must have one shape", scores.shape(),
                    seen.shape());
  check_values("top_items", "scores", scores, kFinite);
  check<ConfigError>(k >= 1, "top_items: k must be at least 1, not {}", k);
  const std::vector<double> score = scores.to_vector(), known = seen.to_vector();
  const std::int64_t users = scores.dim(0), items = scores.dim(1);
  std::vector<std::int32_t> top;
  for (std::int64_t user = 0; user < users; ++user) {
    const auto row = user * items;
    std::vector<std::int32_t> unseen;
    for (std::int32_t i = 0; i < items; ++i)
      if (known[static_cast<std::size_t>(row + i)] == 0) unseen.push_back(i);
    check<ConfigError>(std::ssize(unseen) >= k,
                       "top_items: user {} has {} unseen items, fewer than k = {}", user,
                       unseen.size(), k);
    const auto better = [&](std::int32_t a, std::int32_t b) {
      const double of_a = score[static_cast<std::size_t>(row + a)],
                   of_b = score[static_cast<std::size_t>(row + b)];
      return of_a > of_b || (of_a == of_b && a < b);
    };
    std::partial_sort(unseen.begin(), unseen.begin() + k, unseen.end(), better);
    top.insert(top.end(), unseen.begin(), unseen.begin() + k);
  }
  return index_tensor(top, {users, k});
}

Tensor recall(const Tensor& top, const Tensor& held_out) {
  const NoGrad no_grad;
  return sum(hits("recall", top, held_out), -1) / attainable(top, held_out);
}

Tensor recall_curve(const Tensor& top, const Tensor& held_out) {
  const NoGrad no_grad;
  const Tensor length = arange(top.dim(1), held_out.dtype()) + 1.0;
  return cumsum(hits("recall_curve", top, held_out)) / minimum(length, sum(held_out, -1, true));
}

Tensor ndcg(const Tensor& top, const Tensor& held_out) {
  const NoGrad no_grad;
  const Tensor hit = hits("ndcg", top, held_out);
  const Tensor discount = std::log(2.0) / log(arange(top.dim(1), held_out.dtype()) + 2.0);
  // The best list begins with its min(k, n) hits.
  const Tensor best = take_rows(cumsum(discount), (attainable(top, held_out) - 1.0).to(DType::i32));
  return sum(hit * discount, -1) / best;
}

}  // namespace tapestry::vae
