#include "vae/bounds/vimco.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/iwae.hpp"
#include "vae/exact/binary_net.hpp"

using namespace tapestry;
using test::throws_with;
using vae::exact::BinaryNet;

TEST_CASE("vimco_signals: each draw against the geometric mean of the others", "[vae]") {
  const DTypeScope f64(DType::f64);
  const Tensor log_w =
      tensor(std::vector<double>{0, std::log(2), std::log(3), std::log(6)}, {4, 1});
  const std::vector<double> w{1, 2, 3, 6}, s = vae::vimco_signals(log_w).to_vector();
  for (std::size_t k = 0; k < 4; ++k) {
    const double others = std::cbrt(36 / w[k]);
    CHECK(s[k] == Approx(std::log(12.0) - std::log(12 - w[k] + others)).epsilon(1e-13));
  }
  CHECK(max(abs(vae::vimco_signals(full({3, 2}, -1000.0)))).item() < 1e-12);
  CHECK(vae::vimco_signals(zeros({3, 2, 5})).shape() == Shape{3, 2, 5});
  CHECK(throws_with<ConfigError>([] { vae::vimco_signals(zeros({1, 4})); }, "2 samples or more"));
  CHECK(throws_with<DomainError>(
      [] {
        vae::vimco_signals(tensor({-1.0, -INFINITY, -2.0}));
      },
      "log w[1] = -inf"));
}

TEST_CASE("vimco_bound: the mean gradient over all pairs of codes is that of L_2", "[vae]") {
  const DTypeScope f64(DType::f64);
  const BinaryNet net = BinaryNet::example();
  const Tensor x = BinaryNet::example_x();
  // All 16 pairs: h [2, 16, 2]. Each pair has parameters of its own; the exact gradient has one row for all.
  const Tensor s = net.states(), first = broadcast_to(reshape(s, {4, 1, 2}), {4, 4, 2}),
               second = broadcast_to(reshape(s, {1, 4, 2}), {4, 4, 2});
  const Tensor h = reshape(stack({first, second}, 0), {2, 16, 2});
  const auto gradient = [&](bool sampled) {
    const std::int64_t rows = sampled ? 16 : 1;
    Tape tape;
    const Tensor q = tape.watch(broadcast_to(tensor({0.3, 0.4}), {rows, 2}).clone());
    const Tensor prior = tape.watch(broadcast_to(net.prior_logits, {rows, 2}).clone());
    const Tensor log_q = prob::Bernoulli(q, 1).log_prob(h);
    const Tensor log_p = prob::Bernoulli(prior, 1).log_prob(h) + net.likelihood(h).log_prob(x);
    const Tensor chance = exp(sum(log_q, 0));
    tape.backward(sampled ? sum(chance.detach() * vae::vimco_bound(log_p, log_q))
                          : sum(chance * vae::iwae_bound(log_p - log_q)));
    return sum(concat({tape.grad(q), tape.grad(prior)}, 1), 0);
  };
  const Tensor exact = gradient(false);
  CHECK(max(abs(gradient(true) - exact)).item() < 1e-13);
  CHECK(exact.to_vector()[0] == Approx(0.20075473).epsilon(1e-7));  // enumerated elsewhere
  CHECK(exact.to_vector()[3] == Approx(0.21568755).epsilon(1e-7));
}

TEST_CASE("vimco_bound: its value is the bound of IWAE; shapes must agree", "[vae]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  const Tensor log_p = rng.normal({5, 4}), log_q = rng.normal({5, 4});
  CHECK(max(abs(vae::vimco_bound(log_p, log_q) - vae::iwae_bound(log_p - log_q))).item() < 1e-14);
  CHECK(throws_with<ShapeError>(
      [] {
        vae::vimco_bound(zeros({3, 2}), zeros({3, 1}));
      },
      "log q(z|x) has [3,1]"));
}
