// Training as it goes on for long: numbers that fade must end at 0, not among the denormals, where
// each operation costs a hundred others.

#include <bit>
#include <cmath>
#include <functional>
#include <memory>

#include "autograd/observer.hpp"
#include "nn/nn.hpp"
#include "support/catch.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

// By their bits, so that the count depends on nobody's floating-point state.
std::int64_t denormals(const Tensor& t) {
  std::int64_t count = 0;
  for (const float x : t.view<float>()) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    count += (bits & 0x7f800000u) == 0 && (bits & 0x007fffffu) != 0;
  }
  return count;
}

/// Counts among activations.
struct Activations : Observer {
  std::int64_t found = 0, seen = 0;
  void recorded(const Tape&, std::int32_t, Inputs, const Tensor& out) override {
    if (out.dtype() != DType::f32) return;
    found += denormals(out);
    seen += out.size();
  }
};

constexpr std::int64_t kBatch = 16, kIn = 12, kHidden = 20;

// A changing minibatch: column 0 is there in the first 100 steps only, so what momentum remembers of
// it fades; column 1 is tiny, so squares of its gradient are denormal; the others are ordinary.
Tensor minibatch(const Rng& data, int step) {
  Rng rng = data.stream(std::to_string(step));
  Tensor x = rng.normal({kBatch, kIn});
  const auto values = x.mutate<float>();
  for (std::size_t row = 0; row < kBatch; ++row) {
    if (step >= 100) values[row * kIn] = 0;
    values[row * kIn + 1] *= 1e-20f;
  }
  return x;
}

}  // namespace

TEST_CASE("denormals: none anywhere after 2,000 steps on changing minibatches", "[nn][denormals]") {
  using Parameters = std::vector<Parameter*>;
  const std::pair<const char*, std::function<std::unique_ptr<Optimizer>(Parameters)>> optimizers[] =
      {{"Adam", [](Parameters p) { return std::make_unique<Adam>(p, AdamOptions{.lr = 1e-3}); }},
       {"Sgd with momentum",
        [](Parameters p) {
          return std::make_unique<Sgd>(p, SgdOptions{.lr = 1e-2, .momentum = 0.9});
        }},
       {"RmsProp",
        [](Parameters p) { return std::make_unique<RmsProp>(p, RmsPropOptions{.lr = 1e-3}); }}};
  for (const auto& [name, make] : optimizers) {
    CAPTURE(name);
    const Rng data(8);
    Rng rng(9);
    Parameter w1("w1", rng.normal({kHidden, kIn}) * 0.3), b1("b1", zeros({kHidden}));
    Parameter w2("w2", rng.normal({1, kHidden}) * 0.3), b2("b2", zeros({1}));
    b1.update([](Tensor& b) {
      for (std::size_t i = 0; i < 5; ++i) b.mutate<float>()[i] = -95;  // sigmoid(-95) = 6e-42
    });
    const auto optimizer = make({&w1, &b1, &w2, &b2});
    Activations activations;
    for (int step = 0; step < 2000; ++step) {
      const Tensor x = minibatch(data, step);
      const Tensor target = sin(sum(x, 1, true));
      optimizer->zero_grad();
      const ObserverScope scope(activations);
      Tape tape;
      const Tensor y = linear(sigmoid(linear(x, w1, b1)), w2, b2);
      tape.backward(mean(square(y - target)));
      optimizer->step();
    }
    CHECK(activations.seen > 2000 * kBatch * (kHidden + 1));
    CHECK(activations.found == 0);
    for (const Parameter* p : {&w1, &b1, &w2, &b2}) {
      CHECK(denormals(p->value()) == 0);
      CHECK(denormals(p->grad()) == 0);
    }
    for (const auto& entry : optimizer->state()) {
      CAPTURE(entry.name);
      if (entry.value.dtype() == DType::f32) CHECK(denormals(entry.value) == 0);
    }
  }
}
