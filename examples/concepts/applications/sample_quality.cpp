// sample_quality: three reasons why the samples of a VAE are poor, taken away one after another
// C84, UDL sections 17.8.2 and 17.9
//
//     the noise model p(x|z) = N(f(z), sigma^2 I),   the prior p(z) = N(0, 1),   the normal q(z|x)
//
// Data from the curve F3, whose density is known; how far a model's samples are from it, the maximum
// mean discrepancy tells. First a VAE that minimises the squared error (sigma^2 = 1/2), then one that
// learns sigma, then its z from q(z) in place of the prior, then the exact p(z|x) in place of q.
#include <cmath>

#include "nn/init.hpp"
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/analysis/mmd.hpp"
#include "vae/exact/curve.hpp"
#include "vae/variants/mlp.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using Density = prob::Mixture<prob::Normal>;

namespace {

const vae::Bandwidths kBandwidths{0.1, 0.3, 1};
const vae::VaeConfig kEncoder{
    .rows = 1, .cols = 2, .hidden = {32, 32}, .latent = 1, .activation = Activation::tanh};

struct Model : nn::Module {
  nn::Child<vae::MlpEncoder> encode{*this, "encode", kEncoder};
  nn::Child<nn::Linear> h1{*this, "h1", 1, 32, Activation::tanh},
      h2{*this, "h2", 32, 32, Activation::tanh}, f{*this, "f", 32, 2};
  nn::Param log_sigma{*this, "log_sigma", {}, 0.5 * std::log(0.5)};

  prob::Normal decode(const Tensor& z) { return {f(h2(h1(2.0 * z))), exp(log_sigma), 1}; }

  // For what is exact: a grid over z, and p(x) as a mixture with a part for each of its cells.
  vae::exact::Grid line{-4, 4, 200};
  Tensor log_prior = line.log_mass(prob::StandardNormal({200}).log_prob(line.points));
  Density density(const Tensor& log_weights) {
    return {log_weights, decode(reshape(line.points, {-1, 1}))};
  }
};

void train(Concept& c, Model& model, bool normal_q) {
  nn::init::torch_default(model, c.rng("init"));
  Rng rng = c.rng("training");
  const auto objective = [&] {
    const Tensor x = vae::exact::Curve::example().sample(rng, 200).x;
    // With q = p(z|x) the bound is log p(x) itself.
    if (!normal_q) return mean(model.density(model.log_prior).log_prob(x));
    const auto likelihood = [&](const Tensor& z) { return model.decode(z); };
    const prob::StandardNormal prior({200, 1}, 1);
    return mean(vae::sgvb_analytic_kl(x, model.encode(x), prior, likelihood, rng).elbo());
  };
  support::climb(model.parameters(), objective,
                 {.steps = c.choose(4000, 600), .rate = 6e-3, .shrink = 0.05});
}

void program(Concept& c) {
  const auto truth = vae::exact::Curve::example();
  Model squared_error, learned, exact;
  squared_error.log_sigma.set_trainable(false);
  train(c, squared_error, true);
  train(c, learned, true);
  train(c, exact, false);

  const NoGrad numbers_only;
  Rng rng = c.rng("samples");
  const std::int64_t n = c.choose(2000, 500);
  // q(z), the mean of all q(z|x), in the cells of the grid.
  const prob::Normal q = learned.encode(truth.sample(rng, 2000).x);
  const Tensor each = prob::Normal(q.loc, q.scale).log_prob(exact.line.points);
  const Tensor log_q = exact.line.log_mass(prob::log_mean_exp(each, 0));
  const std::vector<std::pair<std::string, Density>> models{
      {"squared error", squared_error.density(exact.log_prior)},
      {"sigma learned", learned.density(exact.log_prior)},
      {"and z from q(z)", learned.density(log_q)},
      {"exact p(z|x)", exact.density(exact.log_prior)}};
  const Density data(exact.log_prior, truth.likelihood(exact.line.points));
  const vae::exact::Grid across(-0.8, 2.4, 60), up(-2, 2, 75);
  std::vector<double> mmd;
  std::vector<Plot> panels;
  for (const auto& [name, p] : models) {
    mmd.push_back(vae::mmd_squared(p, data, kBandwidths).item());
    const Tensor sigma = c.broken("noise_forgotten") ? tensor(1e-3) : p.components.scale;
    const Tensor x = Density(p.logits, {p.components.loc, sigma, 1}).sample(rng, {n});
    const auto e = vae::estimate_mmd_squared(x, truth.sample(rng, n).x, kBandwidths);
    c.monte_carlo(name + ": MMD^2 of samples", e, mmd.back(), 0.01);
    panels.push_back(Plot(fmt::format("{}: MMD^2 = {:.4f}", name, mmd.back()), "x1", "x2")
                         .heat(across.points.to_vector(), up.points.to_vector(),
                               exp(p.log_prob(plane(across, up))).to_vector())
                         .x_range(-0.8, 2.4));
  }
  c.within("MMD^2, sigma learned / squared error", mmd[1] / mmd[0], 0.3, 0.7);
  c.within("MMD^2, z from q(z) / z from p(z)", mmd[2] / mmd[1], 0.5, 0.95);
  c.within("MMD^2, exact p(z|x) / normal q", mmd[3] / mmd[1], 0, c.choose(0.1, 0.4));
  const auto sigma = [](Model& model) { return exp(model.log_sigma).item(); };
  c.within("sigma with a normal q (of the data: 0.2)", sigma(learned), 0.3, 0.5);
  c.within("sigma with the exact p(z|x)", sigma(exact), 0.19, c.choose(0.25, 0.38));
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C84",
       .title = "Why the samples of a VAE are poor",
       .source = "UDL sections 17.8.2, 17.9, figure 17.12; model F3",
       .mutants = {{"noise_forgotten", "samples are f(z), without the decoder's noise"}}},
      program);
}
