// The normal of rounded values: probabilities of levels.

#include "prob/discretized_normal.hpp"

#include "autograd/ops.hpp"
#include "prob/normal.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

Tensor all_levels(int n) {
  std::vector<double> x;
  for (int v = 0; v < n; ++v) x.push_back((2.0 * v + 1) / n - 1);
  return tensor(x);
}

}  // namespace

TEST_CASE("discretized normal: the levels have a probability of 1 together, wherever it lies") {
  const DTypeScope f64(DType::f64);
  const Tensor loc = reshape(tensor({-3.0, -1.0, 0.013, 0.7, 1.2}), {5, 1});
  for (const int n : {2, 5, 256})
    for (const double scale : {0.002, 0.1, 4.0}) {
      const Tensor p =
          exp(DiscretizedNormal(loc, scale, 0, n).log_prob(reshape(all_levels(n), {1, n})));
      CAPTURE(n, scale);
      for (const double total : sum(p, -1).to_vector()) CHECK(total == Approx(1).epsilon(1e-12));
    }
}

TEST_CASE("discretized normal: many levels are a density, and far levels keep their digits") {
  const DTypeScope f64(DType::f64);
  const int n = 1 << 20;
  const double x = 1.0 / n, loc = 0.4, scale = 0.1;
  CHECK(DiscretizedNormal(loc, scale, 0, n).log_prob(tensor(x)).item() - std::log(2.0 / n) ==
        Approx(-0.5 * 16 - std::log(scale) - 0.5 * std::log(2 * M_PI)).epsilon(1e-5));
  // 30 standard deviations away, on either side.
  const double half = 1.0 / 256;
  for (const double side : {-1.0, 1.0}) {
    const double at = DiscretizedNormal(side * 0.3, 0.01).log_prob(tensor(-side * half)).item();
    CHECK(at == Approx(DiscretizedNormal(0.3, 0.01).log_prob(tensor(-half)).item()));
    CHECK(std::isfinite(at));
  }
}

TEST_CASE("discretized normal: samples are levels; an event sums; bad levels") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  const DiscretizedNormal d(full({2}, 0.3), 0.8, 1, 4);
  for (const double x : d.sample(rng, {200}).to_vector()) {
    CAPTURE(x);
    CHECK((x == -0.75 || x == -0.25 || x == 0.25 || x == 0.75));
  }
  const DiscretizedNormal each(full({2}, 0.3), 0.8, 0, 4);
  const Tensor x = tensor({0.25, -0.75});
  CHECK(d.log_prob(x).item() == Approx(sum(each.log_prob(x)).item()));
  CHECK(test::throws_with<ConfigError>([] { DiscretizedNormal(0.0, 1.0, 0, 1); }, "levels"));
}
