// sample_quality: three reasons why the samples of a VAE are poor, taken away one after another
// C84, UDL sections 17.8.2 and 17.9
//
//     the noise model p(x|z) = N(f(z), sigma^2 I),   the prior p(z) = N(0, 1),   the normal q(z|x)
//
// Data from the curve F3, whose density is known; how far a model's samples are from it, the maximum
// mean discrepancy tells. First a VAE that minimises the squared error (sigma^2 = 1/2), then one that
// learns sigma, then its z from q(z) in place of the prior, then the exact p(z|x) in place of q.

#include "concepts/applications/sample_quality.hpp"

#include "support/concept/concept.hpp"
#include "vae/bounds/mmd.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor draws_without_noise(const Density& p, std::int64_t n, Rng& rng) {
  return draws(Density(p.logits, {p.components.loc, tensor(1e-3), 1}), n, rng);
}

// --- claims

/// Three ways to learn: by squared error, with sigma, and with sigma and the exact p(z|x).
struct Models {
  Model squared_error, learned, exact;

  void train_all(int steps, const Rng& start, const Rng& rng) {
    squared_error.log_sigma.set_trainable(false);
    exact.encode->set_trainable(false);
    train(squared_error, true, steps, start, rng);
    train(learned, true, steps, start, rng);
    train(exact, false, steps, start, rng);
  }
};

/// A model's p(x), and its MMD^2 to the data.
struct Quality {
  std::string name;
  Density p;
  double mmd = 0;
};

std::vector<Quality> claims(Concept& c, Models& of, const Density& data, std::int64_t data_of_q,
                            const auto& draw) {
  const auto truth = vae::exact::Curve::example();
  Rng rng = c.rng("samples");
  const auto aggregated = [&] {
    return log_aggregated(of.learned, truth.sample(rng, data_of_q).x);
  };
  const Tensor log_q = aggregated(), prior = of.exact.log_prior;
  c.at_most("q(z) of these data and of as many others: total variation",
            0.5 * sum(abs(exp(log_q) - exp(aggregated()))).item(), 0.04);
  std::vector<Quality> models{{"squared error", of.squared_error.density(prior)},
                              {"sigma learned", of.learned.density(prior)},
                              {"and z from q(z)", of.learned.density(log_q)},
                              {"exact p(z|x)", of.exact.density(prior)}};
  const vae::Bandwidths bandwidths{0.1, 0.3, 1};
  const std::int64_t n = c.choose(2000, 500);
  for (Quality& model : models) {
    model.mmd = vae::mmd_squared(model.p, data, bandwidths).item();
    const Tensor x = draw(model.p, n, rng);
    const auto e = vae::estimate_mmd_squared(x, truth.sample(rng, n).x, bandwidths);
    c.monte_carlo(model.name + ": MMD^2 of samples", e, model.mmd, 0.01);
  }
  const auto mmd = [&](std::size_t i) { return models[i].mmd; };
  c.within("MMD^2, sigma learned / squared error", mmd(1) / mmd(0), 0.3, 0.7);
  c.within("MMD^2, z from q(z) / z from p(z)", mmd(2) / mmd(1), 0.5, 0.95);
  c.within("MMD^2, exact p(z|x) / normal q", mmd(3) / mmd(1), 0, c.choose(0.1, 0.4));
  const auto sigma = [](Model& model) { return exp(model.log_sigma).item(); };
  c.within("sigma with a normal q (of the data: 0.2)", sigma(of.learned), 0.3, 0.5);
  c.within("sigma with the exact p(z|x)", sigma(of.exact), 0.19, c.choose(0.25, 0.38));
  return models;
}

// --- picture

std::vector<Plot> picture(const Density& data, const std::vector<Quality>& models) {
  const vae::exact::Grid across(-0.8, 2.4, 60), up(-2, 2, 75);
  const auto panel = [&](const std::string& title, const Density& p) {
    return Plot(title, "x_1", "x_2")
        .heat(across.points.to_vector(), up.points.to_vector(),
              exp(p.log_prob(plane(across, up))).to_vector())
        .x_range(-0.8, 2.4);
  };
  std::vector<Plot> panels{panel("the data", data)};
  for (const auto& [name, p, mmd] : models) {
    const std::string shown = name.starts_with("and ") ? name.substr(4) : name;
    panels.push_back(panel(fmt::format("{}: MMD^2 = {:.4f}", shown, mmd), p));
  }
  return panels;
}

// --- program

void program(Concept& c) {
  const std::int64_t data_of_q = c.broken("few_x") ? 20 : 2000;
  const auto draw = c.broken("noise_forgotten") ? draws_without_noise : draws;
  Models models;
  models.train_all(c.choose(4000, 600), c.rng("init"), c.rng("training"));
  const NoGrad no_grad;
  const Model& any = models.exact;
  const Density data(any.log_prior, vae::exact::Curve::example().likelihood(any.line.points));
  c.draw(picture(data, claims(c, models, data, data_of_q, draw)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C84",
       .title = "Why the samples of a VAE are poor",
       .source = "UDL sections 17.8.2, 17.9, figure 17.12; model F3",
       .mutants = {{"few_x", "q(z) from 20 data"},
                   {"noise_forgotten", "samples are f(z), without the decoder's noise"}}},
      program);
}
