#include "vae/analysis/mig.hpp"

#include <cmath>
#include <numbers>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/data/sprites.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

// Every pair of 3 and 2 values.
Tensor pairs() { return tensor({{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}}); }

prob::Normal code(const Tensor& loc, double sigma) { return {loc, full(loc.shape(), sigma), 1}; }

}  // namespace

TEST_CASE("mutual information gap: one latent for each factor has the gap 1", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const prob::Normal q = code(10.0 * pairs(), 0.5);
  const Tensor expected = tensor({{std::log(3.0), 0.0}, {0.0, std::log(2.0)}});
  CHECK(test::difference(vae::factor_information(q, pairs()), expected, 1e-9) == "");
  CHECK(vae::mutual_information_gap(q, pairs()) == Approx(1));
}

TEST_CASE("mutual information gap: of two latents that know the same it is 0", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor same = sum(pairs() * tensor({2.0, 1.0}), 1, true);
  const prob::Normal q = code(10.0 * concat({same, same}, 1), 0.5);
  CHECK(vae::mutual_information_gap(q, pairs()) == Approx(0).margin(1e-12));
}

TEST_CASE("mutual information gap: what is not known counts, by the entropy of the factor",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // The first latent knows only whether its factor is 0, the second all of its own.
  const Tensor zero = where(less(slice(pairs(), 1, 0, 1), 0.5), 1.0, zeros({6, 1}));
  const prob::Normal q = code(10.0 * concat({zero, slice(pairs(), 1, 1, 2)}, 1), 0.5);
  const double known = std::log(3.0) - 2.0 / 3 * std::log(2.0);
  CHECK(vae::mutual_information_gap(q, pairs()) == Approx((known / std::log(3.0) + 1) / 2));
}

TEST_CASE("mutual information gap: the order of factors and latents does not matter",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const auto swapped = [](const Tensor& x) {
    return concat({slice(x, 1, 1, 2), slice(x, 1, 0, 1)}, 1);
  };
  Rng rng(1);
  const Tensor loc = pairs() + 0.3 * rng.normal({6, 2});
  const double gap = vae::mutual_information_gap(code(loc, 0.4), pairs());
  CHECK(gap > 0.1);
  CHECK(gap < 0.9);
  CHECK(vae::mutual_information_gap(code(loc, 0.4), swapped(pairs())) == Approx(gap));
  CHECK(vae::mutual_information_gap(code(swapped(loc), 0.4), pairs()) == Approx(gap));
}

TEST_CASE("factor information: of two overlapping humps as a sum over a fine grid",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const auto hump = [](double z, double m) { return std::exp(-0.5 * (z - m) * (z - m)); };
  double expected = 0;  // E log p(z | v) / p(z), by symmetry for the hump at 1 alone
  for (int i = -8000; i <= 8000; ++i) {
    const double z = 1e-3 * i, own = hump(z, 1), other = hump(z, -1);
    if (own > 0)
      expected += 1e-3 * own / std::sqrt(2 * std::numbers::pi) * std::log(2 * own / (own + other));
  }
  const Tensor factor = reshape(tensor({0.0, 1.0}), {2, 1});
  const Tensor loc = reshape(tensor({-1.0, 1.0}), {2, 1});
  CHECK(vae::factor_information(code(loc, 1), factor).item() == Approx(expected).epsilon(1e-6));
}

TEST_CASE("factor entropy: of the sprites the logarithms of the counts", "[vae][analysis]") {
  const nn::Sprites sprites = nn::all_sprites({.positions = 2, .sizes = 3});
  const std::vector<double> entropy = vae::factor_entropy(sprites.factors).to_vector();
  for (std::size_t f = 0; f < 4; ++f) CHECK(entropy[f] == Approx(std::log(sprites.counts[f])));
}

TEST_CASE("mutual information gap: arguments that make no sense say so", "[vae][errors]") {
  using test::throws_with;
  const DTypeScope f64(DType::f64);
  const prob::Normal q = code(zeros({6, 2}), 1);
  CHECK(throws_with<ShapeError>([&] { vae::factor_information(q, zeros({5, 2})); }, "[5, K]"));
  CHECK(throws_with<ShapeError>([&] { vae::factor_entropy(zeros({5})); }, "[N, F]"));
  CHECK(throws_with<DomainError>(
      [&] {
        vae::mutual_information_gap(q, zeros({6, 1}));
      },
      "factor 0 never changes"));
  const prob::Normal one = code(zeros({6, 1}), 1);
  CHECK(
      throws_with<ConfigError>([&] { vae::mutual_information_gap(one, pairs()); }, "two latents"));
}
