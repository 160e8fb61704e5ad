// sample_average: an average of L samples in place of an expectation; its variance falls as 1/L
// C19, UDL equation 17.22; AEVB notes S1 and VAE notes S2, Monte Carlo estimates
//
//     E[f(y)]  ~  1/L sum_l f(y_l),    y_l ~ p(y),    variance of the average = Var f(y) / L
//
// The average is right on average for every L, L = 1 included: this is why a VAE may take a single
// z for each image. Here f = exp(-(y - 1)^4) and y ~ N(0, 1).
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

constexpr double kMean = 0.4315874422, kVariance = 0.1793948436;

Tensor f(const Tensor& y) { return exp(-square(square(y - 1.0))); }

double variance(const Tensor& x) { return mean(square(x - mean(x))).item(); }

/// `repeats` averages of L values of f.
Tensor averages(Rng& rng, std::int64_t repeats, std::int64_t L) {
  return mean(f(prob::StandardNormal({}).sample(rng, {repeats, L})), 1);
}

struct Scatter {
  std::vector<double> samples, found, predicted;
};

// --- wrong versions

Tensor sums(Rng& rng, std::int64_t repeats, std::int64_t L) {
  return static_cast<double>(L) * averages(rng, repeats, L);
}
/// One sample repeated L times, as by a broadcast.
Tensor copies(Rng& rng, std::int64_t repeats, std::int64_t) { return averages(rng, repeats, 1); }

// --- claims

/// The integral, on a grid: f is gone beyond 1 +- 3.
void claims_of_quadrature(Concept& c) {
  const vae::exact::Grid grid(-8, 8, 4000);
  const Tensor& y = grid.points;
  const Tensor weight = exp(prob::StandardNormal({}).log_prob(y)) * grid.step();
  const double exact = sum(weight * f(y)).item();
  c.exact("E f, by quadrature", exact, kMean, 1e-9);
  c.exact("Var f, by quadrature", sum(weight * square(f(y) - exact)).item(), kVariance, 1e-9);
}

/// The same average of L samples, made over and over again: R of them for each L.
Scatter claims_of_averages(Concept& c, const auto& averages_of, Rng& rng) {
  const std::int64_t repeats = c.choose(20000, 5000);
  Scatter scatter;
  for (const std::int64_t samples : {1, 4, 16, 64}) {
    const Tensor made = averages_of(rng, repeats, samples);
    const double l = static_cast<double>(samples);
    c.monte_carlo(fmt::format("mean of averages, L = {}", samples), prob::estimate(made), kMean,
                  0.65 / std::sqrt(static_cast<double>(repeats) * l));
    scatter.samples.push_back(l);
    scatter.found.push_back(variance(made));
    scatter.predicted.push_back(kVariance / l);
    c.within(fmt::format("variance of averages / (Var f / L), L = {}", samples),
             scatter.found.back() / scatter.predicted.back(), 0.9, 1.1);
  }
  return scatter;
}

// --- picture

/// One long run: its mean and two standard errors, as they would be reported.
std::vector<Plot> picture(const Tensor& many, const Scatter& scatter) {
  std::vector<double> n, means, two_errors;
  for (std::int64_t count = 10; count <= many.dim(0); count *= 2) {
    const prob::Estimate so_far = prob::estimate(slice(many, 0, 0, count));
    n.push_back(static_cast<double>(count));
    means.push_back(so_far.mean.item());
    two_errors.push_back(2 * so_far.standard_error.item());
  }
  return {Plot("mean and 2 standard errors of one run", "samples N", "estimate of E f")
              .dashed("0.43159", {n.front(), n.back()}, {kMean, kMean})
              .error_bars("mean of N samples", n, means, two_errors)
              .x_range(7, 2e6)
              .log_x(),
          Plot("variance of an average of L samples", "samples L", "variance")
              .points("found", scatter.samples, scatter.found)
              .dashed("Var f / L", scatter.samples, scatter.predicted)
              .x_range(0.7, 100)
              .log_x()
              .log_y()};
}

// --- program

void program(Concept& c) {
  const auto averages_of = c.broken("sum") ? sums : c.broken("one_sample") ? copies : averages;
  claims_of_quadrature(c);
  Rng rng = c.rng("y");
  const Tensor many = f(prob::StandardNormal({}).sample(rng, {c.choose(1000000, 100000)}));
  c.monte_carlo("E f, by an average", prob::estimate(many), kMean, 0.0015);
  c.draw(picture(many, claims_of_averages(c, averages_of, rng)));
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
