// infinite_mixture: a decoder with noise is a mixture of one normal for every value of the latent
// C24, UDL equations 17.5 to 17.7, figure 17.2, notes S2 (summary)
//
//     p(x) = integral N(x; f(z), sigma^2 I) N(z; 0, 1) dz  ~  1/n sum_i N(x; f(z_i), sigma^2 I),  z_i ~ N(0, 1)
//
// A network f bends the line of z into a curve; every point of it carries a small round normal, with
// the prior as its weight. n draws of z give a finite mixture (C22) that is right on average and
// closes in as 1 / sqrt(n). UDL's equation 17.7 loses the weights in its first line.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Curve;
using vae::exact::Grid;

namespace {

/// 1/n sum_i N(x; f(z_i), sigma^2 I) for each x [points, 2]: a mixture of n normals, [points].
Tensor mixture(const Curve& curve, const Tensor& z, const Tensor& x) {
  const Tensor log_parts = curve.likelihood(z).log_prob(reshape(x, {x.dim(0), 1, 2}));
  return exp(prob::log_mean_exp(log_parts, -1));
}

/// Values of z for the parts of the mixture.
Tensor draw_latents(const Concept& c, Rng& rng, std::int64_t n) {
  if (c.broken("no_weights")) return 6.0 * rng.uniform({n}) - 3.0;  // every z counts the same
  return rng.normal({n});
}

void program(Concept& c) {
  const Curve curve = Curve::example();
  const Grid across(-1, 2.6, 90), up(-2.2, 2.2, 110);
  const Tensor everywhere = plane(across, up);
  const Tensor log_px = curve.log_px(everywhere);
  const double area = across.step() * up.step();
  c.exact("integral of p(x) over the plane", sum(exp(log_px)).item() * area, 1, 1e-3);

  // How far is a mixture of n normals from p(x)? Measured at 100 points of the plane, many times.
  const Tensor x = plane(Grid(0.1, 1.5, 10), Grid(-1.1, 1.1, 10));
  const Tensor exact = exp(curve.log_px(x));
  // One part has the variance E[p(x|z)^2] - p(x)^2 over the prior, n have a part of it.
  const Tensor& z = curve.grid.points;
  const Tensor log_likelihood = curve.likelihood(z).log_prob(reshape(x, {100, 1, 2}));
  const Tensor log_prior = curve.prior(z.shape()).log_prob(z);
  const Tensor square_mean = exp(curve.grid.log_integral(2.0 * log_likelihood + log_prior));
  const double one_part = std::sqrt(mean(square_mean - square(exact)).item());
  Rng rng = c.rng("latents");
  const int repeats = c.choose(300, 200);
  std::vector<double> parts, errors;
  for (std::int64_t n = 4; n <= c.choose(256, 64); n *= 4) {
    double squares = 0;
    for (int r = 0; r < repeats; ++r) {
      squares += mean(square(mixture(curve, draw_latents(c, rng, n), x) - exact)).item();
    }
    parts.push_back(static_cast<double>(n));
    errors.push_back(std::sqrt(squares / repeats));
    c.within(fmt::format("{} parts: error / (error of one / sqrt(n))", n),
             errors.back() / (one_part / std::sqrt(parts.back())), 0.9, 1.1);
  }
  const double slope =
      std::log(errors.back() / errors.front()) / std::log(parts.back() / parts.front());
  c.within("slope of log error against log n", slope, -0.55, -0.45);

  const std::vector<double> zs = support::grid(-3, 3, 300);
  const Tensor f = curve.decode(tensor(zs, {300}));
  const Tensor few = draw_latents(c, rng, 40);
  const auto axis = [](const Tensor& t, int i) { return slice(t, 1, i, i + 1).to_vector(); };
  const auto picture = [&](const std::string& title, const Tensor& density) {
    return Plot(title, "x1", "x2")
        .heat(across.points.to_vector(), up.points.to_vector(), density.to_vector())
        .x_range(-0.5, 2)
        .y_range(-1.8, 1.8)
        .key("top right");
  };
  const Tensor centres = curve.decode(few);
  c.draw({picture("p(x): a normal for every z", exp(log_px)).line("f(z)", axis(f, 0), axis(f, 1)),
          picture("40 draws of z: a mixture of 40 normals", mixture(curve, few, everywhere))
              .line("f(z)", axis(f, 0), axis(f, 1))
              .dots("f at the draws", axis(centres, 0), axis(centres, 1))});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C24",
       .title = "A non-linear latent-variable model is an infinite mixture",
       .source = "UDL equations 17.5 to 17.7, figure 17.2; notes S2; model F3",
       .mutants = {{"no_weights",
                    "z uniform: the prior p(z) is lost, as in UDL 17.7's first line"}}},
      program);
}
