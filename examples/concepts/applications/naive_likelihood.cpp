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
#include <utility>

#include "autograd/ops.hpp"
#include "concepts/applications/naive_likelihood.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor without_constant(const Ppca& model, const Tensor& x) {
  const Ppca half{
      .weight = model.weight, .mean = model.mean, .sigma = model.sigma * std::sqrt(0.5)};
  return half.log_px(x);
}

Tensor narrow_draws(const prob::StandardNormal& prior, std::int64_t n, Rng& rng) {
  return 0.5 * prior.sample(rng, {n});
}

// --- claims

/// The formula against samples, where there are few enough latents for samples to see it.
void claims_of_moments(Concept& c, const Method& by) {
  Rng rng = c.rng("small");
  const Ppca small{
      .weight = reshape(tensor({0.5, 0.3}), {2, 1}), .mean = zeros({2}), .sigma = tensor(1.0)};
  const Tensor x = tensor({0.7, -0.2});
  const Tensor z = by.draw(small.prior(), c.choose(2000000, 200000), rng);
  const Tensor likelihood = exp(small.likelihood(z).log_prob(x));
  c.monte_carlo("E p(x|z) = p(x), K = 1", prob::estimate(likelihood), exp(small.log_px(x)).item(),
                1e-3);
  c.monte_carlo("E p(x|z)^2, K = 1", prob::estimate(square(likelihood)),
                exp(by.second_moment(small, x)).item(), 1e-3);
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

/// By the number of latents: log variances for D = 40 and D = 10, and errors of log p(x).
struct Curves {
  std::vector<double> latents, wide, narrow, errors;
};

Curves claims_of_dimension(Concept& c, const Method& by) {
  Curves of;
  for (std::int64_t k = 1; k <= 20; ++k) {
    const auto rng = [&](int outputs) { return c.rng(fmt::format("D = {}, K = {}", outputs, k)); };
    of.latents.push_back(static_cast<double>(k));
    of.wide.push_back(log_variance(by, by.wide, k, rng(40)));
    of.narrow.push_back(log_variance(by, by.narrow, k, rng(10)));
    of.errors.push_back(error(by, k, c.choose(1000, 100), c.rng(fmt::format("error, K = {}", k))));
  }
  const Fit line = fit(of.latents, of.wide);
  c.within("D = 40: log variance, slope a latent", line.slope, 1.74, 2.0);
  c.at_least("D = 40: r^2 of a straight line", line.r2, 0.99);
  // Ten numbers cannot pin down more than ten latents.
  const auto half = [](const std::vector<double>& v, std::ptrdiff_t from) {
    return std::vector<double>(v.begin() + from, v.begin() + from + 10);
  };
  const double early = fit(half(of.latents, 0), half(of.narrow, 0)).slope;
  const double late = fit(half(of.latents, 10), half(of.narrow, 10)).slope;
  c.within("D = 10: slope of K = 11..20 / slope of K = 1..10", late / early, 0.37, 0.51);
  c.within("D = 40, K = 20: mean error of log p(x), nats", of.errors.back(), -300, -100);
  return of;
}

// --- picture

std::vector<Plot> picture(const Curves& of) {
  const auto exponentials = [](const std::vector<double>& v) {
    return support::each(v, [](double x) { return std::exp(x); });
  };
  return {Plot("noise of one prior sample", "latents K", "relative variance")
              .line("D = 40", of.latents, exponentials(of.wide))
              .line("D = 10", of.latents, exponentials(of.narrow))
              .log_y()
              .key("top left"),
          Plot("log of the mean of 1000 prior samples, D = 40", "latents K", "error, nats")
              .points("", of.latents, of.errors)
              .y_range(std::floor(of.errors.back() / 10) * 10 - 10, 5)};
}

// --- program

void program(Concept& c) {
  Method by;
  if (c.broken("constant_forgotten")) by.second_moment = without_constant;
  if (c.broken("narrow_draws")) by.draw = narrow_draws;
  if (c.broken("sizes_exchanged")) std::swap(by.wide, by.narrow);
  claims_of_moments(c, by);
  c.draw(picture(claims_of_dimension(c, by)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C66",
       .title = "The likelihood as an average over samples of the prior",
       .source = "UDL equations 17.26, 17.27; model F2",
       .mutants = {{"constant_forgotten", "the square of a normal density is not a normal density"},
                   {"narrow_draws", "draws of N(0, 1/4), not of the prior"},
                   {"sizes_exchanged", "D = 10 for D = 40, and the reverse"}}},
      program);
}
