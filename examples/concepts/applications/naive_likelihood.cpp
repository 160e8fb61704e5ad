// naive_likelihood: the likelihood averaged over prior samples gets exponentially noisier with K
// C66, UDL equations 17.26 and 17.27
//
//     p(x) = E_z[p(x | z)]  ~  1/N sum_n p(x | z_n),      z_n ~ N(0, I_K)
//
// The estimate has no bias, and that is its only virtue. On PPCA the relative variance of one term is
//
//     E[p(x|z)^2] / p(x)^2 - 1,    p(x|z)^2 = N(x; W z + m, sigma^2 I / 2) (4 pi sigma^2)^(-D/2)
//
// a second Gaussian integral, so the noise is known exactly. Each latent that x pins down multiplies
// it by about the same factor: the curse of dimension. When x has fewer numbers than z, it stops.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Ppca;

namespace {

/// log E_z[p(x|z)^2]: the evidence of the model with half the variance, times the constant above.
Tensor log_second_moment(const Concept& c, const Ppca& model, const Tensor& x) {
  const Ppca half{
      .weight = model.weight, .mean = model.mean, .sigma = model.sigma * std::sqrt(0.5)};
  const Tensor variance = 4 * std::numbers::pi * square(model.sigma);
  const Tensor scale = -0.5 * static_cast<double>(model.outputs()) * log(variance);
  return half.log_px(x) + (c.broken("constant_forgotten") ? 0.0 * scale : scale);
}

/// log of the relative variance of one term, the mean over 8 models and 64 x of each.
double log_variance(const Concept& c, std::int64_t outputs, std::int64_t latents) {
  Rng rng = c.rng(fmt::format("D = {}, K = {}", outputs, latents));
  double total = 0;
  for (int repeat = 0; repeat < 8; ++repeat) {
    const Ppca model = Ppca::random(outputs, latents, 1.0, rng);
    const Tensor x = model.sample(rng, 64).x;
    const Tensor log_ratio = log_second_moment(c, model, x) - 2.0 * model.log_px(x);
    total += mean(log_ratio + log(-expm1(-log_ratio))).item();  // log(e^r - 1)
  }
  return total / 8;
}

/// log of the estimate with n samples, minus log p(x): the mean over 64 x.
double error(const Concept& c, std::int64_t latents, std::int64_t n) {
  Rng rng = c.rng(fmt::format("error, K = {}", latents));
  const Ppca model = Ppca::random(40, latents, 1.0, rng);
  const Tensor x = model.sample(rng, 64).x, z = model.prior({1}).sample(rng, {n});
  return mean(prob::log_mean_exp(model.likelihood(z).log_prob(x)) - model.log_px(x)).item();
}

struct Fit {
  double slope, r2;
};
/// The straight line of least squares.
Fit fit(const std::vector<double>& x, const std::vector<double>& y) {
  const Tensor dx = tensor(x, {std::ssize(x)}) - mean(tensor(x, {std::ssize(x)}));
  const Tensor dy = tensor(y, {std::ssize(y)}) - mean(tensor(y, {std::ssize(y)}));
  const double xx = sum(dx * dx).item(), xy = sum(dx * dy).item(), yy = sum(dy * dy).item();
  return {xy / xx, xy * xy / (xx * yy)};
}

void program(Concept& c) {
  // The formula against samples, where there are few enough latents for samples to see it.
  Rng rng = c.rng("small");
  const Ppca small{
      .weight = reshape(tensor({0.5, 0.3}), {2, 1}), .mean = zeros({2}), .sigma = tensor(1.0)};
  const Tensor x = tensor({0.7, -0.2});
  const Tensor z = small.prior().sample(rng, {c.choose(2000000, 200000)});
  const Tensor likelihood = exp(small.likelihood(z).log_prob(x));
  c.monte_carlo("E p(x|z) = p(x), K = 1", prob::estimate(likelihood), exp(small.log_px(x)).item(),
                1e-3);
  c.monte_carlo("E p(x|z)^2, K = 1", prob::estimate(square(likelihood)),
                exp(log_second_moment(c, small, x)).item(), 1e-3);

  std::vector<double> latents, wide, narrow, errors;
  for (std::int64_t k = 1; k <= 20; ++k) {
    latents.push_back(static_cast<double>(k));
    wide.push_back(log_variance(c, 40, k));
    narrow.push_back(log_variance(c, 10, k));
    errors.push_back(error(c, k, c.choose(1000, 100)));
  }
  const Fit line = fit(latents, wide);
  c.within("D = 40: log variance, slope a latent", line.slope, 1, 4);
  c.at_least("D = 40: r^2 of a straight line", line.r2, 0.95);
  // Ten numbers cannot pin down more than ten latents.
  const auto half = [](const std::vector<double>& v, std::ptrdiff_t from) {
    return std::vector<double>(v.begin() + from, v.begin() + from + 10);
  };
  const double early = fit(half(latents, 0), half(narrow, 0)).slope;
  const double late = fit(half(latents, 10), half(narrow, 10)).slope;
  c.at_most("D = 10: slope of K = 11..20 / slope of K = 1..10", late / early, 0.6);
  c.at_most("D = 40, K = 20: mean error of log p(x), nats", errors.back(), -10);

  c.draw({Plot("noise of one prior sample", "latents K", "relative variance")
              .line("D = 40", latents, support::each(wide, [](double v) { return std::exp(v); }))
              .line("D = 10", latents, support::each(narrow, [](double v) { return std::exp(v); }))
              .log_y()
              .key("top left"),
          Plot("log of the mean of 1000 prior samples, D = 40", "latents K", "error, nats")
              .points("", latents, errors)
              .y_range(std::floor(errors.back() / 10) * 10 - 10, 5)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C66",
                         .title = "The likelihood as an average over samples of the prior",
                         .source = "UDL equations 17.26, 17.27; model F2",
                         .mutants = {{"constant_forgotten",
                                      "the square of a normal density is not a normal density"}}},
                        program);
}
