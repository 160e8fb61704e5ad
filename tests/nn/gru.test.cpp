#include "nn/layers/gru.hpp"

#include <array>
#include <cmath>

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/init.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

double sigmoid_of(double t) { return 1 / (1 + std::exp(-t)); }

/// The step of torch.nn.GRUCell for one row, number by number, from its documentation.
std::vector<double> by_hand(const Gru& gru, const std::vector<double>& x,
                            const std::vector<double>& h) {
  const std::size_t hidden = h.size();
  const auto product = [](const Linear& map, std::size_t row, const std::vector<double>& v) {
    double sum = map.bias.value().to_vector()[row];
    for (std::size_t j = 0; j < v.size(); ++j)
      sum += map.weight.value().to_vector()[row * v.size() + j] * v[j];
    return sum;
  };
  std::vector<double> next;
  for (std::size_t i = 0; i < hidden; ++i) {
    const auto of_x = [&](std::size_t k) { return product(gru.from_input, k * hidden + i, x); };
    const auto of_h = [&](std::size_t k) { return product(gru.from_state, k * hidden + i, h); };
    const double r = sigmoid_of(of_x(0) + of_h(0)), z = sigmoid_of(of_x(1) + of_h(1));
    const double n = std::tanh(of_x(2) + r * of_h(2));
    next.push_back((1 - z) * n + z * h[i]);
  }
  return next;
}

}  // namespace

TEST_CASE("gru: a step is PyTorch's GRUCell, number by number") {
  const DTypeScope f64(DType::f64);
  Gru gru(3, 2);
  init::torch_default(gru, Rng(1));
  const std::vector<double> x{0.5, -1.5, 2.0}, h{-0.25, 0.75};
  const auto next = gru(tensor(x).with_shape({1, 3}), tensor(h).with_shape({1, 2})).to_vector();
  const auto expected = by_hand(gru, x, h);
  for (std::size_t i = 0; i < 2; ++i) CHECK(next[i] == Approx(expected[i]).epsilon(1e-12));
}

TEST_CASE("gru: one unit with numbers for pencil and paper") {
  const DTypeScope f64(DType::f64);
  Gru gru(1, 1);
  gru.from_input.weight.set_value(tensor({0.0, 0.0, 1.0}).with_shape({3, 1}));
  gru.from_input.bias.set_value(zeros({3}));
  gru.from_state.weight.set_value(tensor({0.0, 0.0, 2.0}).with_shape({3, 1}));
  gru.from_state.bias.set_value(tensor({0.0, std::log(3.0), 0.0}));
  // r = 1/2, u = 3/4, n = tanh(x + r 2 h) = tanh(0.1 + 0.4), next = n / 4 + 3 h / 4
  const double next = gru(full({1, 1}, 0.1), full({1, 1}, 0.4)).item();
  CHECK(next == Approx(std::tanh(0.5) / 4 + 0.3).epsilon(1e-14));
}

TEST_CASE("gru: gradients through three steps from the start") {
  const DTypeScope f64(DType::f64);
  Gru gru(3, 4);
  init::torch_default(gru, Rng(1));
  const Tensor x = Rng(2).normal({3, 2, 3}), weights = Rng(3).normal({2, 4});
  const auto loss = [&] {
    Tensor h = gru.start(2);
    for (int t = 0; t < 3; ++t) h = gru(reshape(slice(x, 0, t, t + 1), {2, 3}), h);
    return sum(h * weights);
  };
  test::expect_ok(gradcheck(loss, gru.parameters()));
  CHECK(gru.named_parameters().at(2).name == "from_state.weight");
  CHECK(gru.describe() == "Gru 3 -> 4");
}

TEST_CASE("gru: shapes that do not fit are refused") {
  Gru gru(3, 4);
  init::torch_default(gru, Rng(1));
  CHECK(test::throws_with<ShapeError>([&] { gru(ones({2, 3}), ones({3, 4})); }, "the last axis"));
  CHECK_THROWS_AS(Gru(0, 4), ConfigError);
  CHECK_THROWS_AS(Gru(4, 0), ConfigError);
}
