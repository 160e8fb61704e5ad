// mixture_of_normals: a latent number of a part makes simple normals into a density with peaks
// C22, UDL equations 17.3 and 17.4, figure 17.1, notes S2 (summary)
//
//     z ~ Categorical(lambda)     x | z = n ~ N(mu_n, sigma_n^2)
//     p(x) = sum_n lambda_n N(x; mu_n, sigma_n^2)
//
// The simplest latent-variable model: z has a few values, so that the integral is a sum. A draw
// comes from ONE part; a weighted sum of draws from all parts would be a single normal. Far from
// all parts every density underflows to 0, so the sum has to be taken in logarithms.
#include <cmath>
#include <numbers>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/chi_square.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/mixture.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Grid;
using vae::exact::NormalMixture;

namespace {

// --- model

/// log lambda_n + log N(x; mu_n, sigma_n^2), [points, parts].
Tensor log_parts(const NormalMixture& m, const Tensor& x) {
  return log_softmax(m.logits) + prob::Normal(m.loc, m.scale).log_prob(reshape(x, {x.size(), 1}));
}

Tensor log_density(const NormalMixture& m, const Tensor& x) {
  return logsumexp(log_parts(m, x), -1);
}

Tensor log_naive(const NormalMixture& m, const Tensor& x) {
  return log(sum(exp(log_parts(m, x)), -1));
}

/// First a part, then a number from it.
Tensor sample(const NormalMixture& m, Rng& rng, std::int64_t n) {
  const Tensor z = prob::Categorical(prob::expanded(m.logits, {n, m.parts()})).sample(rng);
  return take_rows(m.loc, z) + take_rows(m.scale, z) * rng.normal({n});
}

/// p(low + i step <= x < low + (i + 1) step), [cells], from the distribution functions of the parts.
std::vector<double> cell_masses(const NormalMixture& m, const Grid& cells) {
  const auto below = [&](double shift) {
    const Tensor edge = reshape(cells.points + shift * cells.step(), {cells.cells(), 1});
    return sum(m.weights() * prob::Normal(m.loc, m.scale).cdf(edge), -1);
  };
  return (below(0.5) - below(-0.5)).to_vector();
}

// --- wrong versions

Tensor weighted_sum(const NormalMixture& m, Rng& rng, std::int64_t n) {
  return sum(m.weights() * (m.loc + m.scale * rng.normal({n, m.parts()})), -1);
}
Tensor sample_with_variance(const NormalMixture& m, Rng& rng, std::int64_t n) {
  return sample({m.logits, m.loc, square(m.scale)}, rng, n);
}

// --- claims

void claims_of_the_density(Concept& c, const NormalMixture& m, const auto& log_px) {
  const Grid wide(-12, 12, 1200);
  c.exact("integral of p(x)", exp(wide.log_integral(log_px(m, wide.points))).item(), 1, 1e-8);
  const Tensor near = linspace(-6, 7, 200);
  c.identity("log-sum-exp and the naive sum, on [-6, 7]",
             max(abs(log_px(m, near) - log_naive(m, near))).item(), 0);
  // At x = 1000 only the widest part counts, and its density is about 10^-337600: 0 to a computer.
  const Tensor far = full({1}, 1000.0);
  const double only_the_third = std::log(0.2) - std::log(0.8) -
                                0.5 * std::log(2 * std::numbers::pi) -
                                0.5 * std::pow((1000 - 2.5) / 0.8, 2);
  c.identity("log p(1000)", log_px(m, far).item(), only_the_third, 1e-6);
  c.identity("naive sum at 1000", exp(log_naive(m, far)).item(), 0);
}

/// The share of the draws in each cell.
std::vector<double> claims_of_draws(Concept& c, const NormalMixture& m, const auto& sample_of,
                                    const Grid& cells) {
  Rng rng = c.rng("draws");
  const std::vector<double> draws =
      sample_of(m, rng, c.choose<std::int64_t>(100000, 10000)).to_vector();
  std::vector<std::int64_t> numbers;
  std::vector<double> shares(static_cast<std::size_t>(cells.cells()));
  for (const double x : draws) {
    numbers.push_back(support::cell_of(x, cells.low, cells.high, cells.cells()));
    if (numbers.back() < 0) continue;
    shares[static_cast<std::size_t>(numbers.back())] += 1 / static_cast<double>(draws.size());
  }
  c.at_least("chi-square of a histogram of draws: p",
             support::chi_square_p(numbers, cell_masses(m, cells)), 1e-3);
  return shares;
}

// --- picture

std::vector<Plot> picture(const NormalMixture& m, const Grid& cells, std::vector<double> shares) {
  for (double& share : shares) share /= cells.step();
  const std::vector<double> xs = support::grid(-4, 5, 300);
  const Tensor at = tensor(xs, {300});
  const std::vector<double> density = exp(log_density(m, at)).to_vector();
  Plot parts("three parts and their sum", "x", "density");
  parts.line("p(x)", xs, density);
  for (int n = 0; n < 3; ++n) {
    parts.dashed(fmt::format("λ N(x; μ, σ²), n = {}", n + 1), xs,
                 exp(slice(log_parts(m, at), 1, n, n + 1)).to_vector());
  }
  return {parts.y_range(0, 0.65).key("top left"),
          Plot("a histogram of draws", "x", "density")
              .line("p(x)", xs, density)
              .points("share of draws in each cell / width", cells.points.to_vector(), shares)
              .y_range(0, 0.65)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const auto log_px = c.broken("naive_log") ? log_naive : log_density;
  const auto sample_of = c.broken("weighted_sum")        ? weighted_sum
                         : c.broken("variance_as_scale") ? sample_with_variance
                                                         : sample;
  const NormalMixture m = NormalMixture::example();
  const Grid cells(-4, 5, 60);
  claims_of_the_density(c, m, log_px);
  c.draw(picture(m, cells, claims_of_draws(c, m, sample_of, cells)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C22",
       .title = "A mixture of normals as a latent-variable model",
       .source = "UDL equations 17.3 and 17.4, figure 17.1; notes S2; model F4",
       .mutants = {{"naive_log", "log of the sum of densities: -inf far from all parts"},
                   {"weighted_sum", "a weighted sum of draws in place of a draw from one part"},
                   {"variance_as_scale", "sigma^2 where sigma belongs"}}},
      program);
}
