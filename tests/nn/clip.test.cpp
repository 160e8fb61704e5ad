#include "nn/optim/clip.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

TEST_CASE("clip_grad_norm: scales all gradients by one factor and returns the norm before") {
  Parameter a("a", zeros({2})), b("b", zeros({1, 2})), unused("unused", zeros({3}));
  const std::vector<Parameter*> all{&a, &b, &unused};
  const auto reset = [&] {
    a.set_grad(tensor({1.0, -2.0}));
    b.set_grad(tensor({{2.0, 4.0}}));  // norm 5 together
  };
  reset();
  CHECK(clip_grad_norm(all, 10) == Approx(5));
  CHECK(a.grad().to_vector() == std::vector<double>{1, -2});
  CHECK(clip_grad_norm(all, 2.5) == Approx(5));
  CHECK(a.grad().to_vector() == std::vector<double>{0.5, -1});
  CHECK(b.grad().to_vector() == std::vector<double>{1, 2});
  CHECK_FALSE(unused.grad().defined());
}

TEST_CASE("clip_grad_norm: does not write into a gradient that someone else holds") {
  Parameter a("a", zeros({2}));
  const Tensor mine = tensor({3.0, 4.0});
  a.set_grad(mine);
  clip_grad_norm({&a}, 1);
  CHECK(mine.to_vector() == std::vector<double>{3, 4});
}

TEST_CASE("clip_grad_norm: a gradient that is not finite is named") {
  Parameter a("a", zeros({2})), b("decoder.b", zeros({2}));
  a.set_grad(ones({2}));
  for (const double bad : {double{NAN}, double{INFINITY}}) {
    b.set_grad(tensor({1.0, bad}));
    CHECK(test::throws_with<DomainError>([&] { clip_grad_norm({&a, &b}, 1); }, "decoder.b"));
  }
}

TEST_CASE("clip_grad_value: clamps each element") {
  Parameter a("a", zeros({4}));
  a.set_grad(tensor({-3.0, -0.5, 0.25, 9.0}));
  clip_grad_value({&a}, 0.5);
  CHECK(a.grad().to_vector() == std::vector<double>{-0.5, -0.5, 0.25, 0.5});
}

TEST_CASE("clip_weights: clamps each value, and a tape that used the old one is warned") {
  Parameter a("a", tensor({-3.0, -0.5, 0.25, 9.0})), b("b", tensor({{0.75, -0.125}}));
  const std::uint64_t before = a.version();
  clip_weights({&a, &b}, 0.5);
  CHECK(a.value().to_vector() == std::vector<double>{-0.5, -0.5, 0.25, 0.5});
  CHECK(b.value().to_vector() == std::vector<double>{0.5, -0.125});
  CHECK(a.version() > before);
}

TEST_CASE("clipping: limits that are not above 0 are refused") {
  Parameter a("a", zeros({1}));
  CHECK_THROWS_AS(clip_grad_norm({&a}, 0), ConfigError);
  CHECK_THROWS_AS(clip_grad_norm({&a}, NAN), ConfigError);
  CHECK_THROWS_AS(clip_grad_value({&a}, -1), ConfigError);
  CHECK_THROWS_AS(clip_weights({&a}, 0), ConfigError);
}
