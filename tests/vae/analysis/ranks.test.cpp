#include "vae/analysis/ranks.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

TEST_CASE("auroc: the share of pairs in which the outlier scores higher, ties half",
          "[vae][analysis]") {
  CHECK(vae::auroc(tensor({3, 4}), tensor({1, 2, 2.5})) == 1);
  CHECK(vae::auroc(tensor({0, -1}), tensor({1, 2, 2.5})) == 0);
  CHECK(vae::auroc(tensor({1, 3}), tensor({2})) == 0.5);
  CHECK(vae::auroc(tensor({5, 5, 5}), tensor({5, 5})) == 0.5);
  // Pairs (2, 1) and (2, 2) and (3, 1) and (3, 2): 1 + 1/2 + 1 + 1 of 4.
  CHECK(vae::auroc(tensor({2, 3}), tensor({1, 2})) == Approx(3.5 / 4));
}

TEST_CASE("auroc: counting every pair gives the same, on scores with many ties",
          "[vae][analysis]") {
  Rng rng(4);
  std::vector<double> a, b;
  for (int i = 0; i < 60; ++i) a.push_back(static_cast<double>(2 + rng.below(8)));
  for (int i = 0; i < 45; ++i) b.push_back(static_cast<double>(rng.below(8)));
  double wins = 0;
  for (const double x : a)
    for (const double y : b) wins += x > y ? 1 : x == y ? 0.5 : 0;
  CHECK(vae::auroc(tensor(a, {60}), tensor(b, {45})) == Approx(wins / (60 * 45)).epsilon(1e-14));
}

TEST_CASE("auroc: of two normals one deviation apart it is Phi(1 / sqrt 2)", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const double exact = 0.5 * std::erfc(-0.5);  // Phi(1 / sqrt 2) = 0.7602
  const double got = vae::auroc(rng.normal({20000}) + 1.0, rng.normal({20000}));
  CHECK(std::fabs(got - exact) < 5 * 0.0024);  // the largest standard error that an area can have
}

TEST_CASE("rank correlation: any rising function has 1, any falling one -1", "[vae][analysis]") {
  const Tensor x = tensor({-2, 0.5, 1, 3});
  CHECK(vae::rank_correlation(x, exp(x)) == Approx(1));
  CHECK(vae::rank_correlation(x, -1.0 * x * x * x) == Approx(-1));
}

TEST_CASE("rank correlation: without ties it is 1 - 6 sum d^2 / (n (n^2 - 1))", "[vae][analysis]") {
  // Ranks 1 2 3 4 5 against 2 1 4 3 5: four differences of 1.
  CHECK(vae::rank_correlation(tensor({1, 2, 3, 4, 5}), tensor({20, 10, 40, 30, 50})) ==
        Approx(1 - 6.0 * 4 / (5 * 24)));
  // Ties share their mean rank: 1.5 1.5 3 against 1 2 3.
  CHECK(vae::rank_correlation(tensor({7, 7, 9}), tensor({1, 2, 3})) ==
        Approx(1.5 / std::sqrt(1.5 * 2)));
}

TEST_CASE("ranks: lists without an order are refused by name", "[vae][errors]") {
  using test::throws_with;
  const Tensor x = tensor({1, 2});
  CHECK(throws_with<DomainError>([&] { vae::auroc(x, tensor({1, NAN})); }, "usual[1]"));
  CHECK(throws_with<ShapeError>([&] { vae::auroc(zeros({2, 2}), x); }, "outliers"));
  CHECK(throws_with<ShapeError>([&] { vae::rank_correlation(x, zeros({3})); }, "2 and 3"));
  CHECK(throws_with<DomainError>([&] { vae::rank_correlation(x, zeros({2})); }, "equal"));
}
