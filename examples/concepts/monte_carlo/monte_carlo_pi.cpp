// monte_carlo_pi: darts at a square count pi, and four times the darts halve the error
// C17, VAE notes S2, Monte Carlo methods
//
//     pi = 4 P(x^2 + y^2 <= 1)  ~  4 / N sum_n [x_n^2 + y_n^2 <= 1],      x, y uniform on (0, 1)
//
// Each dart is a coin with p = pi / 4, so one term has the standard deviation 4 sqrt(p (1 - p)) =
// 1.6422, and the average of N has 1.6422 / sqrt(N). The rate holds in any number of dimensions:
// this is why a sampled ELBO is affordable where a grid is not.
#include <cmath>

#include "prob/monte_carlo.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

const double kPi = std::acos(-1.0);

Tensor throw_darts(Rng& rng, std::int64_t n) { return rng.uniform({n, 2}); }

/// 4 for a dart [n, 2] inside the quarter disc, 0 for one outside: the average estimates pi.
Tensor score(const Tensor& darts) {
  const Tensor inside = less_equal(sum(square(darts), 1), 1.0);
  return where(inside, full({}, 4.0), 0.0);
}

/// The standard deviation of one score.
double one_dart() {
  const double p = kPi / 4;
  return 4 * std::sqrt(p * (1 - p));
}

struct Errors {
  std::vector<double> darts, found, predicted;
};

// --- wrong versions

Tensor normal_darts(Rng& rng, std::int64_t n) { return rng.normal({n, 2}); }
Tensor darts_on_the_diagonal(Rng& rng, std::int64_t n) {
  return broadcast_to(rng.uniform({n, 1}), {n, 2});
}

// --- claims

void claims_of_pi(Concept& c, const auto& darts_of, Rng& rng) {
  c.exact("standard deviation of one dart", one_dart(), 1.6422, 1e-4);
  const std::int64_t n = c.choose(1000000, 100000);
  const prob::Estimate pi = prob::estimate(score(darts_of(rng, n)));
  const double error = one_dart() / std::sqrt(static_cast<double>(n));
  c.monte_carlo("pi", pi.mean.item(), error, kPi, 0.01);
  c.within("its standard error from the darts / from p", pi.standard_error.item() / error, 0.95,
           1.05);
}

/// The error as it is found: 64 repeats at each N.
Errors claims_of_errors(Concept& c, const auto& darts_of, Rng& rng) {
  const int repeats = 64;
  Errors errors;
  std::vector<double> log_n, log_error;
  for (std::int64_t darts = 16; darts <= c.choose(65536, 16384); darts *= 4) {
    double squares = 0;
    for (int i = 0; i < repeats; ++i) {
      const double miss = mean(score(darts_of(rng, darts))).item() - kPi;
      squares += miss * miss / repeats;
    }
    errors.darts.push_back(static_cast<double>(darts));
    errors.found.push_back(std::sqrt(squares));
    errors.predicted.push_back(one_dart() / std::sqrt(errors.darts.back()));
    log_n.push_back(std::log(errors.darts.back()));
    log_error.push_back(std::log(errors.found.back()));
  }
  // Least squares on the logarithms: error ~ N^slope.
  const auto count = static_cast<std::int64_t>(log_n.size());
  const Tensor x = tensor(log_n, {count}), y = tensor(log_error, {count});
  const Tensor centred = x - mean(x);
  const double slope = (sum(centred * y) / sum(square(centred))).item();
  c.within("slope of log error against log N", slope, -0.55, -0.45);
  return errors;
}

// --- picture

std::vector<Plot> picture(const Tensor& shown, const Errors& errors) {
  std::vector<double> in[2], out[2];
  for (std::int64_t i = 0; i < shown.dim(0); ++i) {
    const double u = shown.at({i, 0}), v = shown.at({i, 1});
    auto& side = u * u + v * v <= 1 ? in : out;
    side[0].push_back(u);
    side[1].push_back(v);
  }
  const std::vector<double> arc = support::grid(0, 1, 200);
  const double hits = static_cast<double>(in[0].size()) / 600;
  return {Plot(fmt::format("4 x {} of 600 darts = {:.3f}", in[0].size(), 4 * hits), "x", "y")
              .dots("", in[0], in[1])
              .dots("", out[0], out[1])
              .line("", arc, support::each(arc, [](double u) { return std::sqrt(1 - u * u); }))
              .x_range(0, 1)
              .y_range(0, 1)
              .square(),
          Plot("four times the darts, half the error", "darts N", "error of the estimate of pi")
              .points("root mean square of 64 repeats", errors.darts, errors.found)
              .dashed("1.6422 / sqrt(N)", errors.darts, errors.predicted)
              .log_x()
              .log_y()};
}

// --- program

void program(Concept& c) {
  const auto darts_of = c.broken("normal")           ? normal_darts
                        : c.broken("one_coordinate") ? darts_on_the_diagonal
                                                     : throw_darts;
  Rng rng = c.rng("darts");
  claims_of_pi(c, darts_of, rng);
  const Errors errors = claims_of_errors(c, darts_of, rng);
  c.draw(picture(throw_darts(rng, 600), errors));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C17",
       .title = "Monte Carlo: pi from random darts",
       .source = "VAE notes S2, Monte Carlo methods",
       .mutants = {{"normal", "darts from N(0, 1) in place of the unit square"},
                   {"one_coordinate", "one random number for both coordinates of a dart"}}},
      program);
}
