#include "vae/bounds/density_ratio.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/gradcheck/gradcheck.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"

using namespace tapestry;

TEST_CASE("permute_columns: each column keeps its values, and columns go their own ways", "[vae]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Tensor a = rng.normal({4000, 1});
  const Tensor z = concat({a, a, -a}, 1), permuted = vae::permute_columns(z, rng);
  for (std::int64_t k = 0; k < 3; ++k) {
    std::vector<double> before = slice(z, 1, k, k + 1).to_vector(),
                        after = slice(permuted, 1, k, k + 1).to_vector();
    CHECK(before != after);
    std::ranges::sort(before);
    std::ranges::sort(after);
    CHECK(before == after);
  }
  for (const auto& [i, k] : {std::pair{0, 1}, {0, 2}, {1, 2}}) {  // 5 standard errors
    const prob::Estimate e =
        prob::estimate(reshape(slice(permuted, 1, i, i + 1) * slice(permuted, 1, k, k + 1), {-1}));
    CHECK(std::fabs(e.mean.item()) < 5 * e.standard_error.item());
  }
  CHECK_THROWS_AS(vae::permute_columns(zeros({3}), rng), ShapeError);
}

TEST_CASE("told_apart: at the best critic the mean is the Jensen-Shannon divergence", "[vae]") {
  const DTypeScope f64(DType::f64);
  // q = N(0, 1), p = N(1, 1): logit 1/2 - x. 2 JS - 2 log 2 with JS = 0.1114214822 by quadrature.
  Rng rng(2);
  const Tensor x = rng.normal({400000});
  const prob::Estimate e = prob::estimate(vae::told_apart(0.5 - x, 0.5 - (x + 1.0)));
  CHECK(std::fabs(e.mean.item() - (2 * 0.1114214822 - 2 * std::log(2))) <
        5 * e.standard_error.item());
  CHECK(e.standard_error.item() < 0.002);
  CHECK(vae::told_apart(zeros({1}), zeros({1})).item() == Approx(-2 * std::log(2)));
}
