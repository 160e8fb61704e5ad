// law_of_large_numbers: averages settle on the mean, if there is one to settle on
// C18, VAE notes S2, Monte Carlo methods (Kolmogorov's strong law)
//
//     M_n = (x_1 + ... + x_n) / n  ->  E[x]   with probability 1,    if E|x| is finite
//
// With probability 1 means path by path: a running average enters every band around the mean and
// one day leaves it no more. The Cauchy density 1 / (pi (1 + x^2)) has no mean, and the average of
// n Cauchy numbers is spread exactly like a single one, however many are averaged.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// M_1 ... M_n along each row of x [paths, n].
Tensor running_means(const Tensor& x) {
  const Tensor n = arange(x.dim(1)) + 1.0;
  return cumsum(x, 1) / n;
}

/// Between the quarter and the three quarter point of the paths after n steps: unlike the standard
/// deviation, it exists for Cauchy numbers too.
double interquartile_range(const Tensor& means, std::int64_t n) {
  std::vector<double> column = slice(means, 1, n - 1, n).to_vector();
  std::sort(column.begin(), column.end());
  return column[3 * column.size() / 4] - column[column.size() / 4];
}

/// The part of the paths that are out of the band mean +- 0.25 at some step after the first m.
double leave_the_band(const Tensor& means, std::int64_t m, double centre) {
  const Tensor farthest = max(abs(slice(means, 1, m, means.dim(1)) - centre), 1);
  return mean(where(greater(farthest, 0.25), full({}, 1.0), 0.0)).item();
}

// --- wrong versions

/// The sum divided by sqrt(n).
Tensor scaled_sums(const Tensor& x) { return running_means(x) * sqrt(arange(x.dim(1)) + 1.0); }

// --- claims

void claims(Concept& c, const Tensor& settling, const Tensor& wandering) {
  std::vector<double> at, of_settling, of_wandering;
  for (std::int64_t n = 16; n <= settling.dim(1); n *= 4) {
    at.push_back(static_cast<double>(n));
    of_settling.push_back(interquartile_range(settling, n));
    of_wandering.push_back(interquartile_range(wandering, n));
    c.within(fmt::format("spread of {} Cauchy numbers' mean / of one", n), of_wandering.back() / 2,
             0.8, 1.2);
  }
  const double slope =
      std::log(of_settling.back() / of_settling.front()) / std::log(at.back() / at.front());
  c.within("slope of log spread against log n", slope, -0.55, -0.45);

  // Path by path. Kolmogorov's inequality bounds what is still to come: variance / (m 0.25^2) and
  // as much again for the sum over all later steps.
  const std::int64_t early = 64, late = 512;
  c.at_most("paths that leave the band after step 512", leave_the_band(settling, late, 1),
            2 / (static_cast<double>(late) * 0.0625));
  c.at_least("of these fewer than after step 64: part of them",
             leave_the_band(settling, early, 1) - leave_the_band(settling, late, 1), 0.02);
  c.at_least("Cauchy paths that leave it after step 512", leave_the_band(wandering, late, 0), 0.8);
}

// --- picture

std::vector<Plot> picture(const Tensor& settling, const Tensor& wandering) {
  Plot left("running means of 5 exponential paths", "n", "mean of the first n");
  Plot right("running means of 5 Cauchy paths", "n", "mean of the first n");
  std::vector<double> n;
  for (std::int64_t i = 1; i <= settling.dim(1); i += 1 + i / 12) {
    n.push_back(static_cast<double>(i));
  }
  const auto deviation = [&](double k) {
    return support::each(n, [k](double v) { return 1 + k / std::sqrt(v); });
  };
  left.band("1 +- 2 / sqrt(n)", n, deviation(-2), deviation(2));
  for (int path = 0; path < 5; ++path) {
    const auto row = [&](const Tensor& means) {
      return support::each(n, [&](double v) { return means.at({path, std::int64_t(v) - 1}); });
    };
    left.line("", n, row(settling));
    right.line("", n, row(wandering));
  }
  return {left.log_x().y_range(-1, 3), right.log_x().y_range(-8, 8)};
}

// --- program

void program(Concept& c) {
  const auto means_of = c.broken("sqrt_n") ? scaled_sums : running_means;
  const bool without_mean = c.broken("cauchy");
  const std::int64_t paths = c.choose(4000, 2000), steps = c.choose(4096, 1024);
  Rng rng = c.rng("paths");
  // Exponential numbers have mean 1 and standard deviation 1; a ratio of two normals is Cauchy.
  const Tensor exponential = prob::Exponential(tensor(1.0)).sample(rng, {paths, steps});
  const Tensor cauchy = rng.normal({paths, steps}) / rng.normal({paths, steps});
  const Tensor settling = means_of(without_mean ? cauchy : exponential);
  const Tensor wandering = running_means(cauchy);
  claims(c, settling, wandering);
  c.draw(picture(settling, wandering));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C18",
       .title = "The strong law of large numbers",
       .source = "VAE notes S2, Monte Carlo methods",
       .mutants = {{"cauchy", "numbers without a mean in place of exponential ones"},
                   {"sqrt_n", "the sum divided by sqrt(n): it has a limiting density, no limit"}}},
      program);
}
