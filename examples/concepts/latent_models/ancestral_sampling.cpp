// ancestral_sampling: a draw from the prior, sent through the decoder, plus noise is a draw from p(x)
// C25, UDL section 17.2.1, figure 17.3
//
//     z ~ N(0, 1)      x = f(z) + sigma e,  e ~ N(0, I)
//
// Parents first, then children: no density has to be known to sample from it. The last step is often
// left out in practice, and the decoder's mean f(z) is shown as "a sample". It is not one: those
// points lie on a curve, and p(x) is spread around it.
#include "autograd/ops.hpp"
#include "support/chi_square.hpp"
#include "support/concept.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Curve;
using vae::exact::Grid;

namespace {

/// n draws [n, 2] from p(x).
Tensor sample(const Concept& c, const Curve& curve, Rng& rng, std::int64_t n) {
  const Tensor z = rng.normal({n});
  const Tensor noise = rng.normal({n, 2});
  if (c.broken("no_noise")) return curve.decode(z);
  const Tensor sigma = c.broken("variance_as_sigma") ? square(curve.sigma) : curve.sigma;
  return curve.decode(z) + sigma * noise;
}

/// p(x in cell), [columns, rows], by a sum over z: given z both coordinates are independent.
Tensor cell_masses(const Curve& curve, const Grid& columns, const Grid& rows) {
  const Tensor& z = curve.grid.points;
  const Tensor mass = exp(curve.grid.log_mass(curve.prior(z.shape()).log_prob(z)));
  const Tensor f = curve.decode(z);
  const auto along = [&](int axis, const Grid& cells) {  // p(x_axis in cell | z), [z, cells]
    const prob::Normal given_z(slice(f, 1, axis, axis + 1), curve.sigma);
    const double half = 0.5 * cells.step();
    return given_z.cdf(cells.points + half) - given_z.cdf(cells.points - half);
  };
  return matmul(reshape(mass, {z.size(), 1}) * along(0, columns), along(1, rows),
                {.transpose_left = true});
}

void program(Concept& c) {
  const Curve curve = Curve::example();
  Rng rng = c.rng("draws");
  const Tensor x = sample(c, curve, rng, c.choose<std::int64_t>(100000, 20000));

  // Mean and covariance of p(x), over the grid: E x = E f(z), Cov x = Cov f(z) + sigma^2 I.
  const Tensor& z = curve.grid.points;
  const Tensor mass =
      reshape(exp(curve.grid.log_mass(curve.prior(z.shape()).log_prob(z))), {z.size(), 1});
  const Tensor f = curve.decode(z);
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

  // And the whole density: how many draws fall into each cell of the plane.
  const Grid columns(-0.5, 2.0, 25), rows(-1.8, 1.8, 36);
  std::vector<std::int64_t> cells;
  const std::vector<double> draws = x.to_vector();
  for (std::size_t i = 0; i < draws.size(); i += 2) {
    const std::int64_t column =
        support::cell_of(draws[i], columns.low, columns.high, columns.cells());
    const std::int64_t row = support::cell_of(draws[i + 1], rows.low, rows.high, rows.cells());
    cells.push_back(column < 0 || row < 0 ? -1 : column * rows.cells() + row);
  }
  c.at_least("chi-square over cells of the plane: p",
             support::chi_square_p(cells, cell_masses(curve, columns, rows).to_vector()), 1e-3);

  const Grid across(-0.5, 2, 60), up(-1.8, 1.8, 84);
  const std::vector<double> density = exp(curve.log_px(plane(across, up))).to_vector();
  const Tensor on_curve = curve.decode(linspace(-3, 3, 300));
  const auto picture = [&](const std::string& title, const Tensor& points) {
    const auto axis = [](const Tensor& t, int i) { return slice(t, 1, i, i + 1).to_vector(); };
    return Plot(title, "x1", "x2")
        .heat(across.points.to_vector(), up.points.to_vector(), density)
        .line("f(z)", axis(on_curve, 0), axis(on_curve, 1))
        .dots("draws", axis(points, 0), axis(points, 1))
        .x_range(-0.5, 2)
        .y_range(-1.8, 1.8);
  };
  c.draw({picture("z, then f(z), then noise: draws from p(x)", slice(x, 0, 0, 300)),
          picture("without the noise", curve.decode(rng.normal({150})))});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C25",
                         .title = "Ancestral sampling",
                         .source = "UDL section 17.2.1, figure 17.3; model F3",
                         .mutants = {{"no_noise", "the decoder's mean is taken for a sample"},
                                     {"variance_as_sigma", "sigma^2 where sigma belongs"}}},
                        program);
}
