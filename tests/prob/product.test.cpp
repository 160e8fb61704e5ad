#include "prob/product.hpp"

#include <cmath>

#include "autograd/autograd.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::prob;

TEST_CASE("product: precisions add, means count by precision") {
  const DTypeScope f64(DType::f64);
  const Normal both = product(Normal(tensor({1.0, 0.0}), tensor({1.0, 2.0}), 1),
                              Normal(tensor({4.0, 5.0}), tensor({0.5, 2.0}), 1));
  // precisions 1 + 4 and 1/4 + 1/4
  CHECK(both.loc.at({0}) == Approx((1.0 * 1 + 4.0 * 4) / 5).epsilon(1e-14));
  CHECK(both.scale.at({0}) == Approx(std::sqrt(1.0 / 5)).epsilon(1e-14));
  CHECK(both.loc.at({1}) == Approx(2.5).epsilon(1e-14));
  CHECK(both.scale.at({1}) == Approx(std::sqrt(2.0)).epsilon(1e-14));
  CHECK(both.event_dims == 1);
}

TEST_CASE("product: the densities' product, but for a constant that is a density itself") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Tensor m = rng.normal({6}), n = rng.normal({6}), s = exp(rng.normal({6})),
               t = exp(rng.normal({6})), x = rng.normal({20, 6});
  const Normal a(m, s), b(n, t);
  const Tensor constant = Normal(n, sqrt(square(s) + square(t))).log_prob(m);
  const Tensor off = a.log_prob(x) + b.log_prob(x) - product(a, b).log_prob(x) - constant;
  CHECK(max(abs(off)).item() < 1e-12);
}

TEST_CASE("product: a certain factor wins, in f32 too, and one that says nothing changes nothing") {
  for (const double far : {1e-15, 1e15}) {
    const Normal a(tensor(2.0), tensor(far)), b(tensor(-3.0), tensor(1.0));
    const Normal winner = far < 1 ? a : b;
    for (const Normal& both : {product(a, b), product(b, a)}) {
      CHECK(both.loc.item() == Approx(winner.loc.item()).epsilon(1e-6));
      CHECK(both.scale.item() == Approx(winner.scale.item()).epsilon(1e-6));
    }
  }
}

TEST_CASE("product: gradients, and events that differ") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  Parameter m("m", rng.normal({3})), s("s", exp(rng.normal({3}))), n("n", rng.normal({2, 3})),
      t("t", exp(rng.normal({3})));
  const Tensor x = rng.normal({2, 3});
  const auto loss = [&] { return sum(product(Normal(m, s, 1), Normal(n, t, 1)).log_prob(x)); };
  test::expect_ok(gradcheck(loss, std::vector<Parameter*>{&m, &s, &n, &t}));
  CHECK(test::throws_with<ShapeError>(
      [] { product(Normal(zeros({3}), ones({3}), 1), Normal(zeros({3}), ones({3}))); },
      "product(Normal, Normal)"));
}
