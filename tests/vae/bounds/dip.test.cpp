#include "vae/bounds/dip.hpp"

#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/analysis/aggregate.hpp"

using namespace tapestry;

TEST_CASE("dip: squares off the diagonal and of the distance to 1 on it", "[vae][bounds]") {
  const DTypeScope f64(DType::f64);
  const Tensor c = tensor({{3.0, 0.5}, {0.5, 1.0}});
  CHECK(vae::dip_penalty(c, 10, 0).item() == Approx(10 * 2 * 0.25));
  CHECK(vae::dip_penalty(c, 0, 5).item() == Approx(5 * 4));
  CHECK(vae::dip_penalty(eye(4), 10, 5).item() == 0);
  CHECK(test::throws_with<ShapeError>([] { vae::dip_penalty(zeros({2, 3}), 1, 1); }, "[2,3]"));
}

TEST_CASE("dip: both penalties pass their gradient to q", "[vae][bounds]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  Parameter loc("loc", rng.normal({6, 3})), log_scale("log_scale", 0.3 * rng.normal({6, 3}));
  const auto penalty = [&](bool second) {
    const auto m = vae::aggregate_moments(prob::Normal(loc, exp(log_scale), 1));
    return vae::dip_penalty(second ? m.covariance() : m.of_means, 10, 5);
  };
  const std::vector<Parameter*> of_mean{&loc}, both{&loc, &log_scale};
  CHECK(gradcheck([&] { return penalty(false); }, of_mean).ok);
  CHECK(gradcheck([&] { return penalty(true); }, both).ok);
}
