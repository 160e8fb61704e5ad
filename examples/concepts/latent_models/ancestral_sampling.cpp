// ancestral_sampling: a draw from the prior, sent through the decoder, plus noise is a draw from p(x)
// C25, UDL section 17.2.1, figure 17.3
//
//     z ~ N(0, 1)      x = f(z) + sigma e,  e ~ N(0, I)
//
// Parents first, then children: no density has to be known to sample from it. The last step is often
// left out in practice, and the decoder's mean f(z) is shown as "a sample". It is not one: those
// points lie on a curve, and p(x) is spread around it.
#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/chi_square.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Curve;
using vae::exact::Grid;

namespace {

// --- model

/// n draws [n, 2] from p(x).
Tensor sample(const Curve& curve, Rng& rng, std::int64_t n) {
  const Tensor z = rng.normal({n}), e = rng.normal({n, 2});
  return curve.decode(z) + curve.sigma * e;
}

/// Masses of the cells of the prior, [z, 1].
Tensor prior_mass(const Curve& curve) {
  const Tensor& z = curve.grid.points;
  return reshape(exp(curve.grid.log_mass(curve.prior(z.shape()).log_prob(z))), {z.size(), 1});
}

/// p(x in cell), [columns, rows], by a sum over z: given z both coordinates are independent.
Tensor cell_masses(const Curve& curve, const Grid& columns, const Grid& rows) {
  const Tensor f = curve.decode(curve.grid.points);
  const auto along = [&](int axis, const Grid& cells) {  // p(x_axis in cell | z), [z, cells]
    const prob::Normal given_z(slice(f, 1, axis, axis + 1), curve.sigma);
    const double half = 0.5 * cells.step();
    return given_z.cdf(cells.points + half) - given_z.cdf(cells.points - half);
  };
  return matmul(prior_mass(curve) * along(0, columns), along(1, rows), {.transpose_left = true});
}

// --- wrong versions

/// The decoder's mean is taken for a sample.
Tensor sample_without_noise(const Curve& curve, Rng& rng, std::int64_t n) {
  return curve.decode(rng.normal({n}));
}
Tensor sample_from_wide_prior(const Curve& curve, Rng& rng, std::int64_t n) {
  const Tensor z = 1.03 * rng.normal({n}), e = rng.normal({n, 2});
  return curve.decode(z) + curve.sigma * e;
}
Tensor sample_with_variance(const Curve& curve, Rng& rng, std::int64_t n) {
  const Tensor z = rng.normal({n}), e = rng.normal({n, 2});
  return curve.decode(z) + square(curve.sigma) * e;
}

// --- claims

/// Mean and covariance of p(x), over the grid: E x = E f(z), Cov x = Cov f(z) + sigma^2 I.
void claims_of_moments(Concept& c, const Curve& curve, const Tensor& x) {
  const Tensor mass = prior_mass(curve), f = curve.decode(curve.grid.points);
  const Tensor centre = sum(mass * f, 0);
  const Tensor covariance = matmul(f - centre, mass * (f - centre), {.transpose_left = true}) +
                            square(curve.sigma) * eye(2);
  const Tensor away = x - centre;
  for (int i = 0; i < 2; ++i) {
    c.monte_carlo(fmt::format("mean of x{}", i + 1),
                  prob::estimate(reshape(slice(x, 1, i, i + 1), {-1})), centre.at({i}), 0.01);
    for (int j = 0; j <= i; ++j) {
      const Tensor products = slice(away, 1, i, i + 1) * slice(away, 1, j, j + 1);
      c.monte_carlo(fmt::format("covariance of x{} and x{}", j + 1, i + 1),
                    prob::estimate(reshape(products, {-1})), covariance.at({i, j}), 0.01);
    }
  }
}

/// Averaged over draws of x, p(z|x) is the prior again: E E[z^2|x] = E z^2 = 1. No test of the
/// prior's width is sharper: E[z^2|x] - 1 is the slope of log p(x) in its logarithm.
void claims_of_the_prior(Concept& c, Curve curve, const auto& sample_of, Rng& rng) {
  curve.grid = Grid(-8, 8, 320);
  std::vector<Tensor> squares;
  for (int part = 0; part < 20; ++part) {
    const Tensor log_posterior = curve.log_posterior(sample_of(curve, rng, 10000));
    squares.push_back(sum(exp(log_posterior) * square(curve.grid.points), -1));
  }
  c.monte_carlo("mean of E[z^2|x]", prob::estimate(curve.grid.step() * concat(squares, 0)), 1,
                0.002);
}

/// And the whole density: how many draws fall into each cell of the plane.
void claims_of_cells(Concept& c, const Curve& curve, const Tensor& x) {
  const Grid columns(-0.5, 2.0, 25), rows(-1.8, 1.8, 36);
  const auto cell = [](const Grid& g, double at) {
    return support::cell_of(at, g.low, g.high, g.cells());
  };
  std::vector<std::int64_t> cells;
  const std::vector<double> draws = x.to_vector();
  for (std::size_t i = 0; i < draws.size(); i += 2) {
    const std::int64_t column = cell(columns, draws[i]), row = cell(rows, draws[i + 1]);
    cells.push_back(column < 0 || row < 0 ? -1 : column * rows.cells() + row);
  }
  c.at_least("chi-square over cells of the plane: p",
             support::chi_square_p(cells, cell_masses(curve, columns, rows).to_vector()), 1e-3);
}

// --- picture

Plot panel(const Curve& curve, const std::string& title, const Tensor& points) {
  const Grid across(-0.5, 2, 60), up(-1.8, 1.8, 84);
  const Tensor on_curve = curve.decode(linspace(-3, 3, 300));
  const auto axis = [](const Tensor& t, int i) { return slice(t, 1, i, i + 1).to_vector(); };
  return Plot(title, "x1", "x2")
      .heat(across.points.to_vector(), up.points.to_vector(),
            exp(curve.log_px(plane(across, up))).to_vector())
      .line("f(z)", axis(on_curve, 0), axis(on_curve, 1))
      .dots("draws", axis(points, 0), axis(points, 1))
      .x_range(-0.5, 2)
      .y_range(-1.8, 1.8);
}

std::vector<Plot> picture(const Curve& curve, const Tensor& x, Rng& rng) {
  return {panel(curve, "z, then f(z), then noise: draws from p(x)", slice(x, 0, 0, 300)),
          panel(curve, "without the noise", curve.decode(rng.normal({150})))};
}

// --- program

void program(Concept& c) {
  const auto sample_of = c.broken("no_noise")            ? sample_without_noise
                         : c.broken("wide_prior")        ? sample_from_wide_prior
                         : c.broken("variance_as_sigma") ? sample_with_variance
                                                         : sample;
  const Curve curve = Curve::example();
  Rng rng = c.rng("draws");
  const Tensor x = sample_of(curve, rng, c.choose<std::int64_t>(100000, 20000));
  claims_of_moments(c, curve, x);
  claims_of_the_prior(c, curve, sample_of, rng);
  claims_of_cells(c, curve, x);
  c.draw(picture(curve, x, rng));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C25",
                         .title = "Ancestral sampling",
                         .source = "UDL section 17.2.1, figure 17.3; model F3",
                         .mutants = {{"no_noise", "the decoder's mean is taken for a sample"},
                                     {"wide_prior", "z spreads 3 % too far"},
                                     {"variance_as_sigma", "sigma^2 where sigma belongs"}}},
                        program);
}
