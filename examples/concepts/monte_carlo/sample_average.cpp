// sample_average: an average of L samples in place of an expectation; its variance falls as 1/L
// C19, UDL equation 17.22; AEVB notes S1 and VAE notes S2, Monte Carlo estimates
//
//     E[f(y)]  ~  1/L sum_l f(y_l),    y_l ~ p(y),    variance of the average = Var f(y) / L
//
// The average is right on average for every L, L = 1 included: this is why a VAE may take a single
// z for each image. Here f = exp(-(y - 1)^4) and y ~ N(0, 1).
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr double kMean = 0.4315874422, kVariance = 0.1793948436;

Tensor f(const Tensor& y) { return exp(-square(square(y - 1.0))); }

double variance(const Tensor& x) { return mean(square(x - mean(x))).item(); }

void program(Concept& c) {
  const prob::StandardNormal p({});

  // The integral, on a grid: f is gone beyond 1 +- 3.
  const vae::exact::Grid grid(-8, 8, 4000);
  const Tensor& y = grid.points;
  const Tensor weight = exp(p.log_prob(y)) * grid.step();
  const double exact = sum(weight * f(y)).item();
  c.exact("E f, by quadrature", exact, kMean, 1e-9);
  c.exact("Var f, by quadrature", sum(weight * square(f(y) - exact)).item(), kVariance, 1e-9);

  Rng rng = c.rng("y");
  const Tensor many = f(p.sample(rng, {c.choose(1000000, 100000)}));
  c.monte_carlo("E f, by an average", prob::estimate(many), kMean, 0.0015);

  // The same average of L samples, made over and over again: R of them for each L.
  const std::int64_t repeats = c.choose(20000, 5000);
  std::vector<double> sizes, found, predicted;
  for (const std::int64_t samples : {1, 4, 16, 64}) {
    Tensor values = f(p.sample(rng, {repeats, c.broken("one_sample") ? 1 : samples}));
    values = broadcast_to(values, {repeats, samples});
    const Tensor averages = c.broken("sum") ? sum(values, 1) : mean(values, 1);
    const double l = static_cast<double>(samples);
    c.monte_carlo(fmt::format("mean of averages, L = {}", samples), prob::estimate(averages), kMean,
                  0.65 / std::sqrt(static_cast<double>(repeats) * l));
    sizes.push_back(l);
    found.push_back(variance(averages));
    predicted.push_back(kVariance / l);
    c.within(fmt::format("variance of averages / (Var f / L), L = {}", samples),
             found.back() / predicted.back(), 0.9, 1.1);
  }

  // One long run: its mean and two standard errors, as they would be reported.
  std::vector<double> n, means, two_errors;
  for (std::int64_t count = 10; count <= many.dim(0); count *= 2) {
    const prob::Estimate so_far = prob::estimate(slice(many, 0, 0, count));
    n.push_back(static_cast<double>(count));
    means.push_back(so_far.mean.item());
    two_errors.push_back(2 * so_far.standard_error.item());
  }
  c.draw({Plot("mean and 2 standard errors of one run", "samples N", "estimate of E f")
              .dashed("0.43159", {n.front(), n.back()}, {kMean, kMean})
              .error_bars("mean of N samples", n, means, two_errors)
              .x_range(7, 2e6)
              .log_x(),
          Plot("variance of an average of L samples", "samples L", "variance")
              .points("found", sizes, found)
              .dashed("Var f / L", sizes, predicted)
              .x_range(0.7, 100)
              .log_x()
              .log_y()});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C19",
       .title = "Expectations by averages of L samples",
       .source = "UDL equation 17.22, AEVB notes S1, VAE notes S2",
       .mutants = {{"sum", "the sum over the samples in place of the mean"},
                   {"one_sample", "one sample repeated L times, as by a broadcast"}}},
      program);
}
