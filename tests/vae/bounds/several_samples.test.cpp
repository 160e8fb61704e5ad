#include <cmath>

#include "autograd/gradcheck/gradcheck.hpp"
#include "support/catch.hpp"
#include "support/line.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/estimators.hpp"
#include "vae/bounds/free_bits.hpp"
#include "vae/bounds/importance.hpp"
#include "vae/bounds/iwae.hpp"
#include "vae/bounds/log_weights.hpp"
#include "vae/bounds/miwae.hpp"
#include "vae/bounds/renyi.hpp"
#include "vae/bounds/thermodynamic.hpp"

using namespace tapestry;
using test::LineImages;
using test::throws_with;

namespace {
// log w of four samples for one image, in numbers that are easy to add.
Tensor four() {
  return tensor(std::vector<double>{0, std::log(2), std::log(3), std::log(6)}, {4, 1});
}
}  // namespace

TEST_CASE("renyi_bound: alpha 0 is IWAE, 1 the ELBO, 2 the formula, and it falls", "[vae]") {
  const DTypeScope f64(DType::f64);
  const Tensor w = four();
  CHECK(vae::renyi_bound(w, 0).item() == Approx(std::log(12.0 / 4)));
  CHECK(vae::renyi_bound(w, 0).item() == Approx(vae::iwae_bound(w).item()));
  CHECK(vae::renyi_bound(w, 1).item() == Approx(std::log(36.0) / 4));
  CHECK(vae::renyi_bound(w, 2).item() == Approx(-std::log((1 + 0.5 + 1.0 / 3 + 1.0 / 6) / 4)));
  double before = 1e9;
  for (const double alpha : {-20.0, -1.0, 0.0, 0.999, 1.0, 1.001, 2.0, 50.0}) {
    const double bound = vae::renyi_bound(w, alpha).item();
    CHECK(bound < before);
    before = bound;
  }
  CHECK(throws_with<ConfigError>([&] { vae::renyi_bound(w, std::nan("")); }, "must be finite"));
  CHECK(throws_with<ShapeError>([] { vae::renyi_bound(tensor(1.0), 0); }, "axis 0"));
}

TEST_CASE("renyi_bound: with infinitely many samples it is the closed form on the line",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const LineImages line(20000);
  Rng rng(3);
  const prob::Normal q = line.q(LineImages::kPosteriorMean, LineImages::kPosteriorScale);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z); };
  const Tensor w = vae::log_weights(line.x, q, line.prior, likelihood, rng, 3);
  for (const double alpha : {0.0, 0.5, 2.0})  // q = p(z|x): every weight is p(x)
    CHECK(mean(vae::renyi_bound(w, alpha)).item() == Approx(LineImages::kLogPx).epsilon(1e-9));
}

TEST_CASE("miwae_bound: groups of draws, by hand and at its two ends", "[vae]") {
  const DTypeScope f64(DType::f64);
  // Groups {1, 2} and {3, 6} of one image.
  const Tensor w = reshape(four(), {2, 2, 1});
  CHECK(vae::miwae_bound(w).item() == Approx((std::log(1.5) + std::log(4.5)) / 2).epsilon(1e-14));
  CHECK(vae::miwae_bound(reshape(w, {1, 4, 1})).item() == Approx(vae::iwae_bound(four()).item()));
  CHECK(vae::miwae_bound(reshape(w, {4, 1, 1})).item() == Approx(mean(four()).item()));
  CHECK(vae::miwae_bound(zeros({3, 5, 7})).shape() == Shape{7});
  CHECK(throws_with<ShapeError>([] { vae::miwae_bound(four()); }, "[groups, samples, images]"));
  CHECK(throws_with<ShapeError>([] { vae::miwae_bound(zeros({2, 0, 1})); }, "not [2,0,1]"));
}

TEST_CASE("ciwae_bound: between the ELBO and IWAE, in proportion", "[vae]") {
  const DTypeScope f64(DType::f64);
  const double elbo = std::log(36.0) / 4, iwae = std::log(3.0);
  CHECK(vae::ciwae_bound(four(), 0).item() == Approx(iwae));
  CHECK(vae::ciwae_bound(four(), 1).item() == Approx(elbo));
  CHECK(vae::ciwae_bound(four(), 0.25).item() == Approx(0.25 * elbo + 0.75 * iwae));
  for (const double beta : {-0.1, 1.1, std::nan("")})
    CHECK(throws_with<ConfigError>([&] { vae::ciwae_bound(four(), beta); }, "must be in [0, 1]"));
  CHECK(throws_with<ShapeError>([] { vae::ciwae_bound(tensor(1.0), 0.5); }, "axis 0"));
}

TEST_CASE("thermodynamic_bound: one beta is the ELBO, and more come closer to log p(x)", "[vae]") {
  const DTypeScope f64(DType::f64);
  const Tensor w = four();
  CHECK(vae::thermodynamic_bound(w, std::vector<double>{0}).item() == Approx(std::log(36.0) / 4));
  // Weights w^(1/2) / sum at beta = 1/2, by hand.
  double total = 0, average = 0;
  for (const double x : {1.0, 2.0, 3.0, 6.0}) {
    total += std::sqrt(x);
    average += std::sqrt(x) * std::log(x);
  }
  CHECK(vae::thermodynamic_bound(w, std::vector<double>{0, 0.5}).item() ==
        Approx(0.5 * std::log(36.0) / 4 + 0.5 * average / total));
  std::vector<double> betas;
  for (int i = 0; i < 1000; ++i) betas.push_back(i / 1000.0);
  // The integral of the weighted average over beta is the log of the mean weight.
  CHECK(vae::thermodynamic_bound(w, betas).item() == Approx(std::log(3.0)).margin(1e-3));
  CHECK(vae::thermodynamic_bound(w, betas).item() < std::log(3.0));
  for (const std::vector<double>& wrong : {std::vector<double>{}, {0.1}, {0, 0.5, 0.5}, {0, 1}})
    CHECK_THROWS_AS(vae::thermodynamic_bound(w, wrong), ConfigError);
}

TEST_CASE("free_bits: a latent below the floor costs the floor and has no gradient", "[vae]") {
  const DTypeScope f64(DType::f64);
  const Tensor kl = tensor(std::vector<double>{0.1, 2, 0.3, 4}, {2, 2});
  CHECK(vae::free_bits(kl, 0.5).item() == Approx(0.5 + 3));
  CHECK(vae::free_bits(kl, 0).item() == Approx(0.2 + 3));
  Parameter p("kl", kl);
  Tape tape;
  tape.backward(vae::free_bits(1.0 * p, 0.5));
  CHECK(p.grad().to_vector() == std::vector<double>{0, 0.5, 0, 0.5});
  CHECK_THROWS_AS(vae::free_bits(kl, -1), ConfigError);
  CHECK_THROWS_AS(vae::free_bits(zeros({3}), 1), ShapeError);
}

TEST_CASE("bounds of several samples pass the gradient check", "[vae]") {
  const DTypeScope f64(DType::f64);
  Parameter w("w", Rng(4).normal({5, 3}));
  const std::vector<Parameter*> all{&w};
  const std::vector<double> betas{0, 0.3, 0.8};
  CHECK(gradcheck([&] { return sum(vae::iwae_bound(1.0 * w)); }, all).ok);
  CHECK(gradcheck([&] { return sum(vae::ciwae_bound(1.0 * w, 0.3)); }, all).ok);
  CHECK(gradcheck([&] { return sum(vae::miwae_bound(reshape(w, {5, 3, 1}))); }, all).ok);
  CHECK(gradcheck([&] { return sum(vae::renyi_bound(1.0 * w, 0.5)); }, all).ok);
  CHECK(gradcheck([&] { return sum(vae::thermodynamic_bound(1.0 * w, betas)); }, all).ok);
}

namespace {
// A posterior that knows the density of its own samples alone, as a flow without an inverse does.
struct OneWay {
  static constexpr const char* kName = "OneWay";
  prob::Normal base;
  prob::SampledLatent rsample_and_log_prob(Rng& rng, const Shape& shape) const {
    const Tensor z = base.rsample(rng, shape);
    return {2.0 * z, base.log_prob(z) - std::log(2.0)};
  }
};
}  // namespace

TEST_CASE("log_weights and the generic estimator take a posterior without log_prob",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const LineImages line(50000);
  Rng rng(5);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z); };
  const OneWay q{line.q(LineImages::kPosteriorMean / 2, LineImages::kPosteriorScale / 2)};
  const Tensor w = vae::log_weights(line.x, q, line.prior, likelihood, rng, 2);
  CHECK(max(abs(w - LineImages::kLogPx)).item() < 1e-9);  // it is p(z|x)
  const vae::ElboTerms terms = vae::sgvb(line.x, q, line.prior, likelihood, rng);
  CHECK(max(abs(terms.elbo() - LineImages::kLogPx)).item() < 1e-9);
  for (const auto e : {vae::Estimator::sticking_the_landing, vae::Estimator::score_function})
    CHECK(throws_with<ConfigError>(
        [&] { vae::sgvb(line.x, q, line.prior, likelihood, rng, {.estimator = e}); },
        "density of its own samples alone"));
}

TEST_CASE("renyi_bound: next to alpha = 1 no digits are lost", "[vae]") {
  const Tensor w = tensor({-100.0, -101.0, -99.0});
  for (const double alpha : {0.9999, 0.999999, 1 - 1e-8, 1 + 1e-8, 1.0001})
    // m + (1 - alpha) variance / 2, the variance being 2/3
    CHECK(vae::renyi_bound(w, alpha).item() == Approx(-100 + (1 - alpha) / 3).epsilon(2e-7));
  const DTypeScope f64(DType::f64);
  const Tensor wide = tensor({-3.0, 0.5, 2.0, -1.0});
  for (const double alpha : {0.91, 0.89}) {  // on both sides of where the formula changes
    double sum = 0;
    for (const double v : wide.to_vector()) sum += std::exp((1 - alpha) * v);
    CHECK(vae::renyi_bound(wide, alpha).item() ==
          Approx(std::log(sum / 4) / (1 - alpha)).epsilon(1e-12));
  }
  CHECK(vae::renyi_bound(tensor({-INFINITY, -INFINITY, 0.0}), 0.5).item() ==
        Approx(-2 * std::log(3)));
}
