// amortized_inference: one encoder for all data is at best as good as a q of its own for every datum
// C42, S0 (local parameters psi_n against an inference network)
//
//     local:      max over (mu_n, sigma_n) of ELBO(x_n; mu_n, sigma_n), for every n by itself
//     amortized:  max over phi of sum_n ELBO(x_n; mu_phi(x_n), sigma_phi(x_n))
//
// The difference is the amortization gap. On PPCA the best mean is linear in x and the best variance
// is the same everywhere, so a linear encoder closes the gap. On the curve it cannot: the posterior
// jumps from one arm to another where x moves a little.
#include <algorithm>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::climb;
using support::Concept;
using support::Plot;

namespace {

/// q(z | x) whose mean and log scale are linear in x [N, D].
prob::Normal encode(nn::Linear& encoder, const Tensor& x) {
  const Tensor out = encoder(x);
  const std::int64_t latents = out.dim(-1) / 2;
  return {slice(out, -1, 0, latents), exp(slice(out, -1, latents, 2 * latents) - 1.0), 1};
}

void linear_model(Concept& c) {
  Rng rng = c.rng("ppca");
  const vae::exact::Ppca model = vae::exact::Ppca::random(6, 2, 1.0, rng);
  const Tensor x = model.sample(rng, 64).x;
  nn::Linear encoder(6, 4);
  nn::init::torch_default(encoder, rng);
  if (c.broken("no_bias")) encoder.bias.set_trainable(false);
  const auto amortized = [&] { return model.elbo(x, encode(encoder, x)); };
  climb(encoder.parameters(), [&] { return sum(amortized()); }, {.steps = c.choose(20000, 8000)});
  const Tensor gap = model.elbo(x, model.best_diagonal(x)) - amortized();
  c.at_least("ppca: smallest local - amortized, nats", -max(-gap).item(), -1e-9);
  c.at_most("ppca, linear encoder: mean gap, nats", mean(gap).item(), 1e-6);
}

std::vector<double> curve(Concept& c) {
  Rng rng = c.rng("curve");
  vae::exact::Curve model = vae::exact::Curve::example();
  model.grid = vae::exact::Grid(-8, 8, 640);  // coarse, for speed
  const std::int64_t n = c.choose(32, 16);
  const Tensor x = model.sample(rng, n).x;
  const auto on_grid = [](const Tensor& scale) { return minimum(maximum(scale, 0.05), 0.8); };
  const int steps = c.choose(1000, 300);
  nn::Linear encoder(2, 2);
  nn::init::torch_default(encoder, rng);
  const auto amortized_q = [&] {
    const prob::Normal q = encode(encoder, x);
    return prob::Normal(reshape(q.loc, {n}), on_grid(reshape(q.scale, {n})));
  };
  climb(encoder.parameters(), [&] { return sum(model.elbo(x, amortized_q())); }, {steps});
  const Tensor amortized = model.elbo(x, amortized_q());

  // A q for every datum: from where the encoder put it, and from the posterior's highest peak.
  const auto local_from = [&](const Tensor& mean, const Tensor& scale) {
    Parameter loc("loc", mean), log_scale("log_scale", log(scale));
    const auto elbo = [&] {
      return model.elbo(x, prob::Normal(loc * 1.0, on_grid(exp(log_scale))));
    };
    if (!c.broken("local_untrained"))
      climb({&loc, &log_scale}, [&] { return sum(elbo()); }, {steps});
    return elbo();
  };
  const Tensor peak = take_rows(model.grid.points, argmax(model.log_posterior(x)));
  Tensor local = local_from(c.broken("local_untrained") ? zeros({n}) : peak, full({n}, 0.1));
  if (!c.broken("local_untrained")) {
    local = maximum(local, local_from(amortized_q().loc, amortized_q().scale));
  }
  const Tensor gap = local - amortized;
  c.at_least("curve: smallest local - amortized, nats", -max(-gap).item(), -1e-6);
  c.at_least("curve, linear encoder: mean gap, nats", mean(gap).item(), 0.05);
  std::vector<double> sorted = gap.to_vector();
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

void program(Concept& c) {
  linear_model(c);
  const std::vector<double> gap = curve(c);
  c.draw({Plot("curve: what each datum loses by sharing an encoder", "data, sorted by their gap",
               "local ELBO - amortized ELBO, nats")
              .bars("", gap)
              .x_range(-1, static_cast<double>(gap.size()))
              .key("off")});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C42",
       .title = "Local parameters against an amortized network",
       .source = "S0, local parameters and inference networks; models F2 and F3",
       .mutants = {{"no_bias", "an encoder without a bias, for data whose mean is not 0"},
                   {"local_untrained", "the local parameters stay where they begin"}}},
      program);
}
