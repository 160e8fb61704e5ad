// sampling_node: no gradient passes a node that samples, until the noise comes in from the side
// C44, UDL section 17.7 and figure 17.11, VAE notes S2, reparameterization
//
//     z ~ N(mu, sigma^2)            a leaf: the tape cannot know that z depends on mu and sigma
//     z = mu + sigma e, e ~ N(0, 1) the same numbers, and dz/dmu = 1, dz/dsigma = e
//
// The model is a VAE with one weight a network: mu = w x, sigma = exp(s), decoder u z, loss
// (x - u z)^2. What the loss really does when a weight moves is found by moving it, with the same
// noise before and after ("common random numbers").
#include <cmath>

#include "autograd/parameter.hpp"
#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/plot/tape_plot.hpp"

using namespace tapestry;
using support::Concept;

namespace {

// --- model

struct OneWeightVae {
  Parameter w{"w", tensor(0.5)}, s{"s", tensor(-0.7)}, u{"u", tensor(0.8)};
  std::int64_t samples;
  double x = 1.3;
};

/// `rng` comes by value: each call sees the same noise.
Tensor loss_of(OneWeightVae& vae, bool reparameterized, Rng rng) {
  const Tensor mu = (vae.w * vae.x).named("mu"), sigma = exp(vae.s).named("sigma");
  const prob::Normal q(mu, sigma);
  const Tensor z = reparameterized ? q.rsample(rng, {vae.samples}) : q.sample(rng, {vae.samples});
  return mean(square(vae.x - vae.u * z.named("z"))).named("loss");
}

/// What the tape says; 0 where no gradient arrived.
double on_tape(OneWeightVae& vae, bool reparameterized, const Rng& rng, const Parameter& weight) {
  Tape tape;
  for (const ParameterGrad& g : tape.grads(loss_of(vae, reparameterized, rng))) {
    if (g.parameter == &weight) return g.grad.item();
  }
  return 0;
}

/// Central, in f64: good to 10 digits. `noise` gives the stream for each step.
template <class Noise>
double difference(OneWeightVae& vae, Parameter& weight, const Noise& noise) {
  const Tensor here = weight.value();
  const double h = 1e-5;
  const auto loss_at = [&](double step) {
    weight.set_value(here + step);
    return loss_of(vae, true, noise(step)).item();
  };
  const double slope = (loss_at(h) - loss_at(-h)) / (2 * h);
  weight.set_value(here);
  return slope;
}

// --- claims

void claims(Concept& c, OneWeightVae& vae, const Rng& noise, const auto& noise_of_step,
            bool reparameterized) {
  for (Parameter* weight : {&vae.w, &vae.s, &vae.u}) {
    const double slope = difference(vae, *weight, noise_of_step);
    const double naive = on_tape(vae, false, noise, *weight);
    const std::string what = fmt::format("d loss / d{}", weight->name());
    c.exact(what + ", reparameterized: tape and differences",
            on_tape(vae, reparameterized, noise, *weight), slope);
    if (weight == &vae.u) {  // it comes after the sample
      c.exact(what + ", sampled: tape and differences", naive, slope);
    } else {
      c.identity(what + ", sampled: the tape says", naive, 0, 0);
      c.at_least(what + ": what really happens", std::abs(slope), 0.1);
    }
  }
}

// --- picture

std::vector<support::Plot> picture(const Rng& noise) {
  OneWeightVae vae{.samples = 1};
  const auto graph = [&](const char* title, bool reparameterized) {
    Tape tape({.keep = Keep::all});
    const Tensor loss = loss_of(vae, reparameterized, noise);
    return support::tape_plot(title, debug::trace(tape, loss), 7,
                              {"x", reparameterized ? "e" : "z", "x"});
  };
  return {graph("z is a sample, a constant: the encoder is cut off", false),
          graph("z = mu + sigma e: the encoder gets its gradient", true)};
}

// --- program

void program(Concept& c) {
  const bool reparameterized = !c.broken("sample"), one_noise = !c.broken("fresh_noise");
  const Rng noise = c.rng("e"), fresh = c.rng("fresh");
  const auto noise_of_step = [&](double step) {
    return one_noise ? noise : fresh.stream(fmt::format("{}", step));
  };
  OneWeightVae vae{.samples = c.choose(10000, 1000)};
  claims(c, vae, noise, noise_of_step, reparameterized);
  c.draw(picture(noise));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C44",
                         .title = "Backpropagation cannot pass a sampling node",
                         .source = "UDL section 17.7, figure 17.11, VAE notes S2",
                         .mutants = {{"sample", "sample() where rsample() is meant"},
                                     {"fresh_noise", "differences with new noise on each side"}}},
                        program);
}
