#include "vae/bounds/dreg.hpp"

#include <cmath>

#include "autograd/tape.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/estimators.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using vae::exact::kLineX;

namespace {

// The bound of k draws on the line for q = N(mu, exp(log_sigma)^2) and slope w, with its three derivatives.
struct Slopes {
  double value, mu, log_sigma, w;
};
template <class Bound>
Slopes slopes(const Bound& bound) {
  Tape tape;
  const Tensor mu = tape.watch(tensor(0.4)), log_sigma = tape.watch(tensor(-0.2)),
               w = tape.watch(tensor(1.1));
  const vae::exact::Line line{w, tensor(0.7)};
  const prob::Normal q(reshape(mu, {1, 1}), exp(reshape(log_sigma, {1, 1})), 1);
  const Tensor L = sum(bound(full({1, 1}, kLineX), q, line.prior({1, 1}, 1),
                             [&](const Tensor& z) { return line.likelihood(z, 1); }));
  tape.backward(L);
  return {L.item(), tape.grad(mu).item(), tape.grad(log_sigma).item(), tape.grad(w).item()};
}

}  // namespace

TEST_CASE("dreg_bound: the value of IWAE, and the gradients of the paper by hand", "[vae]") {
  const DTypeScope f64(DType::f64);
  const int k = 4;
  const Slopes of = slopes([&](const Tensor& x, const auto& q, const auto& prior, auto&& decode) {
    Rng rng(3);
    return vae::dreg_bound(x, q, prior, decode, rng, k);
  });
  // z = mu + sigma e; d log w / dz = (x - w z) w / s^2 - z + e / sigma
  Rng rng(3);
  const double sigma = std::exp(-0.2), s2 = 0.49, w = 1.1;
  const std::vector<double> z =
      prob::Normal(full({1, 1}, 0.4), full({1, 1}, sigma), 1).rsample(rng, {k}).to_vector();
  std::vector<double> log_w;
  double total = 0;
  for (const double at : z) {
    const double e = (at - 0.4) / sigma;
    log_w.push_back(-0.5 * (kLineX - w * at) * (kLineX - w * at) / s2 - 0.5 * std::log(s2) -
                    0.5 * at * at + 0.5 * e * e + std::log(sigma) - 0.5 * std::log(2 * M_PI));
    total += std::exp(log_w.back());
  }
  Slopes known{std::log(total / k), 0, 0, 0};
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double share = std::exp(log_w[i]) / total, e = (z[i] - 0.4) / sigma;
    const double dz = (kLineX - w * z[i]) * w / s2 - z[i] + e / sigma;
    known.mu += share * share * dz;
    known.log_sigma += share * share * dz * sigma * e;
    known.w += share * (kLineX - w * z[i]) * z[i] / s2;
  }
  CHECK(of.value == Approx(known.value).epsilon(1e-12));
  CHECK(of.mu == Approx(known.mu).epsilon(1e-12));
  CHECK(of.log_sigma == Approx(known.log_sigma).epsilon(1e-12));
  CHECK(of.w == Approx(known.w).epsilon(1e-12));
}

TEST_CASE("dreg_bound: with one sample it is sticking the landing", "[vae]") {
  const DTypeScope f64(DType::f64);
  const Slopes one = slopes([](const Tensor& x, const auto& q, const auto& prior, auto&& decode) {
    Rng rng(5);
    return vae::dreg_bound(x, q, prior, decode, rng, 1);
  });
  const Slopes stl = slopes([](const Tensor& x, const auto& q, const auto& prior, auto&& decode) {
    Rng rng(5);
    return vae::sgvb_sticking_the_landing(x, q, prior, decode, rng).elbo();
  });
  CHECK(one.value == Approx(stl.value).epsilon(1e-12));
  CHECK(one.mu == Approx(stl.mu).epsilon(1e-12));
  CHECK(one.log_sigma == Approx(stl.log_sigma).epsilon(1e-12));
  CHECK(one.w == Approx(stl.w).epsilon(1e-12));
  CHECK(test::throws_with<ConfigError>(
      [] {
        slopes([](const Tensor& x, const auto& q, const auto& prior, auto&& decode) {
          Rng rng(1);
          return vae::dreg_bound(x, q, prior, decode, rng, 0);
        });
      },
      "not 0"));
}
