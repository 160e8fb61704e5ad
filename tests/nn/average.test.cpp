#include "nn/optim/average.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

struct System : Module {
  Child<Linear> net{*this, "net", 2, 1};
  Child<Average> average{*this, "average", net, 0.9};

  void set(double weight, double bias) {
    init::constant(net.weight, weight);
    init::constant(net.bias, bias);
  }
  double weight() const { return net.weight.value().at({0, 1}); }
};

}  // namespace

TEST_CASE("average: follows by the stated weights, and the parameters come back") {
  const DTypeScope f64(DType::f64);
  System system;
  double expected = 0;
  for (int n = 0; n < 200; ++n) {
    const double now = std::sin(n) + 2;
    system.set(now, -now);
    system.average.follow();
    const double d = std::min(0.9, n / (n + 9.0));
    expected = d * expected + (1 - d) * now;
  }
  const double last = system.weight();
  {
    const auto averaged = system.average.use();
    CHECK(system.weight() == Approx(expected).epsilon(1e-14));
    CHECK(system.net.bias.value().at({0}) == Approx(-expected).epsilon(1e-14));
  }
  CHECK(system.weight() == last);
}

TEST_CASE("average: the first call takes the parameters as they are; before it nothing changes") {
  System system;
  system.set(3, 1);
  {
    const auto averaged = system.average.use();
    CHECK(system.weight() == 3);
  }
  system.average.follow();
  system.set(5, 1);
  const auto averaged = system.average.use();
  CHECK(system.weight() == 3);
}

TEST_CASE("average: is a part of the state; a bad decay") {
  System one, two;
  one.set(3, 1);
  one.average.follow();
  one.set(7, 1);
  one.average.follow();
  two.load_state(one.state());
  for (System* s : {&one, &two}) {
    s->set(4, 1);
    s->average.follow();
  }
  const auto first = one.average.use(), second = two.average.use();
  CHECK(one.weight() == two.weight());
  CHECK(test::throws_with<ConfigError>([&] { Average(one.net, 1.0); }, "decay"));
}
