#include "vae/pictures/slerp.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

double norm(const Tensor& v) { return std::sqrt(sum(square(v)).item()); }

bool finite(const Tensor& v) {
  for (const double e : v.to_vector())
    if (!std::isfinite(e)) return false;
  return true;
}

}  // namespace

TEST_CASE("slerp: a quarter circle is walked at an even pace", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor a = tensor({2.0, 0.0}), b = tensor({0.0, 2.0});
  for (const double t : {0.0, 0.25, 0.5, 0.9, 1.0}) {
    const double turn = t * std::acos(0.0);
    const Tensor want = tensor({2 * std::cos(turn), 2 * std::sin(turn)});
    CHECK(test::difference(vae::slerp(a, b, t), want, 1e-14) == "");
  }
}

TEST_CASE("slerp: vectors of one length follow Shoemake's formula", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  for (int i = 0; i < 50; ++i) {
    const Tensor a = rng.normal({6}), other = rng.normal({6});
    const Tensor b = norm(a) / norm(other) * other;
    const double t = rng.uniform(), w = std::acos(sum(a * b).item() / (norm(a) * norm(a)));
    const Tensor want = (std::sin((1 - t) * w) * a + std::sin(t * w) * b) / std::sin(w);
    CHECK(test::difference(vae::slerp(a, b, t), want, 1e-12) == "");
  }
}

TEST_CASE("slerp: the norm goes evenly from one end to the other", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor a = tensor({1.0, 2.0, -2.0}), b = tensor({0.0, -6.0, 8.0});
  for (const double t : {0.2, 0.7}) CHECK(norm(vae::slerp(a, b, t)) == Approx(3 + 7 * t));
}

TEST_CASE("slerp and lerp: the ends come back exactly, batches and lists of t too",
          "[vae][analysis]") {
  Rng rng(1);
  const Tensor a = rng.normal({3, 7}), b = rng.normal({3, 7});
  for (const auto& path :
       {vae::slerp(a, b, tensor({0, 0.3, 1})), vae::lerp(a, b, tensor({0, 0.3, 1}))}) {
    REQUIRE(path.shape() == Shape{3, 3, 7});
    CHECK(slice(path, 0, 0, 1).to_vector() == a.to_vector());
    CHECK(slice(path, 0, 2, 3).to_vector() == b.to_vector());
  }
  // A row of a batch is the same as that row alone.
  const Tensor row = vae::slerp(slice(a, 0, 1, 2), slice(b, 0, 1, 2), 0.3);
  CHECK(slice(vae::slerp(a, b, 0.3), 0, 1, 2).to_vector() == row.to_vector());
  CHECK(vae::slerp(a, b, 0.3).dtype() == DType::f32);
}

TEST_CASE("slerp keeps the norm of draws from a prior of 100 numbers, lerp loses sqrt(2)",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  double ends = 0, straight = 0, arc = 0;
  constexpr int kPairs = 2000;
  for (int i = 0; i < kPairs; ++i) {
    const Tensor a = rng.normal({100}), b = rng.normal({100});
    ends += norm(a) / kPairs;
    straight += norm(vae::lerp(a, b, 0.5)) / kPairs;
    arc += norm(vae::slerp(a, b, 0.5)) / kPairs;
  }
  // |z| varies by 0.706 around its mean, the middle by 0.5: five standard errors.
  CHECK(std::fabs(ends - 9.975032) < 5 * 0.706 / std::sqrt(kPairs));
  CHECK(std::fabs(straight - 7.053413) < 5 * 0.5 / std::sqrt(kPairs));
  CHECK(arc == Approx(9.975).epsilon(0.02));
}

TEST_CASE("slerp: equal, opposite and zero vectors give no NaN", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor a = tensor({3.0, -4.0, 0.5}), zero = zeros({3});
  CHECK(test::difference(vae::slerp(a, a, 0.3), a, 1e-14) == "");
  CHECK(test::difference(vae::slerp(a, 2.0 * a, 0.5), 1.5 * a, 1e-14) == "");
  CHECK(test::difference(vae::slerp(zero, a, 0.5), 0.5 * a, 1e-14) == "");
  CHECK(vae::slerp(zero, zero, 0.5).to_vector() == zero.to_vector());
  // Opposites: half a circle, at right angles half way, with the norm in between.
  const Tensor middle = vae::slerp(a, -3.0 * a, 0.5);
  CHECK(std::fabs(sum(middle * a).item()) < 1e-12);
  CHECK(norm(middle) == Approx(2 * norm(a)));
  for (const double t : {0.1, 0.5, 0.9}) {
    CHECK(norm(vae::slerp(a, -a, t)) == Approx(norm(a)).epsilon(1e-12));
    // Next to the special cases too.
    const Tensor nearly = a + tensor({0.0, 0.0, 1e-5});
    CHECK(finite(vae::slerp(a, nearly, t)));
    CHECK(norm(vae::slerp(a, -nearly, t)) == Approx(norm(a)).epsilon(1e-4));
  }
  CHECK(vae::slerp(tensor({2.0}), tensor({-2.0}), 0.25).item() ==
        Approx(1));  // a line has no circle
}

TEST_CASE("slerp: ends that do not fit are named", "[vae][errors]") {
  using test::throws_with;
  const Tensor a = zeros({3});
  CHECK(throws_with<ShapeError>([&] { vae::slerp(a, zeros({4}), 0.5); }, "[4]"));
  CHECK(throws_with<DomainError>([&] { vae::slerp(a, a, 1.5); }, "t must be in [0, 1]"));
  CHECK(throws_with<DomainError>([&] { vae::lerp(a, full({3}, NAN), 0.5); }, "b[0]"));
}
