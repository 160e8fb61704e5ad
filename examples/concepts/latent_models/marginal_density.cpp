// marginal_density: summing a joint density over the latent leaves the density of the data
// C21, UDL equations 17.1 and 17.2, notes S2
//
//     p(x) = integral p(x, z) dz = integral p(x|z) p(z) dz
//
// A latent-variable model never writes p(x) down: it is what remains when z is integrated out. On
// the line, z ~ N(0, 1) and x | z ~ N(z, 0.5), the answer is known, N(x; 0, 1.5), and a sum over a
// fine grid has to meet it. The first line of UDL's equation 17.7 lost the prior: without p(z) the
// integral is not a density at all.
#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Grid;
using vae::exact::Line;

namespace {

// --- model

/// log p(x) for each x [n]: a sum over the cells of z.
Tensor log_marginal(const Line& line, const Grid& grid, const Tensor& x) {
  const Tensor& z = grid.points;
  const Tensor log_prior = line.prior(z.shape()).log_prob(z);
  const Tensor log_likelihood =
      line.likelihood(z).log_prob(reshape(x, {x.size(), 1}));  // [n, cells]
  return grid.log_integral(log_likelihood + log_prior);
}

// --- wrong versions

/// As in UDL 17.7's first line.
Tensor log_integral_of_likelihood(const Line& line, const Grid& grid, const Tensor& x) {
  return grid.log_integral(line.likelihood(grid.points).log_prob(reshape(x, {x.size(), 1})));
}

// --- claims

void claims(Concept& c, const auto& log_px_of, const Grid& z) {
  const Line line = Line::example();
  const Grid x(-8, 8, 320);
  const Tensor log_px = log_px_of(line, z, x.points);
  const Tensor closed = line.evidence().log_prob(x.points);
  c.exact("log p(1.3)", log_px_of(line, z, full({1}, vae::exact::kLineX)).item(), -1.6850044206,
          1e-9);
  c.exact("largest |sum over z - N(x; 0, 1.5)|", max(abs(exp(log_px) - exp(closed))).item(), 0,
          1e-8);
  c.exact("integral of p(x)", exp(x.log_integral(log_px)).item(), 1, 1e-8);

  // The same integral is a mean over the prior: p(x) = E[p(x|z)], z ~ p(z).
  Rng rng = c.rng("prior");
  const Tensor draws = line.prior({c.choose<std::int64_t>(200000, 20000)}).sample(rng);
  c.monte_carlo("mean of p(1.3|z) over prior draws",
                prob::estimate(exp(line.likelihood(draws).log_prob(tensor(vae::exact::kLineX)))),
                exp(line.log_px(tensor(vae::exact::kLineX))).item(), 0.002);
}

// --- picture

std::vector<Plot> picture() {
  const Line line = Line::example();
  const Grid across(-3, 3, 120), up(-4, 4, 160);
  const Tensor pairs = plane(across, up);
  const Tensor joint = line.log_joint(slice(pairs, 1, 1, 2), slice(pairs, 1, 0, 1));
  const std::vector<double> xs = support::grid(-4, 4, 161);
  const Tensor shadow = exp(line.evidence().log_prob(tensor(xs, {161})));
  return {Plot("joint density p(x, z)", "z", "x")
              .heat(across.points.to_vector(), up.points.to_vector(), exp(joint).to_vector())
              .x_range(-3, 3)
              .y_range(-4, 4),
          Plot("its shadow on the axis of x: p(x)", "p(x)", "x")
              .line("", shadow.to_vector(), xs)
              .x_range(0, 0.4)
              .y_range(-4, 4)};
}

// --- program

void program(Concept& c) {
  const auto log_px_of = c.broken("no_prior") ? log_integral_of_likelihood : log_marginal;
  // Beyond 8 standard deviations the prior holds 1e-15 of its mass, beyond 3 still 0.27 %.
  const double reach = c.broken("short_grid") ? 3 : 8;
  claims(c, log_px_of, Grid(-reach, reach, 400));
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C21",
       .title = "Marginalising a joint density",
       .source = "UDL equations 17.1 and 17.2; notes S2; model F1",
       .mutants = {{"no_prior", "the integral of p(x|z) alone, as in UDL 17.7's first line"},
                   {"short_grid", "a grid over [-3, 3]: 0.27 % of the prior is cut off"}}},
      program);
}
