#include "vae/exact/chain_gap.hpp"

#include <array>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "prob/multivariate_normal.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using vae::exact::Chain;
using vae::exact::ChainGap;
using vae::exact::WindowPosterior;

namespace {

/// Three states and two outputs, with nothing symmetric in it.
Chain crooked() {
  return {.start_mean = zeros({3}),
          .start_cov = tensor({{1.0, 0.3, 0.0}, {0.3, 0.8, 0.1}, {0.0, 0.1, 0.6}}),
          .transition = tensor({{0.7, 0.4, 0.0}, {-0.3, 0.5, 0.2}, {0.1, 0.0, 0.6}}),
          .motion_cov = tensor({{0.3, 0.1, 0.0}, {0.1, 0.4, 0.05}, {0.0, 0.05, 0.2}}),
          .emission = tensor({{1.0, 0.5, 0.0}, {0.0, 0.7, -1.0}}),
          .noise_cov = tensor({{0.5, 0.1}, {0.1, 0.3}})};
}

/// log q(z|x) of draws of q, and the draws, step by step as the header says.
struct Drawn {
  Tensor z, log_q;
};
Drawn draw(const WindowPosterior& q, const Tensor& x, Rng& rng) {
  const std::int64_t n = x.dim(0), steps = x.dim(1), outputs = x.dim(2), width = q.gain.dim(1);
  const Tensor padded =
      concat({reshape(x, {n, steps * outputs}), zeros({n, width})}, 1);  // 0 after the end
  std::vector<Tensor> path;
  Tensor log_q = zeros({n});
  for (std::int64_t t = 0; t < steps; ++t) {
    const Tensor window = slice(padded, 1, t * outputs, t * outputs + width);
    Tensor mean = matmul(window, t == 0 ? q.start_gain : q.gain, {.transpose_right = true});
    if (t > 0) mean = mean + matmul(path.back(), q.carry, {.transpose_right = true});
    const Tensor root = t == 0 ? q.start_root : q.root;
    const auto step = prob::MultivariateNormal::from_covariance(
        mean, matmul(root, root, {.transpose_right = true}));
    path.push_back(step.sample(rng));
    log_q = log_q + step.log_prob(path.back());
  }
  return {stack(path, 1), log_q};
}

}  // namespace

TEST_CASE("chain gap: reference values of F7, 20 steps", "[vae][exact]") {
  // By dense matrices of all 40 numbers: shared with no code here.
  const DTypeScope f64(DType::f64);
  const Chain chain = Chain::example();
  const ChainGap gap(chain, 20);
  const auto close = [](double a_step) { return Approx(a_step).epsilon(0).margin(5e-7); };
  CHECK(gap.entropy().item() / 20 == close(0.965644));
  CHECK(gap.of_independent().item() / 20 == close(0.441743));
  CHECK(gap.of_filter().item() / 20 == close(0.371116));
  const std::array a_step{0.678870, 0.280936, 0.133574, 0.044758, 0.026964};
  const std::array<std::int64_t, 5> windows{1, 2, 3, 5, 8};
  for (std::size_t i = 0; i < windows.size(); ++i) {
    INFO("window " << windows[i]);
    CHECK(gap.of(WindowPosterior::of(chain, windows[i])).item() / 20 == close(a_step[i]));
  }
}

TEST_CASE("chain gap: log p(x) - ELBO of draws has this mean", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const Chain chain = crooked();
  Rng rng(3);
  const Tensor x = chain.sample(rng, 20000, 4).x;
  WindowPosterior q = WindowPosterior::of(chain, 2);
  q.carry = q.carry + 0.1;
  q.gain = q.gain - 0.05;
  const auto [z, log_q] = draw(q, x, rng);
  const auto missed = prob::estimate(chain.log_px(x) - chain.log_joint(x, z) + log_q);
  const double exact = ChainGap(chain, 4).of(q).item();
  CHECK(std::abs(missed.mean.item() - exact) < 4 * missed.standard_error.item());
  CHECK(missed.standard_error.item() < 0.02 * exact);
}

TEST_CASE("chain gap: a filter that misses nothing, and one step", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  // One step has no future: the exact posterior given x_1 is a filter and a window.
  const ChainGap one(crooked(), 1);
  CHECK(one.of_filter().item() == Approx(0).margin(1e-12));
  CHECK(one.of(WindowPosterior::of(crooked(), 1)).item() == Approx(0).margin(1e-12));
  // Two steps: a window of two that sees all of x is exact for the first, and one of one for the second.
  const Chain chain = crooked();
  WindowPosterior both = WindowPosterior::of(chain, 2);
  const WindowPosterior last = WindowPosterior::of(chain, 1);
  both.carry = last.carry;
  both.gain = concat({last.gain, zeros({3, 2})}, 1);
  both.root = last.root;
  CHECK(ChainGap(chain, 2).of(both).item() == Approx(0).margin(1e-12));
}

TEST_CASE("chain gap: gradients", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const WindowPosterior q = WindowPosterior::of(crooked(), 2);
  const ChainGap gap(crooked(), 3);
  const std::array inputs{q.carry, q.gain, q.root, q.start_gain, q.start_root};
  test::expect_grad([&](auto in) { return gap.of({in[0], in[1], in[2], in[3], in[4]}); }, inputs);
}

TEST_CASE("chain gap: no steps, no window", "[vae][exact]") {
  const Chain chain = Chain::example();
  CHECK(test::throws_with<ConfigError>([&] { ChainGap(chain, 0); }, "1 step"));
  CHECK(test::throws_with<ConfigError>([&] { WindowPosterior::of(chain, 0); }, "1 step"));
}
