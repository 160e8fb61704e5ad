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
#include "support/concept/concept.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Curve;
using vae::exact::Grid;

namespace {

// --- model

/// 1/n sum_i N(x; f(z_i), sigma^2 I) for each x [points, 2]: a mixture of n normals, [points].
Tensor mixture(const Curve& curve, const Tensor& z, const Tensor& x) {
  const Tensor log_parts = curve.likelihood(z).log_prob(reshape(x, {x.dim(0), 1, 2}));
  return exp(prob::log_mean_exp(log_parts, -1));
}

/// Values of z for the parts of the mixture.
Tensor draw_latents(Rng& rng, std::int64_t n) { return rng.normal({n}); }

/// The variance of one part at each x, E[p(x|z)^2] - p(x)^2 over the prior; n parts have 1/n of it.
Tensor variance_of_one(const Curve& curve, const Tensor& x) {
  const Tensor& z = curve.grid.points;
  const Tensor log_likelihood = curve.likelihood(z).log_prob(reshape(x, {x.dim(0), 1, 2}));
  const Tensor log_prior = curve.prior(z.shape()).log_prob(z);
  return exp(curve.grid.log_integral(2.0 * log_likelihood + log_prior)) -
         square(exp(curve.log_px(x)));
}

// --- wrong versions

/// Every z counts the same.
Tensor uniform_latents(Rng& rng, std::int64_t n) { return 6.0 * rng.uniform({n}) - 3.0; }
Tensor wide_latents(Rng& rng, std::int64_t n) { return 1.1 * rng.normal({n}); }

// --- claims

/// How far is a mixture of n normals from p(x)? Measured at 100 points of the plane, many times.
void claims(Concept& c, const Curve& curve, const auto& latents, Rng& rng) {
  const Tensor x = plane(Grid(0.1, 1.5, 10), Grid(-1.1, 1.1, 10));
  const Tensor exact = exp(curve.log_px(x)), of_one = variance_of_one(curve, x);
  const double one_part = std::sqrt(mean(of_one).item());
  const int repeats = c.choose(300, 200);
  std::vector<double> parts, errors;
  Tensor centre;  // of the mixtures with the most parts
  for (std::int64_t n = 4; n <= c.choose(256, 64); n *= 4) {
    double squares = 0;
    centre = zeros({100});
    for (int r = 0; r < repeats; ++r) {
      const Tensor off = mixture(curve, latents(rng, n), x) - exact;
      squares += mean(square(off)).item();
      centre = centre + off / repeats;
    }
    parts.push_back(static_cast<double>(n));
    errors.push_back(std::sqrt(squares / repeats));
    c.within(fmt::format("{} parts: error / (error of one / sqrt(n))", n),
             errors.back() / (one_part / std::sqrt(parts.back())), 0.9, 1.1);
  }
  const double slope =
      std::log(errors.back() / errors.front()) / std::log(parts.back() / parts.front());
  c.within("slope of log error against log n", slope, -0.55, -0.45);
  const Tensor variance = of_one / (parts.back() * repeats);
  c.at_most("right on average: mean over x of (mean - p(x))^2 / its variance",
            mean(square(centre) / variance).item(), 4);
}

// --- picture

std::vector<Plot> picture(const Curve& curve, const Tensor& few) {
  const Grid across(-1, 2.6, 90), up(-2.2, 2.2, 110);
  const Tensor everywhere = plane(across, up);
  const Tensor f = curve.decode(linspace(-3, 3, 300)), centres = curve.decode(few);
  const auto axis = [](const Tensor& t, int i) { return slice(t, 1, i, i + 1).to_vector(); };
  const auto panel = [&](const std::string& title, const Tensor& density) {
    return Plot(title, "x1", "x2")
        .heat(across.points.to_vector(), up.points.to_vector(), density.to_vector())
        .x_range(-0.5, 2)
        .y_range(-1.8, 1.8)
        .key("top right");
  };
  return {panel("p(x): a normal for every z", exp(curve.log_px(everywhere)))
              .line("f(z)", axis(f, 0), axis(f, 1)),
          panel("40 draws of z: a mixture of 40 normals", mixture(curve, few, everywhere))
              .line("f(z)", axis(f, 0), axis(f, 1))
              .dots("f at the draws", axis(centres, 0), axis(centres, 1))};
}

// --- program

void program(Concept& c) {
  const auto latents = c.broken("no_weights")   ? uniform_latents
                       : c.broken("wide_prior") ? wide_latents
                                                : draw_latents;
  const Curve curve = Curve::example();
  const Grid across(-1, 2.6, 90), up(-2.2, 2.2, 110);
  c.exact("integral of p(x) over the plane",
          sum(exp(curve.log_px(plane(across, up)))).item() * across.step() * up.step(), 1, 1e-3);
  Rng rng = c.rng("latents");
  claims(c, curve, latents, rng);
  c.draw(picture(curve, draw_latents(rng, 40)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C24",
       .title = "A non-linear latent-variable model is an infinite mixture",
       .source = "UDL equations 17.5 to 17.7, figure 17.2; notes S2; model F3",
       .mutants = {{"no_weights", "z uniform: p(z) is lost, as in UDL 17.7's first line"},
                   {"wide_prior", "the draws of z spread a tenth too far"}}},
      program);
}
