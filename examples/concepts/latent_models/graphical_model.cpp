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
#include "support/concept/concept.hpp"
#include "vae/exact/mixture.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// log p(x_1 .. x_N) over all K^N ways to give each of the N data a component.
double log_joint_of_data(const Tensor& log_joint) {
  Tensor all = zeros({1});
  for (std::int64_t n = 0; n < log_joint.dim(0); ++n) {
    all = reshape(reshape(all, {all.size(), 1}) + slice(log_joint, 0, n, n + 1), {-1});
  }
  return logsumexp(all).item();
}

// --- wrong versions

/// z outside the plate.
double one_latent_for_all(const Tensor& log_joint) { return logsumexp(sum(log_joint, 0)).item(); }

// --- claims

void claims(Concept& c, const auto& log_px_of) {
  const auto mixture = vae::exact::NormalMixture::example();
  Rng rng = c.rng("data");
  const Tensor data = mixture.sample(rng, 8).x;
  const Tensor log_joint = mixture.log_joint(data);  // log p(x_n, z_n = k), [8, 3]
  c.identity("log p(x_1 .. x_8) over 3^8 states, and as a sum", log_px_of(log_joint),
             sum(mixture.log_px(data)).item());
  // A datum more adds its own log-likelihood, whatever the others are.
  c.identity("what the eighth datum adds",
             log_px_of(log_joint) - log_px_of(slice(log_joint, 0, 0, 7)),
             mixture.log_px(slice(data, 0, 7, 8)).item());
}

// --- picture

struct Strokes {
  std::vector<double> x, y;

  void add(std::initializer_list<std::array<double, 2>> points) {
    for (const auto& [at_x, at_y] : points) x.push_back(at_x), y.push_back(at_y);
    const double gap = std::numeric_limits<double>::quiet_NaN();  // lifts the pen
    x.push_back(gap), y.push_back(gap);
  }
  void arrow(double x0, double y0, double x1, double y1) {
    const double length = std::hypot(x1 - x0, y1 - y0);
    const double u = 0.18 * (x1 - x0) / length, v = 0.18 * (y1 - y0) / length;
    add({{x0, y0}, {x1, y1}});
    add({{x1 - u - v / 2, y1 - v + u / 2}, {x1, y1}, {x1 - u + v / 2, y1 - v - u / 2}});
  }
};

Plot graph() {
  Strokes solid, dashed;
  for (const double height : {1.0, -1.0}) {  // the nodes z and x
    for (const double a : support::grid(0, 6.2831853, 60)) {
      solid.x.push_back(0.4 * std::cos(a)), solid.y.push_back(height + 0.4 * std::sin(a));
    }
    solid.add({});
  }
  solid.add({{-1.1, -1.7}, {1.1, -1.7}, {1.1, 1.7}, {-1.1, 1.7}, {-1.1, -1.7}});  // the plate
  solid.arrow(0.1, 0.6, 0.1, -0.6);                                               // z to x
  solid.arrow(1.75, 0.1, 0.4, 0.9);                                               // theta to z
  solid.arrow(1.75, -0.1, 0.4, -0.9);                                             // theta to x
  dashed.arrow(-0.1, -0.6, -0.1, 0.6);                                            // x to z
  dashed.arrow(-1.75, 0.1, -0.4, 0.9);                                            // phi to z
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

// --- program

void program(Concept& c) {
  const auto log_px_of = c.broken("one_latent") ? one_latent_for_all : log_joint_of_data;
  claims(c, log_px_of);
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
