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
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/mixture.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// q(z) of the examples, where each has a normal q(z|x_i).
prob::Mixture<prob::Normal> aggregate(const prob::Normal& q) {
  return {zeros({q.shape()[0]}), prob::Normal(q.loc, q.scale + zeros(q.shape()))};
}

/// x of each z, with the decoder's noise.
Tensor decode(const vae::exact::Line& model, const Tensor& z, Rng& rng) {
  return model.likelihood(z).sample(rng);
}

// --- wrong versions

/// One normal with the mean of all parameters.
prob::Mixture<prob::Normal> mean_of_parameters(const prob::Normal& q) {
  return {zeros({1}),
          prob::Normal(mean(q.loc, 0, true), mean(q.scale + zeros(q.shape()), 0, true))};
}

Tensor decode_without_noise(const vae::exact::Line& model, const Tensor& z, Rng&) {
  return model.w * z;
}

// --- claims

/// Data with a hole: two clusters. The model: z ~ N(0, 1), x|z ~ N(z, 0.3^2), with its exact q(z|x).
struct World {
  vae::exact::NormalMixture data{
      .logits = zeros({2}), .loc = tensor({-1.0, 1.0}), .scale = tensor({0.35, 0.35})};
  vae::exact::Line model{.w = tensor(1.0), .s = tensor(0.3)};
  vae::exact::Grid z{-6, 6, 2400};
};

Tensor in_hole(const Tensor& z) { return where(less(abs(z), 0.3), 1.0, 0.0); }

/// It is a density, and it is the mean of all q(z|x_i).
void claims_of_density(Concept& c, const World& of, const prob::Normal& q, const Tensor& log_q,
                       double number) {
  c.exact("q(z) integrates to", exp(of.z.log_integral(log_q)).item(), 1, 1e-9);
  const Tensor each = exp(q.log_prob(reshape(of.z.points, {-1, 1})));  // [cells, examples]
  c.identity("largest |q(z) - 1/I sum_i q(z|x_i)|",
             max(abs(exp(log_q) - sum(each, 1) / number)).item(), 0, 1e-12);
}

/// To draw from it: pick an example, then draw from its q.
void claims_of_draws(Concept& c, const World& of, const prob::Normal& q, const Tensor& log_q,
                     const Tensor& log_decoded, Rng& rng, const auto& decode_x) {
  const std::int64_t n = c.choose(100000, 20000);
  std::vector<std::int32_t> picked(static_cast<std::size_t>(n));
  for (std::int32_t& i : picked) i = static_cast<std::int32_t>(rng.below(q.shape()[0]));
  const Tensor loc = take_rows(q.loc, index_tensor(picked, {n}));
  const Tensor from_q = prob::Normal(loc, q.scale).sample(rng);
  const Tensor from_prior = of.model.prior({n}).sample(rng);
  const Tensor mass = exp(log_q) * of.z.step();
  const double hole = sum(in_hole(of.z.points) * mass).item();
  c.monte_carlo("picked and drawn: share with |z| < 0.3", prob::estimate(in_hole(from_q)), hole,
                0.01);
  c.monte_carlo("picked and drawn: mean of z^2", prob::estimate(square(from_q)),
                sum(square(of.z.points) * mass).item(), 0.02);

  // Decoded and judged by the density that the data really have.
  const Tensor good = of.data.log_px(decode_x(of.model, from_q, rng));
  const Tensor plain = of.data.log_px(decode(of.model, from_prior, rng));
  c.within("share in the hole, prior / q(z)", mean(in_hole(from_prior)).item() / hole, 2.4, 3.5);
  const Tensor more = exp(log_decoded) - exp(of.model.log_px(of.z.points));
  const double gain = sum(more * of.data.log_px(of.z.points) * of.z.step()).item();
  c.monte_carlo("true log density, q(z) minus prior: nats", prob::estimate(good - plain), gain,
                0.05);
  c.at_least("the same, by quadrature", gain, 0.3);
}

// --- picture

std::vector<Plot> picture(const World& of, const Tensor& log_q, const Tensor& log_decoded) {
  const std::vector<double> at = of.z.points.to_vector();
  const auto part = [&](const Tensor& log_p) { return exp(log_p).to_vector(); };
  return {
      Plot("latents: the prior has no hole", "z", "density")
          .line("prior", at, part(of.model.prior().log_prob(of.z.points)))
          .line("aggregated posterior", at, part(log_q))
          .x_range(-3, 3)
          .key("below"),
      Plot("what the decoder makes of them", "x", "density")
          .band("data", at, std::vector<double>(at.size(), 0), part(of.data.log_px(of.z.points)))
          .line("from the prior", at, part(of.model.log_px(of.z.points)))
          .line("from q(z)", at, part(log_decoded))
          .x_range(-3, 3)
          .key("below")};
}

// --- program

void program(Concept& c) {
  const auto aggregated = c.broken("mean_of_parameters") ? mean_of_parameters : aggregate;
  const auto decode_x = c.broken("noise_forgotten") ? decode_without_noise : decode;
  const std::int64_t examples = 500;
  const double number = c.broken("divided_by_L") ? 100 : static_cast<double>(examples);
  const World world;
  Rng rng = c.rng("data");
  const prob::Normal q = world.model.posterior(world.data.sample(rng, examples).x);
  const Tensor log_q = aggregated(q).log_prob(world.z.points);
  // What comes out of the decoder: q(z), made wider by its noise.
  const prob::Normal wider(q.loc, sqrt(square(q.scale) + square(world.model.s)));
  const Tensor log_decoded = aggregated(wider).log_prob(world.z.points);
  claims_of_density(c, world, q, log_q, number);
  claims_of_draws(c, world, q, log_q, log_decoded, rng, decode_x);
  c.draw(picture(world, log_q, log_decoded));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C71",
       .title = "Sampling from the aggregated posterior",
       .source = "UDL section 17.8.2",
       .mutants = {{"noise_forgotten", "one of the two decoders adds no noise"},
                   {"mean_of_parameters", "one normal with averaged parameters, not a mixture"},
                   {"divided_by_L", "the sum over examples is divided by a number of samples"}}},
      program);
}
