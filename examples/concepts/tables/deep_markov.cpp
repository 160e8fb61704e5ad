// deep_markov: a chain of states whose steps are networks, and a q that reads backwards
// C149, Krishnan, Shalit and Sontag 2017; model F7
//
//     z_1 ~ N(0, I),   z_t ~ p(z_t|z_{t-1}),   x_t ~ p(x_t|z_t)
//     log p(x) >= sum_t E log p(x_t|z_t) - KL(q(z_t|z_{t-1}, x_t .. x_T) || p(z_t|z_{t-1}))
//
// F7 is such a chain whose steps are linear: its log p(x) is the Kalman filter's, and the best guess of what the noise
// covers is the Kalman smoother's. The model has to learn both. It is in deep_markov.hpp.
#include "concepts/tables/deep_markov.hpp"

#include <cmath>

#include "concepts/hierarchies/recurrent_vae_faults.hpp"
#include "concepts/hierarchies/train_sequences.hpp"
#include "concepts/tables/markov_paths.hpp"
#include "nn/init.hpp"
#include "prob/monte_carlo.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;
using vae::exact::Chain;

namespace {

using ChainMarkov = DeepMarkov<KnownNoise>;
using Plant = void (*)(ChainMarkov&);

constexpr int kSteps = 20;                   // of a sequence
constexpr double kLogPxOfAStep = -0.965644;  // on average, by the Kalman filter

// --- wrong versions

/// The gate lets both through, or neither.
Tensor gate_on_both(const Tensor& g, const Tensor& line, const Tensor& h) { return g * (line + h); }

/// States of the backward network are not put in order again: z_1 is given what x_T says.
std::vector<Tensor> order_not_restored(nn::Gru& rnn, const Tensor& x) {
  const std::vector<Tensor> h = future(rnn, x);
  return {h.rbegin(), h.rend()};
}

// --- claims

/// With its gate closed the model can be F7.
void claim_of_the_gate(Concept& c, Plant plant) {
  const Chain chain = Chain::example();
  ChainMarkov model({.frame = 1, .latent = 2, .hidden = 4, .state = 4});
  nn::init::torch_default(model, c.rng("gate"));
  plant(model);
  become(model, chain);
  Rng rng = c.rng("paths");
  const auto [z, x] = chain.sample(rng, 50, kSteps);
  c.identity("gate closed, numbers of F7: log p(x, z) - that of F7, largest",
             max(abs(log_joint(model, x, z) - chain.log_joint(x, z))).item(), 0, 1e-9);
}

void measure(const Concept& c, Record& r, Plant plant) {
  const DTypeScope f32(DType::f32);
  const Chain chain = Chain::example();
  Rng train = c.rng("train"), test = c.rng("test"), rng = c.rng("measure");
  const auto [z, x] = chain.sample(test, c.choose(4000, 1000), kSteps);
  const nn::TensorDataset data({chain.sample(train, c.choose(20000, 2000), kSteps).x}, {x});
  ChainMarkov model({.frame = 1, .latent = 2, .hidden = 32, .state = 32});
  plant(model);
  const auto play = [&](const nn::Batch& b, Rng& noise) { return model.elbo(b.images, noise); };
  train_sequences(c, model, play, data, "F7", {c.choose(20, 10), c.choose(100, 50), 1e-2}, r);
  const NoGrad no_grad;
  const auto gap = prob::estimate((model.elbo(x, rng).elbo() - chain.log_px(x)) / double{kSteps});
  r.numbers["bound - log p(x)"] = gap.mean.item();
  r.numbers["bound - log p(x), standard error"] = gap.standard_error.item();
  const auto first = [](const Tensor& of) { return slice(of, -1, 0, 1); };
  const Tensor clean = first(z), guess = without_noise(model, x, c.choose(50, 20), rng);
  const Tensor smooth = first(kalman_smoother(chain, x).mean);
  r.numbers["filter"] = error_of(first(kalman_filter(chain, x).path.mean), clean);
  r.numbers["smoother"] = error_of(smooth, clean);
  r.numbers["model"] = error_of(guess, clean);
  const Tensor drawn = generate(model, c.choose(20000, 10000), kSteps, rng);
  double exact = 0;
  for (int t = 1; t < kSteps; ++t) exact += chain.covariance(t, t + 1).item() / (kSteps - 1);
  r.numbers["covariance of neighbours"] = covariance_of_neighbours(drawn) / exact;
  for (int t = 0; t < kSteps; ++t) {
    r.add("x_t", t + 1, x.at({0, t, 0})), r.add("without noise", t + 1, clean.at({0, t, 0}));
    r.add("Kalman smoother", t + 1, smooth.at({0, t, 0}));
    r.add("the model", t + 1, guess.at({0, t, 0}));
  }
}

void claims_of_the_model(Concept& c, const Record& r) {
  const double bound = r.number("bound - log p(x)");
  c.within("bound - log p(x), nats a step", bound, c.choose(-0.04, -0.15),
           4 * r.number("bound - log p(x), standard error"));
  c.within("without noise: error of the Kalman filter / smoother",
           r.number("filter") / r.number("smoother"), c.choose(1.2, 1.17), c.choose(1.24, 1.27));
  c.within("error of the model / Kalman smoother", r.number("model") / r.number("smoother"), 0.99,
           c.choose(1.06, 1.25));
  c.within("samples: covariance of neighbours / that of F7", r.number("covariance of neighbours"),
           c.choose(0.85, 0.75), c.choose(1.05, 1.2));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot learned("F7: the bound rises to log p(x)", "epoch", "nats a step");
  const auto& bound = r.curve("F7");
  learned.line("bound of the test sequences", bound.x, bound.y);
  learned.dashed("log p(x), Kalman filter", {1, bound.x.back()}, {kLogPxOfAStep, kLogPxOfAStep});
  Plot path("one sequence: what the noise covers", "step t", "");
  path.points("x_t", r.curve("x_t").x, r.curve("x_t").y);
  for (const std::string name : {"without noise", "Kalman smoother", "the model"})
    path.line(name, r.curve(name).x, r.curve(name).y);
  return {learned.y_range(-1.08, -0.94).key("bottom right"), path.key("bottom left")};
}

// --- program

void program(Concept& c) {
  Plant plant = [](ChainMarkov&) {};
  if (c.broken("gate_on_both")) plant = [](ChainMarkov& m) { m.transition.mix = gate_on_both; };
  if (c.broken("prior_standard")) plant = [](ChainMarkov& m) { m.kl = kl_to_standard; };
  if (c.broken("reads_the_past")) plant = [](ChainMarkov& m) { m.read = past; };
  if (c.broken("order_not_restored")) plant = [](ChainMarkov& m) { m.read = order_not_restored; };
  claim_of_the_gate(c, plant);
  const Record r = c.record([&](Record& measured) {
    measured.data_rule = "sequences of F7";
    measure(c, measured, plant);
  });
  claims_of_the_model(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C149",
       .title = "The deep Markov model: a chain of networks, smoothed",
       .source = "Krishnan, Shalit and Sontag 2017; model F7",
       .mutants = {{"gate_on_both", "the gate opens both ways at once"},
                   {"prior_standard", "the KL is to N(0, I), not to p(z_t|z_t-1)"},
                   {"reads_the_past", "q reads forwards: it filters"},
                   {"order_not_restored", "states of the backward network in reverse"}}},
      program);
}
