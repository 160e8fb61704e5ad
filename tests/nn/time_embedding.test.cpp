#include "nn/layers/time_embedding.hpp"

#include <cmath>

#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

TEST_CASE("time embedding: sines, then cosines, of wavelengths evenly spaced in their logarithm") {
  const DTypeScope f64(DType::f64);
  TimeEmbedding embed(6, 100, 1);
  const Tensor y = embed(reshape(tensor({0.3, -7.0}), {2, 1}));
  CHECK(y.shape() == Shape{2, 6});
  const double waves[] = {100, 10, 1};
  for (std::int64_t k = 0; k < 3; ++k) {
    const double angle = 2 * M_PI * -7.0 / waves[k];
    CHECK(y.at({1, k}) == Approx(std::sin(angle)).margin(1e-12));
    CHECK(y.at({1, k + 3}) == Approx(std::cos(angle)).margin(1e-12));
  }
}

TEST_CASE("time embedding: gradient in t; nothing to learn; bad sizes") {
  const DTypeScope f64(DType::f64);
  TimeEmbedding embed(8, 30, 2);
  CHECK(embed.parameters().empty());
  const Tensor weights = Rng(1).normal({3, 8});
  const auto loss = [&](std::span<const Tensor> t) { return sum(embed(t[0]) * weights); };
  test::expect_ok(gradcheck(loss, std::vector<Tensor>{Rng(2).normal({3, 1})}));
  CHECK(test::throws_with<ConfigError>([] { TimeEmbedding(5, 10, 1); }, "width"));
  CHECK(test::throws_with<ConfigError>([] { TimeEmbedding(4, 1, 10); }, "shortest"));
  CHECK(test::throws_with<ShapeError>([&] { embed(zeros({3, 2})); }, "last axis"));
}
