// map_projection: the most probable latent of an x, found by gradient ascent on log p(x, z)
// C73, UDL section 17.8.3
//
//     z* = argmax_z log p(x | z) + log p(z)        (by Bayes' rule proportional to p(z | x))
//
// No encoder is needed, only a decoder and its gradient with respect to z. On PPCA the answer is
// known: the posterior is Gaussian, so its top is its mean M^-1 W^T (x - m). On a curved decoder the
// posterior has several tops, its mean may lie between them, and where the ascent ends depends on
// where it starts.
#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/inference/climb.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Curve;
using vae::exact::Ppca;

namespace {

// --- model

/// What is climbed: up to a constant log p(z|x).
Tensor log_joint(const Ppca& model, const Tensor& x, const Tensor& z) {
  return model.log_joint(x, z);
}

/// The most probable z of each x [N, D].
Tensor projected(const Ppca& model, const Tensor& x, decltype(&log_joint) log_p) {
  return vae::climb([&](const Tensor& z) { return log_p(model, x, z); },
                    zeros({x.dim(0), model.latents()}), {.steps = 3000});
}

// --- wrong versions

Tensor log_likelihood(const Ppca& model, const Tensor& x, const Tensor& z) {
  return model.likelihood(z).log_prob(x);
}

// --- claims

/// Ascents on a curved decoder, from the posterior's mean for each of the points x [100, 2].
struct Ascents {
  Tensor points, mean_z, top, gain;
};

/// Compared with the mean of the posterior (what the best encoder's mean would be) and with the highest
/// of 1600 points of a grid.
Ascents claims_of_curve(Concept& c, const Curve& curve, Rng& rng) {
  const Tensor points = curve.sample(rng, 100).x;
  const Tensor table = curve.log_joint_table(points) - std::log(curve.grid.step());
  const Tensor mean_z = sum(softmax(table, -1) * curve.grid.points, -1);
  const auto on_curve = [&](const Tensor& z) { return curve.log_joint(points, z); };
  const Tensor from_mean = vae::climb(on_curve, mean_z, {.steps = 3000});
  const Tensor gain = on_curve(from_mean) - on_curve(mean_z);
  c.at_least("curve: smallest gain of log p(x, z) over the mean", -max(-gain).item(), -1e-9);
  c.at_least("curve: mean gain, nats", mean(gain).item(), 0.1);
  // From many starts, the best end is the highest point of all.
  Tensor best = on_curve(from_mean);
  for (const double start : support::grid(-3, 3, 25)) {
    best = maximum(best, on_curve(vae::climb(on_curve, full({100}, start), {.steps = 600})));
  }
  const Tensor above_grid = best - max(table, -1);
  c.at_least("curve: highest end minus the grid's, smallest", -max(-above_grid).item(), -1e-6);
  c.at_most("curve: highest end minus the grid's, largest", max(above_grid).item(), 0.05);
  fmt::print("from the mean, {} of 100 ascents end on a lower top\n",
             sum(where(less(on_curve(from_mean), best - 0.01), 1.0, 0.0)).item());
  return {points, mean_z, from_mean, gain};
}

// --- picture

/// Paths in the latent plane of one x [1, D].
Plot paths(const Ppca& model, const Tensor& x) {
  const vae::exact::Grid axis(-3, 3, 60);
  Plot plot("PPCA: four ascents over p(z | x)", "z_1", "z_2");
  plot.heat(axis.points.to_vector(), axis.points.to_vector(),
            exp(model.posterior(x).log_prob(vae::exact::plane(axis, axis))).to_vector());
  const Tensor corners = tensor({{-2.5, -2.5}, {2.5, -2.5}, {-2.5, 2.5}, {2.5, 2.5}});
  std::vector<double> px[4], py[4];
  const auto follow = [&](const Tensor& z) {
    const std::vector<double> at = z.to_vector();
    for (std::size_t i = 0; i < 4; ++i) {
      px[i].push_back(at[2 * i]);
      py[i].push_back(at[2 * i + 1]);
    }
  };
  vae::climb([&](const Tensor& z) { return model.log_joint(x, z); }, corners,
             {.steps = 1500, .visit = follow});
  for (int i = 0; i < 4; ++i) plot.line("", px[i], py[i]);
  return plot;
}

/// The posterior where the ascent gains most.
Plot several_tops(const Curve& curve, const Ascents& of) {
  const std::vector<double> gains = of.gain.to_vector();
  const std::int64_t most = std::max_element(gains.begin(), gains.end()) - gains.begin();
  const std::vector<double> density =
      exp(curve.log_posterior(slice(of.points, 0, most, most + 1))).to_vector();
  const auto height = [&](double z) {
    return density[static_cast<std::size_t>((z - curve.grid.low) / curve.grid.step())];
  };
  const double mean_at = slice(of.mean_z, 0, most, most + 1).item();
  const double top_at = slice(of.top, 0, most, most + 1).item();
  return Plot("a curved decoder: p(z | x) of one x", "z", "density")
      .line("", curve.grid.points.to_vector(), density)
      .points("mean of p(z | x)", {mean_at}, {height(mean_at)})
      .points("where the ascent ends", {top_at}, {height(top_at)})
      .x_range(-3, 3)
      .key("below");
}

// --- program

void program(Concept& c) {
  const auto climbed = c.broken("prior_forgotten") ? log_likelihood : log_joint;
  Rng fixed(3);  // PPCA: ten numbers, two latents
  const auto model = Ppca::random(10, 2, 2.0, fixed);
  Rng rng = c.rng("data");
  const Tensor x = model.sample(rng, 100).x, top = projected(model, x, climbed);
  c.exact("PPCA: largest |z* - posterior mean|", max(abs(top - model.posterior(x).loc)).item(), 0);
  const auto curve = Curve::example();
  const Ascents ascents = claims_of_curve(c, curve, rng);
  c.draw({paths(model, slice(x, 0, 0, 1)), several_tops(curve, ascents)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C73",
       .title = "Projection by optimisation: the most probable latent",
       .source = "UDL section 17.8.3; models F2 and F3",
       .mutants = {{"prior_forgotten", "log p(x|z) alone is climbed: least squares, not MAP"}}},
      program);
}
