// graphical_model: each of N data has a latent of its own, and that makes the log-likelihood a sum
// C20, UDL equation 17.8, notes S0, S1, S2, S3
//
//     p(x_1 .. x_N) = sum over all z_1 .. z_N of prod_n p(z_n) p(x_n|z_n) = prod_n p(x_n)
//
// The generative model follows the solid arrows, from z to x, with parameters theta. Inference goes
// against them, and a VAE learns a network q(z|x) with parameters phi for it (dashed). The plate
// says that all inside is there N times: K^N states, but independent, so their sum falls apart.
#include <array>
#include <cmath>
#include <limits>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/exact/mixture.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// log p(x_1 .. x_N) over all K^N ways to give each of the N data a component.
double log_joint_of_data(const Concept& c, const Tensor& log_joint) {
  if (c.broken("one_latent")) return logsumexp(sum(log_joint, 0)).item();  // z outside the plate
  Tensor all = zeros({1});
  for (std::int64_t n = 0; n < log_joint.dim(0); ++n) {
    all = reshape(reshape(all, {all.size(), 1}) + slice(log_joint, 0, n, n + 1), {-1});
  }
  return logsumexp(all).item();
}

Plot graph() {
  const double gap = std::numeric_limits<double>::quiet_NaN();  // lifts the pen
  struct Strokes {
    std::vector<double> x, y;
  } solid, dashed;
  const auto stroke = [&](Strokes& s, std::initializer_list<std::array<double, 2>> points) {
    for (const auto& [x, y] : points) s.x.push_back(x), s.y.push_back(y);
    s.x.push_back(gap), s.y.push_back(gap);
  };
  const auto arrow = [&](Strokes& s, double x0, double y0, double x1, double y1) {
    const double length = std::hypot(x1 - x0, y1 - y0);
    const double u = 0.18 * (x1 - x0) / length, v = 0.18 * (y1 - y0) / length;
    stroke(s, {{x0, y0}, {x1, y1}});
    stroke(s, {{x1 - u - v / 2, y1 - v + u / 2}, {x1, y1}, {x1 - u + v / 2, y1 - v - u / 2}});
  };
  for (const double height : {1.0, -1.0}) {  // the nodes z and x
    for (const double a : support::grid(0, 6.2831853, 60)) {
      solid.x.push_back(0.4 * std::cos(a)), solid.y.push_back(height + 0.4 * std::sin(a));
    }
    stroke(solid, {});
  }
  stroke(solid, {{-1.1, -1.7}, {1.1, -1.7}, {1.1, 1.7}, {-1.1, 1.7}, {-1.1, -1.7}});  // the plate
  arrow(solid, 0.1, 0.6, 0.1, -0.6);                                                  // z to x
  arrow(solid, 1.75, 0.1, 0.4, 0.9);                                                  // theta to z
  arrow(solid, 1.75, -0.1, 0.4, -0.9);                                                // theta to x
  arrow(dashed, -0.1, -0.6, -0.1, 0.6);                                               // x to z
  arrow(dashed, -1.75, 0.1, -0.4, 0.9);                                               // phi to z
  return Plot("each of N data has a latent of its own", "", "")
      .line("generative: p(z) p(x|z)", solid.x, solid.y)
      .dashed("variational: q(z|x)", dashed.x, dashed.y)
      .note("z", -0.05, 1.05)
      .note("x", -0.05, -0.95)
      .note("θ", 1.85, 0)
      .note("φ", -2.0, 0)
      .note("N", 0.85, -1.5)
      .x_range(-2.6, 2.6)
      .y_range(-2, 2.7)
      .key("top center")
      .square()
      .bare();
}

void program(Concept& c) {
  const auto mixture = vae::exact::NormalMixture::example();
  Rng rng = c.rng("data");
  const Tensor data = mixture.sample(rng, 8).x;
  const Tensor log_joint = mixture.log_joint(data);  // log p(x_n, z_n = k), [8, 3]
  c.identity("log p(x_1 .. x_8) over 3^8 states, and as a sum", log_joint_of_data(c, log_joint),
             sum(mixture.log_px(data)).item());
  // A datum more adds its own log-likelihood, whatever the others are.
  c.identity("what the eighth datum adds",
             log_joint_of_data(c, log_joint) - log_joint_of_data(c, slice(log_joint, 0, 0, 7)),
             mixture.log_px(slice(data, 0, 7, 8)).item());
  c.draw({graph()});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C20",
       .title = "The graphical model: plate, generative and variational arrows",
       .source = "UDL equation 17.8; notes S0, S1, S2, S3; model F4",
       .mutants = {{"one_latent", "one latent for the whole data set: z outside the plate"}}},
      program);
}
