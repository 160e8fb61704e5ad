// Restricted Boltzmann machines against sums over all states.

#include "prob/rbm.hpp"

#include "autograd/autograd.hpp"
#include "prob/all_bits.hpp"
#include "prob/kl.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

Rbm example() {
  Rng rng(3);
  return {rng.normal({3}), rng.normal({4}), 1.5 * rng.normal({3, 4})};
}

/// p of all 2^7 states, by their energies alone.
Tensor table(const Rbm& p) { return softmax(-p.energy(all_bits(7))); }

}  // namespace

TEST_CASE("rbm: the energy is that of the formula", "[prob]") {
  const DTypeScope f64(DType::f64);
  const Rbm p = example();
  for (const int s : {0, 1, 37, 90, 127}) {
    double energy = 0;
    const auto bit = [&](std::int64_t k) { return s >> k & 1; };
    for (std::int64_t i = 0; i < 3; ++i) {
      energy -= bit(i) * p.left.at({i});
      for (std::int64_t j = 0; j < 4; ++j) energy -= bit(i) * bit(3 + j) * p.weight.at({i, j});
    }
    for (std::int64_t j = 0; j < 4; ++j) energy -= bit(3 + j) * p.right.at({j});
    CHECK(p.energy(all_bits(7)).at({s}) == Approx(energy).margin(1e-12));
  }
}

TEST_CASE("rbm: log Z, free energy and moments are those of the table", "[prob]") {
  const DTypeScope f64(DType::f64);
  const Rbm p = example();
  const Tensor all = all_bits(7), prob = reshape(table(p), {-1, 1});
  CHECK(p.log_z().item() == Approx(logsumexp(-p.energy(all)).item()));
  CHECK(sum(exp(p.log_prob(all))).item() == Approx(1));
  CHECK(test::difference(p.mean(), sum(prob * all, 0), 1e-12) == "");
  const Tensor z_1 = tensor({1.0, 0.0, 1.0});  // its states are 5 + 8 s
  std::vector<Tensor> with_z_1;
  for (std::int64_t s = 0; s < 16; ++s) with_z_1.push_back(slice(all, 0, 5 + 8 * s, 6 + 8 * s));
  CHECK(p.free_energy(z_1).item() == Approx(-logsumexp(-p.energy(concat(with_z_1, 0))).item()));
}

TEST_CASE("rbm: the gradient of log Z is the moments", "[prob]") {
  const DTypeScope f64(DType::f64);
  const Rbm p = example();
  Tape tape;
  const Tensor a = tape.watch(p.left.clone()), b = tape.watch(p.right.clone()),
               W = tape.watch(p.weight.clone());
  tape.backward(Rbm(a, b, W).log_z());
  const Tensor all = all_bits(7), z_1 = slice(all, 1, 0, 3), z_2 = slice(all, 1, 3, 7);
  const Tensor prob = reshape(table(p), {-1, 1});
  CHECK(test::difference(tape.grad(a), sum(prob * z_1, 0), 1e-10) == "");
  CHECK(test::difference(tape.grad(b), sum(prob * z_2, 0), 1e-10) == "");
  CHECK(test::difference(tape.grad(W), matmul(prob * z_1, z_2, {.transpose_left = true}), 1e-10) ==
        "");
}

TEST_CASE("rbm: a Gibbs sweep leaves the distribution as it is and forgets where it began",
          "[prob][statistical]") {
  const DTypeScope f64(DType::f64);
  const Rbm p = example();
  Rng rng(4);
  for (const bool from_zero : {false, true}) {
    const Tensor start = from_zero ? zeros({20000, 7}) : p.sample(rng, {20000});
    const Tensor z = p.gibbs(start, rng, from_zero ? 200 : 1);
    const auto pairs = [](const Tensor& bits) {  // z_i z_j of all pairs
      return reshape(reshape(bits, {-1, 7, 1}) * reshape(bits, {-1, 1, 7}), {-1, 49});
    };
    const Estimate e = estimate(pairs(z));
    const Tensor exact = sum(reshape(table(p), {-1, 1}) * pairs(all_bits(7)), 0);
    CHECK(max(abs(e.mean - exact) / e.standard_error).item() < 5);  // of 49
  }
}

TEST_CASE("rbm: the KL of independent bits is that of the table", "[prob][kl]") {
  const DTypeScope f64(DType::f64);
  const Rbm p = example();
  const Bernoulli q(Rng(5).normal({2, 7}), 1);
  const Tensor all = reshape(all_bits(7), {128, 1, 7});
  const Tensor log_q = q.log_prob(all), log_p = reshape(p.log_prob(all), {128, 1});
  CHECK(test::difference(kl(q, p), sum(exp(log_q) * (log_q - log_p), 0), 1e-10) == "");
  const auto of = [&](std::span<const Tensor> t) {
    return kl(Bernoulli(t[0], 1), Rbm(t[1], t[2], t[3]));
  };
  const GradReport report = gradcheck(of, std::vector{q.logits, p.left, p.right, p.weight});
  INFO(report.text);
  CHECK(report.ok);
}

TEST_CASE("rbm: sizes that do not fit are refused", "[prob]") {
  CHECK(test::throws_with<ShapeError>(
      [] {
        Rbm(zeros({3}), zeros({4}), zeros({4, 3}));
      },
      "not [3], [4] and [4,3]"));
  CHECK(test::throws_with<ConfigError>(
      [] {
        Rbm(zeros({17}), zeros({1}), zeros({17, 1})).log_z();
      },
      "17 bits"));
}
