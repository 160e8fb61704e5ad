// aggregated_posterior: samples of the average of all q(z|x_i) avoid the holes that the prior has
// C71, UDL section 17.8.2
//
//     q(z) = 1/I sum_i q(z | x_i):      pick an example i at random, then draw z from q(z | x_i)
//
// It is a mixture with one part for each example. Where no example is encoded it is empty although the
// prior is not, and a z from there decodes to something that the data never show. (The notes divide
// once by L and once by I: it is the number of examples, I.)
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/mixture.hpp"
#include "support/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/mixture.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// q(z) of the examples, where each has a normal q(z|x_i).
prob::Mixture<prob::Normal> aggregate(const Concept& c, const prob::Normal& q) {
  if (c.broken("mean_of_parameters")) {  // one normal with the mean of all parameters
    return {zeros({1}),
            prob::Normal(mean(q.loc, 0, true), mean(q.scale + zeros(q.shape()), 0, true))};
  }
  return {zeros({q.shape()[0]}), prob::Normal(q.loc, q.scale + zeros(q.shape()))};
}

void program(Concept& c) {
  // Data with a hole: two clusters. The model: z ~ N(0, 1), x|z ~ N(z, 0.3^2), with its exact q(z|x).
  const vae::exact::NormalMixture data{
      .logits = zeros({2}), .loc = tensor({-1.0, 1.0}), .scale = tensor({0.35, 0.35})};
  const vae::exact::Line model{.w = tensor(1.0), .s = tensor(0.3)};
  Rng rng = c.rng("data");
  const std::int64_t examples = 500, n = c.choose(100000, 20000);
  const Tensor x = data.sample(rng, examples).x;
  const prob::Normal q = model.posterior(x);
  const prob::Mixture<prob::Normal> aggregated = aggregate(c, q);

  // It is a density, and it is the mean of all q(z|x_i).
  const vae::exact::Grid z(-6, 6, 2400);
  const Tensor log_q = aggregated.log_prob(z.points);
  c.exact("q(z) integrates to", exp(z.log_integral(log_q)).item(), 1, 1e-9);
  const Tensor each = exp(q.log_prob(reshape(z.points, {-1, 1})));  // [cells, examples]
  const Tensor total = sum(each, 1);
  const double number = c.broken("divided_by_L") ? 100 : static_cast<double>(examples);
  c.identity("largest |q(z) - 1/I sum_i q(z|x_i)|", max(abs(exp(log_q) - total / number)).item(), 0,
             1e-12);

  // To draw from it: pick an example, then draw from its q.
  std::vector<std::int32_t> picked(static_cast<std::size_t>(n));
  for (std::int32_t& i : picked) i = static_cast<std::int32_t>(rng.below(examples));
  const Tensor loc = take_rows(q.loc, index_tensor(picked, {n}));
  const Tensor from_q = prob::Normal(loc, q.scale).sample(rng);
  const Tensor from_prior = model.prior({n}).sample(rng);
  const auto in_hole = [](const Tensor& latents) {
    return where(less(abs(latents), 0.3), 1.0, 0.0);
  };
  const double hole = sum(in_hole(z.points) * exp(log_q) * z.step()).item();
  c.monte_carlo("picked and drawn: share with |z| < 0.3", prob::estimate(in_hole(from_q)), hole,
                0.01);
  c.monte_carlo("picked and drawn: mean of z^2", prob::estimate(square(from_q)),
                sum(square(z.points) * exp(log_q) * z.step()).item(), 0.02);

  // Decoded and judged by the density that the data really have.
  const Tensor good = data.log_px(model.likelihood(from_q).sample(rng));
  const Tensor plain = data.log_px(model.likelihood(from_prior).sample(rng));
  const prob::Estimate gain = prob::estimate(good - plain);
  c.at_least("true log density, q(z) minus prior: standard errors",
             (gain.mean / gain.standard_error).item(), 4);
  c.within("true log density, q(z) minus prior: nats", gain.mean.item(), 0.5, 3);
  c.at_least("share in the hole, prior / q(z)", mean(in_hole(from_prior)).item() / hole, 2);

  // What comes out of the decoder: both latent densities, made wider by its noise.
  const std::vector<double> at = z.points.to_vector();
  const auto part = [&](const Tensor& log_p) { return exp(log_p).to_vector(); };
  const auto wider = aggregate(c, prob::Normal(q.loc, sqrt(square(q.scale) + square(model.s))));
  c.draw({Plot("latents: the prior has no hole", "z", "density")
              .line("prior", at, part(model.prior().log_prob(z.points)))
              .line("aggregated posterior", at, part(log_q))
              .x_range(-3, 6),
          Plot("what the decoder makes of them", "x", "density")
              .band("data", at, std::vector<double>(at.size(), 0), part(data.log_px(z.points)))
              .line("from the prior", at, part(model.log_px(z.points)))
              .line("from q(z)", at, part(wider.log_prob(z.points)))
              .x_range(-3, 6)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C71",
       .title = "Sampling from the aggregated posterior",
       .source = "UDL section 17.8.2",
       .mutants = {{"mean_of_parameters", "one normal with averaged parameters, not a mixture"},
                   {"divided_by_L", "the sum over examples is divided by a number of samples"}}},
      program);
}
