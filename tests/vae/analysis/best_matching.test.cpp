// The best matching against all permutations.

#include "vae/analysis/best_matching.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

double total(const Tensor& score, const std::vector<std::int64_t>& column) {
  double sum = 0;
  for (std::int64_t row = 0; row < score.dim(0); ++row)
    sum += score.at({row, column[static_cast<std::size_t>(row)]});
  return sum;
}

}  // namespace

TEST_CASE("best_matching: no permutation has a larger sum", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  for (const std::int64_t n : {1, 2, 3, 5, 6}) {
    for (int i = 0; i < 20; ++i) {
      const Tensor score =
          i % 2 ? rng.normal({n, n}) : 10.0 * greater(rng.uniform({n, n}), 0.5).to(DType::f64);
      const auto found = vae::best_matching(score);
      std::vector<std::int64_t> column(static_cast<std::size_t>(n));
      std::iota(column.begin(), column.end(), 0);
      CHECK(std::is_permutation(found.begin(), found.end(), column.begin()));
      double best = total(score, column);
      while (std::next_permutation(column.begin(), column.end()))
        best = std::max(best, total(score, column));
      CHECK(total(score, found) == Approx(best).margin(1e-12));
    }
  }
}

TEST_CASE("best_matching: row by row is not enough", "[vae][analysis]") {
  // 9 + 0 by rows, 8 + 7 together
  CHECK(vae::best_matching(tensor({{9.0, 8.0}, {7.0, 0.0}})) == std::vector<std::int64_t>{1, 0});
  CHECK(test::throws_with<ShapeError>([] { vae::best_matching(zeros({2, 3})); }, "[2,3]"));
}

TEST_CASE("cluster_accuracy: clusters may have any numbers", "[vae][analysis]") {
  const auto numbers = [](const std::vector<std::int32_t>& of) {
    return index_tensor(of, {std::ssize(of)});
  };
  const Tensor label = numbers({0, 0, 1, 1, 2, 2, 2, 2});
  CHECK(vae::cluster_accuracy(vae::cluster_counts(numbers({2, 2, 0, 0, 1, 1, 1, 1}), label, 3)) ==
        1);
  // All in one cluster: the largest class is right.
  CHECK(vae::cluster_accuracy(vae::cluster_counts(numbers({1, 1, 1, 1, 1, 1, 1, 1}), label, 3)) ==
        0.5);
  CHECK(vae::cluster_counts(numbers({2, 0, 0, 0, 1, 1, 1, 1}), label, 3).to_vector() ==
        std::vector<double>{1, 2, 0, 0, 0, 4, 1, 0, 0});
  CHECK(test::throws_with<DomainError>([&] { vae::cluster_counts(label, label, 2); },
                                       "number 2, expected 0..1"));
}

TEST_CASE("best_matching: a score that is not finite is refused, not searched for ever",
          "[vae][errors]") {
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL})
    CHECK_THROWS_AS(vae::best_matching(tensor({{bad, bad}, {0.0, 2.0}})), DomainError);
}
