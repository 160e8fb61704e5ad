// style_conversion: what is said in one style is said in another
// C114, UDL chapter 17, notes; Hsu et al. 2017 (speakers, whose part two pens play here)
//
//     VAE       climbs  E_q(z|x)[ log p(x|z,y) ] - KL(q(z|x) || p(z)), its decoder + alpha f(G(z, target)), x of the source
//     critic f  climbs  E[ f(x) ], x of the target,  -  E[ f(G(z, target)) ], x of the source;   its weights are clipped
//
// No digit is drawn by both pens, so no pair says what a conversion should look like. z is what the two have in common, y the
// pen; a critic of the target's pictures judges the conversions. The model is in style_conversion.hpp.
#include <cmath>

#include "concepts/adversarial/train_conversion.hpp"

#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- wrong versions

ConversionSteps in_style_of_source() {
  ConversionSteps steps;
  steps.drawn_in = [](const Tensor& own, const Tensor&) { return own; };
  return steps;
}

ConversionSteps free_weights() {
  ConversionSteps steps;
  steps.limit = 0;
  return steps;
}
ConversionSteps of_reconstructions() {
  ConversionSteps steps;
  steps.of_source = false;
  return steps;
}

// --- claims

/// W_1 of N(0, 1) and N(1, 1), by a critic f(x) = w x whose weight is clipped to [-1, 1].
void claims_of_line(Concept& c, bool clipped) {
  Parameter w("w", tensor({0.1}));
  nn::RmsProp optimizer({&w}, {.lr = 0.05});
  Rng rng = c.rng("line");
  const Tensor x = rng.normal({100000}), y = rng.normal({100000}) + 1.0;
  const auto gap = [&] { return mean(w * y) - mean(w * x); };
  for (int step = 0; step < 100; ++step) {
    nn::descend(optimizer, [&] { return -gap(); });
    if (clipped) nn::clip_weights({&w}, 1.0);
  }
  c.exact("W_1 of N(0,1) and N(1,1), by a clipped critic", gap().item(), 1, 0.02);
}

/// Which images the critic sees converted.
void claims_of_critic(Concept& c, const ConversionSteps& steps) {
  StyleVae m({.side = 8, .channels = 2, .latent = 2}, 1, steps);
  nn::init::torch_default(m, c.rng("small"));
  nn::init::torch_default(m.critic, c.rng("small critic"));
  const Tensor x = c.rng("x").uniform({4, 64}), other = c.rng("other").uniform({2, 64});
  const auto loss = [&](const Tensor& images) {
    Rng rng = c.rng("turn");
    return m.judge({images, Styles::labels(2)}, rng).loss().item();
  };
  const Tensor changed = concat({other, slice(x, 0, 2, 4)}, 0);
  const double difference = std::abs(loss(changed) - loss(x));
  c.at_least("critic's loss with another source: difference", difference, 1e-9);
}

/// How far the conversions have come on the way from the source to the target, 1 for all of it.
void claims_of_style(Concept& c, const std::string& name, const Styles& styles,
                     const Tensor& converted, bool thickness) {
  const StyleOf from = style_of(styles.source), to = style_of(styles.target),
                now = style_of(converted);
  c.within(name + "slant, share of the way", (now.slant - from.slant) / (to.slant - from.slant),
           c.choose(0.7, 0.6), thickness ? 1.25 : 1.5);
  if (thickness)
    c.within(name + "thickness, share of the way",
             (now.thickness - from.thickness) / (to.thickness - from.thickness), 0.75,
             c.choose(1.25, 4.0));
}

void claims_of_conversion(Concept& c, const Styles& pens, const Converted& plain,
                          const Converted& with) {
  c.within("test -ELBO: conditional VAE", plain.neg_elbo, c.choose(70, 110), c.choose(140, 170));
  c.within("... with a critic - without", with.neg_elbo - plain.neg_elbo, c.choose(-5, -15), 10);
  claims_of_style(c, "", pens, with.pictures, true);
  const auto slant = [&](const Converted& t) { return style_of(t.pictures).slant; };
  c.at_least("slant: with a critic - without", slant(with) - slant(plain), 0);
  const auto probe =
      vae::train_probe(pens.rows, pens.digits, 10, {.steps = c.choose(1500, 200), .rate = 3e-3});
  const auto found = [&](auto& x) { return vae::probe_accuracy(*probe, x, pens.source_digits); };
  c.at_least("classifier: digits found in the source", found(pens.source), c.choose(0.95, 0.9));
  c.at_least("... in conversions without a critic", found(plain.pictures), c.choose(0.7, 0.4));
  c.at_least("... in the conversions", found(with.pictures), c.choose(0.75, 0.4));
  c.at_least("Laplacian energy, with a critic / without",
             style_of(with.pictures).energy / style_of(plain.pictures).energy, c.choose(1.1, 0.7));
}

// --- picture

Plot sheet(const std::string& title, const Tensor& x) {
  return Plot(title, "", "").images(as_pictures(slice(x, 0, 0, 40)), 10);
}
Plot plane(const Styles& pens, const Tensor& plain, const Tensor& with) {
  Plot plot("style of each test image", "slant", "thickness");
  const auto dots = [&](const std::string& name, const Tensor& x) {
    const vae::PenMeasures pen = vae::measure_pen(as_pictures(slice(x, 0, 0, 200)));
    plot.dots(name, pen.slant.to_vector(), pen.thickness.to_vector());
  };
  dots("source", pens.source), dots("target", pens.target);
  dots("converted without a critic", plain), dots("converted", with);
  return plot.key("below");
}

// --- program

void program(Concept& c) {
  const ConversionSteps steps = c.broken("y_of_source")                      ? in_style_of_source()
                                : c.broken("no_clipping")                    ? free_weights()
                                : c.broken("critic_on_reconstructions_only") ? of_reconstructions()
                                                                             : ConversionSteps{};
  claims_of_line(c, steps.limit > 0);
  claims_of_critic(c, steps);
  const DTypeScope f32(DType::f32);
  const Styles pens = two_pens(c.choose(5000, 400), c.choose(1000, 200));
  const StyleTraining how{{.channels = c.choose(16, 4), .latent = c.choose(16, 8)},
                          c.choose(4, 20),
                          c.choose(50, 20),
                          c.choose(2e-3, 4e-3),
                          c.seed()};
  const Converted plain = train(steps, 0, pens, how),
                  with = train(steps, c.choose(50, 20), pens, how);
  claims_of_conversion(c, pens, plain, with);
  if (c.quick()) return;
  const Styles mnist = by_slant(support::load_images(c, "mnist", 1, 1), 3000, 1000);
  const Converted of_mnist = train(steps, 50, mnist, how);
  claims_of_style(c, "MNIST: ", mnist, of_mnist.pictures, false);
  c.draw({sheet("source", pens.source), sheet("converted without a critic", plain.pictures),
          sheet("converted", with.pictures), plane(pens, plain.pictures, with.pictures),
          sheet("MNIST: digits that lean left", mnist.source),
          sheet("MNIST: converted to the right", of_mnist.pictures)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C114",
       .title = "Conversion of style by a VAE and a Wasserstein critic",
       .source = "UDL chapter 17, notes; Hsu et al. 2017",
       .mutants = {{"no_clipping", "the critic's weights are free"},
                   {"y_of_source", "conversions are drawn with the y of the source"},
                   {"critic_on_reconstructions_only",
                    "the critic sees copies of the target in place of conversions"}}},
      program);
}
