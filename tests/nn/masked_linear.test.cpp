#include "nn/layers/masked_linear.hpp"

#include <vector>

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/init.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

TEST_CASE("order_mask: who sees whom") {
  const std::vector<std::int32_t> inputs{1, 2, 3}, units{2, 1};
  CHECK(order_mask(inputs, units, Sees::same).to_vector() == std::vector<double>{1, 1, 0, 1, 0, 0});
  CHECK(order_mask(units, inputs, Sees::earlier).to_vector() ==
        std::vector<double>{0, 0, 0, 1, 1, 1});
}

TEST_CASE("masked linear: a net of two layers is autoregressive, in any order") {
  const DTypeScope f64(DType::f64);
  const std::vector<std::int32_t> places{2, 1, 4, 3}, units{1, 2, 3, 1, 2, 3};
  MaskedLinear hidden(order_mask(places, units, Sees::same), Activation::tanh);
  MaskedLinear out(order_mask(units, places, Sees::earlier));
  init::torch_default(hidden, Rng(1));
  init::torch_default(out, Rng(2));
  const Tensor x = Rng(3).normal({4});
  const auto run = [&](const Tensor& at) { return out(hidden(at.with_shape({1, 4}))).to_vector(); };
  const auto before = run(x);
  for (std::size_t j = 0; j < 4; ++j) {
    std::vector<double> moved = x.to_vector();
    moved[j] += 0.5;
    const auto after = run(tensor(moved));
    for (std::size_t i = 0; i < 4; ++i) {
      CAPTURE(i, j);
      CHECK((after[i] != before[i]) == (places[j] < places[i]));
    }
  }
}

TEST_CASE("masked linear: gradients, none for a weight behind the mask; bad masks") {
  const DTypeScope f64(DType::f64);
  MaskedLinear layer(tensor({{1.0, 0.0, 1.0}, {0.0, 0.0, 1.0}}), Activation::softplus);
  init::torch_default(layer, Rng(1));
  const Tensor x = Rng(2).normal({5, 3}), weights = Rng(3).normal({5, 2});
  const auto loss = [&] { return sum(layer(x) * weights); };
  test::expect_ok(gradcheck(loss, layer.parameters()));
  layer.zero_grad();
  Tape tape;
  tape.backward(loss());
  const auto grad = layer.weight.grad().to_vector();
  CHECK((grad[1] == 0 && grad[3] == 0 && grad[4] == 0 && grad[0] != 0));
  CHECK(layer.describe() == "MaskedLinear 3 -> 2, softplus");
  CHECK(test::throws_with<ShapeError>([] { MaskedLinear(ones({3})); }, "[out, in]"));
  CHECK(test::throws_with<DomainError>([] { MaskedLinear(full({2, 2}, 2.0)); }, "mask"));
}
