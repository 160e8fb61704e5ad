#include "vae/analysis/recommendation.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

Tensor lists(const std::vector<std::int32_t>& items, std::int64_t users) {
  return index_tensor(items, {users, std::ssize(items) / users});
}

}  // namespace

TEST_CASE("recommendation: recall and NDCG of a short list by hand", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // Held out: items 1 and 5. The list finds item 1 in the second place.
  const Tensor held_out = tensor({{0, 1, 0, 0, 0, 1}}), top = lists({3, 1, 4}, 1);
  CHECK(vae::recall(top, held_out).item() == Approx(0.5));
  const double second = 1 / std::log2(3.0);
  CHECK(vae::ndcg(top, held_out).item() == Approx(second / (1 + second)));
  // A list of one can find one of the two, and is perfect if it does.
  CHECK(vae::recall(lists({5}, 1), held_out).item() == 1);
  CHECK(vae::ndcg(lists({5}, 1), held_out).item() == 1);
  // Longer than what is held out: 1 for the hits in front, less in any other order.
  CHECK(vae::recall(lists({5, 1, 0, 2}, 1), held_out).item() == 1);
  CHECK(vae::ndcg(lists({5, 1, 0, 2}, 1), held_out).item() == Approx(1));
  CHECK(vae::recall(lists({0, 5, 2, 1}, 1), held_out).item() == 1);
  CHECK(vae::ndcg(lists({0, 5, 2, 1}, 1), held_out).item() ==
        Approx((second + 1 / std::log2(5.0)) / (1 + second)));
  CHECK(vae::ndcg(lists({0, 2, 3, 4}, 1), held_out).item() == 0);
  CHECK(vae::recall_curve(lists({5, 0, 1, 2}, 1), held_out).to_vector() ==
        std::vector<double>{1, 0.5, 1, 1});
}

TEST_CASE("recommendation: every user has a list and a measure of their own", "[vae][analysis]") {
  const Tensor held_out = tensor({{1, 0, 0}, {0, 1, 1}});
  CHECK(vae::recall(lists({0, 0}, 2), held_out).to_vector() == std::vector<double>{1, 0});
  CHECK(vae::ndcg(lists({2, 1}, 2), held_out).to_vector() == std::vector<double>{0, 1});
}

TEST_CASE("recommendation: the best unseen items come first, ties by their number",
          "[vae][analysis]") {
  const Tensor scores = tensor({{0.5, 3, -1, 3, 2}, {1, 1, 1, 1, 1}});
  const Tensor seen = tensor({{0, 0, 0, 0, 1}, {1, 0, 0, 1, 0}});
  CHECK(vae::top_items(scores, seen, 3).to_vector() == std::vector<double>{1, 3, 0, 1, 2, 4});
  // A shorter list is the beginning of a longer one.
  CHECK(vae::top_items(scores, seen, 2).to_vector() == std::vector<double>{1, 3, 1, 2});
}

TEST_CASE("recommendation: a random order scores what chance gives", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  // 20 items, 4 of them seen, 5 of the others held out.
  constexpr std::int64_t kUsers = 20000, kItems = 20, kList = 8;
  const Tensor column = arange(kItems) + zeros({kUsers, 1});
  const Tensor seen = less(column, 4).to(DType::f64);
  const Tensor held_out = less(column, 9).to(DType::f64) - seen;
  Rng rng(1);
  const Tensor top = vae::top_items(rng.uniform({kUsers, kItems}), seen, kList);
  const auto agrees = [](const Tensor& values, double expected) {
    const prob::Estimate e = prob::estimate(values);
    return std::fabs(e.mean.item() - expected) < 4 * e.standard_error.item();
  };
  CHECK(agrees(vae::recall(top, held_out), 8.0 / 16));
  double all = 0, best = 0;
  for (int r = 1; r <= kList; ++r) {
    all += 1 / std::log2(r + 1.0);
    if (r <= 5) best += 1 / std::log2(r + 1.0);
  }
  CHECK(agrees(vae::ndcg(top, held_out), 5.0 / 16 * all / best));
}

TEST_CASE("recommendation: a split gives away nothing that is held out", "[vae][analysis]") {
  Rng rng(2);
  const Tensor clicks = less(rng.uniform({200, 40}), 0.4).to(DType::f32);
  const auto [given, held_out] = vae::split_clicks(clicks, 0.2, rng);
  CHECK(test::difference(given + held_out, clicks, 0) == "");
  CHECK(sum(given * held_out).item() == 0);
  const std::vector<double> n = sum(clicks, -1).to_vector(), out = sum(held_out, -1).to_vector();
  for (std::size_t user = 0; user < n.size(); ++user) CHECK(out[user] == std::round(0.2 * n[user]));
  // Of two clicks one is held out, whatever the share.
  for (const double share : {0.01, 0.99}) {
    const auto two = vae::split_clicks(tensor({{1, 0, 1}}), share, rng);
    CHECK(sum(two.given).item() == 1);
    CHECK(sum(two.held_out).item() == 1);
  }
}

TEST_CASE("recommendation: every click is held out as often as any other", "[vae][statistical]") {
  Rng rng(3);
  const auto split = vae::split_clicks(ones({20000, 5}), 0.4, rng);
  for (const double share : mean(split.held_out, 0).to_vector())
    CHECK(std::fabs(share - 0.4) < 4.5 * std::sqrt(0.24 / 20000));
}

TEST_CASE("recommendation: what has no meaning is refused by name", "[vae][errors]") {
  using test::throws_with;
  Rng rng(4);
  const Tensor seen = tensor({{1, 0, 0}}), scores = tensor({{3, 2, 1}});
  CHECK(throws_with<ConfigError>([&] { vae::top_items(scores, seen, 3); }, "2 unseen items"));
  CHECK(throws_with<ConfigError>([&] { vae::top_items(scores, seen, 0); }, "at least 1"));
  CHECK(throws_with<DomainError>(
      [&] {
        vae::top_items(tensor({{NAN, 0, 0}}), seen, 1);
      },
      "scores[0,0]"));
  CHECK(throws_with<ShapeError>([&] { vae::top_items(zeros({1, 4}), seen, 1); }, "[1,4]"));
  CHECK(throws_with<DomainError>(
      [&] {
        vae::recall(lists({0}, 1), zeros({1, 3}));
      },
      "held-out clicks must be positive"));
  CHECK(throws_with<DomainError>(
      [&] {
        vae::ndcg(lists({0}, 1), zeros({1, 3}));
      },
      "held-out clicks must be positive"));
  CHECK(throws_with<ShapeError>([&] { vae::ndcg(lists({0, 1}, 2), seen); }, "for 1 users"));
  CHECK(throws_with<DomainError>([&] { vae::split_clicks(seen, 0.2, rng); }, "user 0"));
  CHECK(throws_with<DomainError>(
      [&] {
        vae::split_clicks(2.0 * ones({1, 3}), 0.2, rng);
      },
      "0 or 1"));
  CHECK(throws_with<DomainError>([&] { vae::split_clicks(ones({1, 3}), 1, rng); }, "share"));
}
