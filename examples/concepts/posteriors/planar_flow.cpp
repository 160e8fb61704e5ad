// planar_flow: a normal that is bent step by step, and what its bends cost
// C98, UDL notes; Rezende and Mohamed 2015, equations 10 to 14 and appendix A
//
//     z_k = z_k-1 + u^ tanh(w^T z_k-1 + b)        log q(z_K) = log q_0(z_0) - sum_k log |1 + u^^T psi(z_k-1)|
//
// No formula gives z_0 from z_K, and none is needed: the bound asks for the density of q's own samples alone. u^ is made
// of u so that w^T u^ >= -1. Otherwise a step folds the space, and a place gets density from two.
#include "concepts/posteriors/planar_flow_faults.hpp"
#include "concepts/posteriors/targets.hpp"
#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/jacobian.hpp"

using namespace tapestry;
using concepts::BentNormal, concepts::Move, concepts::PlanarStep, concepts::Slanted,
    concepts::ThreePeaks;
using support::Concept, support::Plot;
using vae::exact::Grid;

namespace {

// --- claims

void claims_of_steps(Concept& c, const Move& move) {
  Rng rng = c.rng("steps");
  const Tensor z = rng.normal({50, 2});
  const PlanarStep step(2.0 * rng.normal({5}), 2, move);
  const prob::RadialFlow radial(rng.normal({2}), exp(rng.normal({1})), 2.0 * rng.normal({1}));
  const auto off = [&](const auto& f) {
    const Tensor slopes = support::jacobian([&](const Tensor& at) { return f.forward(at).z; }, z);
    return max(abs(f.forward(z).log_det - support::log_det_2x2(slopes))).item();
  };
  c.identity("planar: log |det| - that of the tape's slopes, largest", off(step), 0, 1e-10);
  c.identity("radial: the same", off(radial), 0, 1e-10);
  const PlanarStep many(2.0 * rng.normal({10000, 5}), 2, move);  // u^ = (z' - z) / tanh(b) at z = 0
  const Tensor u = many.forward(zeros({10000, 2})).z / tanh(many.flow.b);
  c.at_least("w^T u^ of 10,000 steps, smallest", -max(-sum(many.flow.w * u, -1)).item(), -1 - 1e-9);
}

void claims_of_density(Concept& c, const Move& move) {
  const Grid axis(-12, 12, c.choose(480, 240));
  Rng rng(7);  // four steps of any seed may fold nearly, and then need a finer grid
  Tensor z = vae::exact::plane(axis, axis), log_q = zeros({z.dim(0)});
  for (int k = 0; k < 4; ++k) {
    const PlanarStep step(0.7 * rng.normal({5}), 2, move);
    z = concepts::undone(step, z);
    log_q -= step.forward(z).log_det;
  }
  log_q += prob::StandardNormal({2}, 1).log_prob(z);
  c.exact("four steps: integral of q", sum(exp(log_q)).item() * axis.step() * axis.step(), 1, 1e-3);
}

void claims_of_gaps(Concept& c, const Move& move) {
  const Slanted target;
  const Grid axis(-6, 6, c.choose(48, 24));
  const Tensor e = vae::exact::plane(axis, axis);
  const auto left = [&](int K) {
    BentNormal q(zeros({2}), 1, concepts::steps_at_rest(2, K, c.rng("slanted")));
    return fit(q, e, move, target, {.steps = 1000, .shrink = 1e-2});
  };
  c.exact("correlation 0.9: gap of the best diagonal normal", left(0), target.kGap, 1e-4);
  c.within("share that one step closes", 1 - left(1) / target.kGap, 0.95, 1 + 1e-6);
}

/// Eight steps whose tears lie on top of each other, in the valley between the peaks at -1.6 and 0.2.
BentNormal over_the_valley(int K) {
  const double w = 100, u = 0.9 / K;
  return {full({1}, -0.66), 0.1, broadcast_to(tensor({w, u, 0.73 * w}), {K, 3})};
}

/// A fit for the picture: q on a fine grid, and its gap in nats.
struct Fit {
  std::string title;
  double gap;
  prob::SampledLatent q;
};

/// A normal, and eight steps from two starts.
std::vector<Fit> claims_of_peaks(Concept& c, const Move& move) {
  const ThreePeaks p;
  const Tensor e = reshape(Grid(-6, 6, 800).points, {-1, 1}),
               fine = reshape(Grid(-5, 5, 40000).points, {-1, 1});
  BentNormal normal(full({1}, 0.2), 0.1, zeros({0, 3})),
      torn = over_the_valley(8),
      rest(full({1}, -0.8), 1, concepts::steps_at_rest(1, 8, c.rng("rest")));
  const int steps = c.choose(1500, 300);
  const double gaps[] = {fit(normal, e, move, p, {.steps = steps}),
                         fit(rest, e, move, p, {.steps = steps, .shrink = 1e-2}),
                         fit(torn, e, move, p, {.steps = steps, .rate = 5e-4, .shrink = 1e-2})};
  c.exact("three peaks: gap of the best normal", gaps[0], p.kGap, 1e-4);
  c.within("eight steps that start at rest: share closed", 1 - gaps[1] / p.kGap, -0.1, 0.2);
  c.within("eight steps that start over the valley: the same", 1 - gaps[2] / p.kGap, 0.5, 1);
  return {{"a normal", gaps[0], normal.at(fine, move)},
          {"eight steps, from rest", gaps[1], rest.at(fine, move)},
          {"eight steps, from over the valley", gaps[2], torn.at(fine, move)}};
}

// --- picture

/// Draws of N(0, I) after a step, with those before it in the background.
Plot moved(const std::string& title, const Tensor& z, const Tensor& after) {
  const auto axis = [](const Tensor& of, int i) { return slice(of, 1, i, i + 1).to_vector(); };
  return Plot(title, "z_1", "z_2")
      .dots("before", axis(z, 0), axis(z, 1))
      .dots("after", axis(after, 0), axis(after, 1))
      .x_range(-4, 4)
      .y_range(-4, 4)
      .square()
      .key("below");
}

/// One step of each kind: a planar one, a radial one towards its centre (1, 0) and one away from it.
std::vector<Plot> picture_of_steps(Rng rng) {
  const Tensor z = rng.normal({500, 2}), centre = tensor({1.0, 0.0}), alpha = tensor({1.0});
  const PlanarStep planar(tensor({2.0, 0.0, 0.0, 2.0, 0.0}), 2, concepts::planar);
  const prob::RadialFlow inward(centre, alpha, tensor({-2.0})),
      outward(centre, alpha, tensor({3.0}));
  return {
      moved("a planar step", z, planar.forward(z).z),
      moved(fmt::format("radial, beta = {:.2f}", inward.beta().item()), z, inward.forward(z).z),
      moved(fmt::format("radial, beta = {:.2f}", outward.beta().item()), z, outward.forward(z).z)};
}

std::vector<Plot> picture(const std::vector<Fit>& fits, Rng rng) {
  std::vector<Plot> panels = picture_of_steps(std::move(rng));
  const Tensor line = linspace(-2.6, 0.8, 400), density = exp(ThreePeaks().log_p(line));
  for (const Fit& fit : fits)
    panels.push_back(Plot(fmt::format("{}: gap {:.2f} nats", fit.title, fit.gap), "z", "density")
                         .line("p(z|x)", line.to_vector(), density.to_vector())
                         .line("q(z)", fit.q.z.to_vector(), exp(fit.q.log_q).to_vector())
                         .key("top left")
                         .x_range(-2.6, 0.8)
                         .y_range(0, 7));
  return panels;
}

// --- program

void program(Concept& c) {
  const Move move = c.broken("stale_z")             ? Move(concepts::stale_z)
                    : c.broken("norm_not_squared")  ? concepts::norm_not_squared
                    : c.broken("no_constraint")     ? concepts::no_constraint
                    : c.broken("summed_over_batch") ? concepts::summed_over_batch
                    : c.broken("sign")              ? concepts::sign
                                                    : concepts::planar;
  claims_of_steps(c, move);
  claims_of_density(c, move);
  claims_of_gaps(c, move);
  c.draw(picture(claims_of_peaks(c, move), c.rng("picture")));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C98",
       .title = "Planar flows: a posterior bent step by step",
       .source = "UDL notes; Rezende and Mohamed 2015, equations 10 to 14",
       .mutants = {{"stale_z", "the volume is taken at the end of the step"},
                   {"norm_not_squared", "u^ is made with |w| in the place of |w|^2"},
                   {"no_constraint", "u as it comes, with log(|.| + 1e-4)"},
                   {"summed_over_batch", "log |det| is summed over the batch"},
                   {"sign", "log |det| is added to log q"}}},
      program);
}
