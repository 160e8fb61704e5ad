// multimodal_posterior: one observation can have several explanations; the posterior keeps all
// C27, UDL figure 17.7
//
//     p(z|x*) = p(x*|z) p(z) / p(x*)
//
// The decoder's curve passes close to x* = (0.9, -0.9) three times. Each passage is a value of z
// that may have made x*; the prior decides between them. No normal density has this shape: it is
// what a VAE with one normal q(z|x) has to get wrong.
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Curve;

namespace {

// --- model

/// p(z|x) at the points of the grid, by Bayes' rule.
Tensor posterior(const Curve& curve, const Tensor& x) {
  const Tensor& z = curve.grid.points;
  const Tensor log_joint = curve.likelihood(z).log_prob(x) + curve.prior(z.shape()).log_prob(z);
  return exp(log_joint - curve.grid.log_integral(log_joint));
}

/// The number of the cells that are higher than both neighbours, and not negligible.
std::vector<std::size_t> peaks(const std::vector<double>& density) {
  std::vector<std::size_t> found;
  for (std::size_t i = 1; i + 1 < density.size(); ++i) {
    const bool top = density[i] > density[i - 1] && density[i] > density[i + 1];
    if (top && density[i] > 0.01) found.push_back(i);
  }
  return found;
}

/// Bayes' rule, tried out: keep a draw z from the prior as often as its likelihood (over the highest
/// one there is) says; 100 where it is not kept. What is kept comes from the posterior.
Tensor rejection(const Curve& curve, const Tensor& x, double sigma, Rng& rng, std::int64_t n) {
  const Tensor draws = rng.normal({n});
  const Tensor far = sum(square((x - curve.decode(draws)) / sigma), -1);
  return where(less(log(rng.uniform({n})), -0.5 * far), draws, 100.0);
}

// --- wrong versions

Tensor scaled_likelihood(const Curve& curve, const Tensor& x) {
  const Tensor log_likelihood = curve.likelihood(curve.grid.points).log_prob(x);
  return exp(log_likelihood - curve.grid.log_integral(log_likelihood));
}

// --- claims

/// Returns the mean of the posterior.
double claims_of_peaks(Concept& c, const Curve& curve, const Tensor& density) {
  const double step = curve.grid.step();
  c.identity("integral of the posterior", (sum(density) * step).item(), 1);
  const std::vector<double> p = density.to_vector();
  const std::vector<std::size_t> at = peaks(p);
  c.at_least("number of peaks", static_cast<double>(at.size()), 2);
  // The mean of the posterior explains nothing: it lies between the peaks.
  const double mean = (sum(density * curve.grid.points) * step).item();
  const auto cell = static_cast<std::size_t>((mean - curve.grid.low) / step);
  const double lower_peak = std::min(p[at.front()], p[at.back()]);
  c.at_most("posterior at its mean / at the lower peak", p[cell] / lower_peak, 0.3);
  return mean;
}

void claims_of_rejection(Concept& c, const Curve& curve, const Tensor& x, const Tensor& density,
                         double mean, double sigma) {
  Rng rng = c.rng("prior");
  const std::int64_t n = c.choose<std::int64_t>(400000, 100000);
  const Tensor kept = rejection(curve, x, sigma, rng, n);
  std::vector<double> right_of_mean;
  for (const double value : kept.to_vector()) {
    if (value < 100) right_of_mean.push_back(value > mean ? 1 : 0);
  }
  const Tensor share = where(greater(curve.grid.points, mean), density, 0.0);
  c.monte_carlo("share of the right peak, by rejection",
                prob::estimate(tensor(right_of_mean, {std::ssize(right_of_mean)})),
                (sum(share) * curve.grid.step()).item(), 0.02);
  c.monte_carlo("share kept = p(x*) 2 pi sigma^2",
                prob::estimate(where(less(kept, 100.0), full({}, 1.0), 0.0)),
                exp(curve.log_px(x)).item() * 2 * std::numbers::pi * square(curve.sigma).item(),
                0.002);
}

// --- picture

std::vector<Plot> picture(const Curve& curve, const Tensor& density) {
  const Tensor f = curve.decode(linspace(-3, 3, 400)), z = curve.grid.points;
  const std::vector<double> p = density.to_vector(), zs = z.to_vector();
  std::vector<double> peak_z, peak_p;
  for (const std::size_t i : peaks(p)) peak_z.push_back(zs[i]), peak_p.push_back(p[i]);
  const Tensor f_peaks = curve.decode(tensor(peak_z, {std::ssize(peak_z)}));
  const auto axis = [](const Tensor& t, int i) { return slice(t, 1, i, i + 1).to_vector(); };
  return {Plot("the curve passes x* three times", "x1", "x2")
              .line("f(z)", axis(f, 0), axis(f, 1))
              .points("x*", {0.9}, {-0.9})
              .points("f at the peaks", axis(f_peaks, 0), axis(f_peaks, 1))
              .y_range(-1.2, 2)
              .key("top right"),
          Plot("so its posterior has three peaks", "z", "density")
              .line("posterior p(z|x*)", zs, p)
              .line("prior p(z)", zs, exp(curve.prior(z.shape()).log_prob(z)).to_vector())
              .points("peaks", peak_z, peak_p)
              .x_range(-3, 3)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const Curve curve = Curve::example();
  const auto posterior_of = c.broken("likelihood_only") ? scaled_likelihood : posterior;
  const double sigma = (c.broken("variance_as_sigma") ? square(curve.sigma) : curve.sigma).item();
  const Tensor x = tensor({0.9, -0.9}), density = posterior_of(curve, x);
  const double mean = claims_of_peaks(c, curve, density);
  claims_of_rejection(c, curve, x, density, mean, sigma);
  c.draw(picture(curve, density));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C27",
       .title = "A posterior over the latent with more than one peak",
       .source = "UDL figure 17.7; model F3",
       .mutants = {{"likelihood_only", "the likelihood, scaled to one, is taken for the posterior"},
                   {"variance_as_sigma", "sigma^2 where sigma belongs"}}},
      program);
}
