#include "vae/exact/binary_net.hpp"

#include <array>
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"
#include "vae/exact/table.hpp"

using namespace tapestry;
using vae::exact::BinaryNet;

namespace {

BinaryNet small_net(std::int64_t latents = 3, std::int64_t outputs = 4) {
  Rng rng(11);
  return BinaryNet::random(latents, outputs, rng);
}

double sigma(double logit) { return 1 / (1 + std::exp(-logit)); }

/// p(x, z) by the definition, one coin after the other.
double joint(const BinaryNet& net, const std::vector<int>& x, const std::vector<int>& z) {
  double p = 1;
  for (int k = 0; k < static_cast<int>(z.size()); ++k) {
    const double one = sigma(net.prior_logits.at({k}));
    p *= z[static_cast<std::size_t>(k)] ? one : 1 - one;
  }
  for (int d = 0; d < static_cast<int>(x.size()); ++d) {
    double logit = net.bias.at({d});
    for (int k = 0; k < static_cast<int>(z.size()); ++k)
      logit += net.weight.at({d, k}) * z[static_cast<std::size_t>(k)];
    p *= x[static_cast<std::size_t>(d)] ? sigma(logit) : 1 - sigma(logit);
  }
  return p;
}

}  // namespace

TEST_CASE("binary net: the joint of every state is the product of its coins", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const BinaryNet net = small_net();
  const std::vector<int> x{1, 0, 0, 1};
  const Tensor table = net.log_joint(tensor({1, 0, 0, 1}));
  REQUIRE(table.shape() == Shape{8});
  double evidence = 0, second_is_one = 0;
  for (int s = 0; s < 8; ++s) {
    const double p = joint(net, x, {s & 1, s >> 1 & 1, s >> 2 & 1});
    CHECK(std::exp(table.at({s})) == Approx(p).epsilon(1e-13));
    evidence += p;
    if (s >> 1 & 1) second_is_one += p;
  }
  CHECK(net.log_px(tensor({1, 0, 0, 1})).item() == Approx(std::log(evidence)).epsilon(1e-13));
  CHECK(net.posterior_probs(tensor({1, 0, 0, 1})).at({1}) ==
        Approx(second_is_one / evidence).epsilon(1e-13));
}

TEST_CASE("binary net: p(x) sums to one over all images", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const BinaryNet net = small_net(5, 6);
  const Tensor images = small_net(6, 1).states();  // all x of 6 coins
  CHECK(sum(exp(net.log_px(images))).item() == Approx(1).epsilon(1e-13));
}

TEST_CASE("binary net: log p(x) is the bound plus the gap for 100 factorised and free q",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const BinaryNet net = small_net();
  const Tensor x = tensor({1, 1, 0, 1});
  Rng rng(1);
  const Tensor factorised = net.factorised(2.0 * rng.normal({100, 3}));
  const Tensor free = log_softmax(2.0 * rng.normal({100, 8}));
  CHECK(max(abs(sum(exp(factorised), -1) - 1.0)).item() < 1e-13);
  for (const Tensor& log_q : {factorised, free}) {
    const Tensor bound = net.elbo(x, log_q), gap = net.gap(x, log_q);
    CHECK(bound.shape() == Shape{100});
    CHECK(max(abs(bound + gap - net.log_px(x))).item() < 1e-12);
    CHECK(-max(-gap).item() > 0);
  }
  CHECK(net.elbo(x, net.log_posterior(x)).item() == Approx(net.log_px(x).item()).epsilon(1e-13));
}

TEST_CASE("binary net: a q of one state at a time is the joint of that state", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const BinaryNet net = small_net();
  const Tensor x = tensor({0, 1, 1, 1});
  // Logits of +-40: all mass in state 5 = (1, 0, 1), whose log q is -3e-18.
  const Tensor log_q = net.factorised(tensor({40, -40, 40}));
  CHECK(net.elbo(x, log_q).item() == Approx(net.log_joint(x).at({5})).epsilon(1e-12));
  CHECK(net.log_joint_at(x, tensor({1, 0, 1})).item() ==
        Approx(net.log_joint(x).at({5})).epsilon(1e-14));
}

TEST_CASE("binary net: log p(x) and the bound have gradients in weights and q", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const BinaryNet net = small_net();
  const std::array inputs{net.prior_logits, net.weight, net.bias, tensor({0.3, -0.8, 1.2})};
  test::expect_grad(
      [](auto in) {
        const BinaryNet of{in[0], in[1], in[2]};
        const Tensor x = tensor({{1, 0, 0, 1}, {0, 1, 1, 0}});
        return of.log_px(x) + of.elbo(x, of.factorised(in[3]));
      },
      inputs);
}

TEST_CASE("binary net: the example has the numbers that are printed of it", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const BinaryNet net = BinaryNet::example();
  const Tensor x = BinaryNet::example_x();
  CHECK(net.log_px(x).item() == Approx(-1.8233212010).margin(5e-11));
  // states (0, 0), (1, 0), (0, 1), (1, 1)
  const Tensor posterior = exp(net.log_posterior(x));
  const std::array known{0.05737203, 0.74678405, 0.08388463, 0.11195929};
  for (int s = 0; s < 4; ++s) {
    CAPTURE(s);
    CHECK(posterior.at({s}) == Approx(known[static_cast<std::size_t>(s)]).margin(5e-9));
  }

  // the best factorised q, on a grid of logits: never above the known best, and within 1e-4 of it
  const Tensor axis = linspace(-4, 4, 161);
  const Tensor first = broadcast_to(reshape(axis, {161, 1}), {161, 161});
  const Tensor second = broadcast_to(reshape(axis, {1, 161}), {161, 161});
  const Tensor logits = concat({reshape(first, {-1, 1}), reshape(second, {-1, 1})}, 1);
  const double best = max(net.elbo(x, net.factorised(logits))).item();
  CHECK(best <= -1.8743392961);
  CHECK(best > -1.8743392961 - 1e-4);
}

TEST_CASE("binary net: samples have the exact frequencies", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const BinaryNet net = small_net(3, 2);
  Rng rng(2);
  const auto [z, x] = net.sample(rng, 100000);
  REQUIRE(z.shape() == Shape{100000, 3});
  REQUIRE(x.shape() == Shape{100000, 2});
  const Tensor all = tensor({{0, 0}, {1, 0}, {0, 1}, {1, 1}});
  const Tensor p = exp(net.log_px(all));
  for (int s = 0; s < 4; ++s) {
    const Tensor match = 1.0 - max(abs(x - slice(all, 0, s, s + 1)), -1);
    const auto share = prob::estimate(match);
    CHECK(std::fabs(share.mean.item() - p.at({s})) < 4.5 * share.standard_error.item());
  }
  // and the latents go with their images
  const auto bayes = prob::estimate(slice(z - net.posterior_probs(x), -1, 0, 1));
  CHECK(std::fabs(bayes.mean.item()) < 4.5 * bayes.standard_error.item());
}

TEST_CASE("binary net: sizes that cannot be enumerated are refused", "[vae][exact]") {
  Rng rng(1);
  CHECK(test::throws_with<ConfigError>([&] { BinaryNet::random(17, 3, rng); }, "1 to 16 latents"));
  CHECK(test::throws_with<ConfigError>([&] { BinaryNet::random(2, 0, rng); }, "output"));
  const BinaryNet large{zeros({40}), zeros({3, 40}), zeros({3})};
  CHECK(test::throws_with<ConfigError>([&] { large.log_px(ones({3})); }, "not 40"));
}

TEST_CASE("binary net: as many posteriors as states are no other case", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const BinaryNet net = BinaryNet::example();
  Rng rng(4);
  const Tensor logits = rng.normal({5, 2});
  const Tensor five = net.factorised(logits), four = net.factorised(slice(logits, 0, 0, 4));
  CHECK(four.shape() == Shape{4, 4});
  CHECK(max(abs(four - slice(five, 0, 0, 4))).item() == 0);
}
