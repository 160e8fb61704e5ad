// map_projection: the most probable latent of an x, found by gradient ascent on log p(x, z)
// C73, UDL section 17.8.3
//
//     z* = argmax_z log p(x | z) + log p(z)        (by Bayes' rule proportional to p(z | x))
//
// No encoder is needed, only a decoder and its gradient by z. On PPCA the answer is known: the posterior
// is Gaussian, so its top is its mean M^-1 W^T (x - m). On a curved decoder the posterior has several
// tops, its mean may lie between them, and where the ascent ends depends on where it starts.
#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/inference/map.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// The most probable z of each x [N, D].
Tensor projected(const Concept& c, const vae::exact::Ppca& model, const Tensor& x) {
  const auto log_joint = [&](const Tensor& z) {
    return c.broken("prior_forgotten") ? model.likelihood(z).log_prob(x) : model.log_joint(x, z);
  };
  return vae::climb(log_joint, zeros({x.dim(0), model.latents()}), {.steps = 3000});
}

void program(Concept& c) {
  // PPCA: ten numbers, two latents.
  Rng fixed(3);
  const auto model = vae::exact::Ppca::random(10, 2, 2.0, fixed);
  Rng rng = c.rng("data");
  const Tensor x = model.sample(rng, 100).x;
  const Tensor top = projected(c, model, x);
  c.exact("PPCA: largest |z* - posterior mean|", max(abs(top - model.posterior(x).loc)).item(), 0);

  // The curve: compare with the mean of the posterior (what the best encoder's mean would be) and
  // with the highest of 1600 points of a grid.
  const auto curve = vae::exact::Curve::example();
  const Tensor points = curve.sample(rng, 100).x;  // [100, 2]
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

  // Paths in the latent plane of one x; the posterior where the ascent gains most.
  const vae::exact::Grid axis(-3, 3, 60);
  const Tensor one = slice(x, 0, 0, 1), plane = vae::exact::plane(axis, axis);
  Plot paths("PPCA: four ascents over p(z | x)", "z_1", "z_2");
  paths.heat(axis.points.to_vector(), axis.points.to_vector(),
             exp(model.posterior(one).log_prob(plane)).to_vector());
  const Tensor corners = tensor({{-2.5, -2.5}, {2.5, -2.5}, {-2.5, 2.5}, {2.5, 2.5}});
  std::vector<double> px[4], py[4];
  const auto follow = [&](const Tensor& z) {
    const std::vector<double> at = z.to_vector();
    for (std::size_t i = 0; i < 4; ++i) {
      px[i].push_back(at[2 * i]);
      py[i].push_back(at[2 * i + 1]);
    }
  };
  vae::climb([&](const Tensor& z) { return model.log_joint(one, z); }, corners,
             {.steps = 1500, .visit = follow});
  for (int i = 0; i < 4; ++i) paths.line("", px[i], py[i]);
  const std::vector<double> gains = gain.to_vector();
  const std::int64_t most = std::max_element(gains.begin(), gains.end()) - gains.begin();
  const std::vector<double> density =
      exp(curve.log_posterior(slice(points, 0, most, most + 1))).to_vector();
  const auto height = [&](double z) {
    return density[static_cast<std::size_t>((z - curve.grid.low) / curve.grid.step())];
  };
  const double mean_at = slice(mean_z, 0, most, most + 1).item();
  const double top_at = slice(from_mean, 0, most, most + 1).item();
  c.draw({paths, Plot("a curved decoder: p(z | x) of one x", "z", "density")
                     .line("", curve.grid.points.to_vector(), density)
                     .points("mean of p(z | x)", {mean_at}, {height(mean_at)})
                     .points("where the ascent ends", {top_at}, {height(top_at)})
                     .x_range(-3, 5)});
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
