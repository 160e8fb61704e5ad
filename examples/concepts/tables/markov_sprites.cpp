// markov_sprites: a deep Markov model sees seven frames of a moving sprite and goes on by itself
// C149, Krishnan, Shalit and Sontag 2017
//
//     z_1 .. z_7 ~ q(z|x_1 .. x_7),    z_8 ~ p(z_8|z_7) .. z_12 ~ p(z_12|z_11),    x_12 ~ p(x_12|z_12)
//
// A state must hold where the sprite is and where it goes, though one frame shows only the first. Its peers on these
// sequences are TD-VAE (C102) and a sprite that stands still. The model is in deep_markov.hpp.
#include "concepts/hierarchies/recurrent_vae_faults.hpp"
#include "concepts/hierarchies/sprite_futures.hpp"
#include "concepts/hierarchies/train_sequences.hpp"
#include "concepts/tables/deep_markov.hpp"
#include "concepts/tables/markov_paths.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

constexpr std::int64_t kFrames = 12, kSeen = 7;

// --- model

using SpriteMarkov = DeepMarkov<PixelsOf>;
using After = std::vector<Tensor> (*)(SpriteMarkov&, Tensor, int, Rng&);

/// The mean frames [B, 256] that follow x [B, T, 256].
std::vector<Tensor> futures(SpriteMarkov& model, const Tensor& x, int steps, After after,
                            Rng& rng) {
  std::vector<Tensor> pixels;
  for (const Tensor& z : after(model, model.infer(x, rng).back().z, steps, rng))
    pixels.push_back(model.emission(z).mean());
  return pixels;
}

// --- wrong versions

/// Each step starts from the last state that was inferred.
std::vector<Tensor> from_the_same_state(SpriteMarkov& model, Tensor z, int steps, Rng& rng) {
  std::vector<Tensor> states;
  for (int t = 0; t < steps; ++t) states.push_back(model.transition(z).sample(rng));
  return states;
}

// --- claims

/// A model whose states move by 1 a step.
void claim_of_steps(Concept& c, After after) {
  SpriteMarkov model({.frame = 256, .latent = 2, .hidden = 4, .state = 4});
  nn::init::torch_default(model, c.rng("steps"));
  GatedTransition& step = model.transition;
  nn::init::zeros(step.gate[1].weight), nn::init::constant(step.gate[1].bias, -60);
  nn::init::zeros(step.straight.weight), nn::init::constant(step.straight.bias, 1);
  nn::init::zeros(step.scale.weight), nn::init::constant(step.scale.bias, -20);
  Rng rng = c.rng("states");
  c.within("states that move by 1 a step: after five",
           mean(after(model, zeros({100, 2}), 5, rng).back()).item(), 4.99, 5.01);
}

SpriteFutures measure(const Concept& c, Record& r, void (*plant)(SpriteMarkov&), After after) {
  const DTypeScope f32(DType::f32);
  Rng train = c.rng("train"), test = c.rng("test"), rng = c.rng("measure");
  const MovingSprites shown = moving_sprites(c.choose(500, 100), kFrames, test);
  const nn::TensorDataset data({moving_sprites(c.choose(4000, 300), kFrames, train).x}, {shown.x});
  SpriteMarkov model({.frame = 256, .latent = 8, .hidden = 64, .state = 64});
  plant(model);
  const auto play = [&](const nn::Batch& b, Rng& noise) { return model.elbo(b.images, noise); };
  train_sequences(c, model, play, data, "sprites", {c.choose(40, 10), c.choose(50, 10), 3e-3}, r);
  const NoGrad no_grad;
  const Tensor seen = slice(shown.x, 1, 0, kSeen);
  const SpriteFutures of{shown, kSeen, futures(model, seen, kFrames - kSeen, after, rng)};
  note_distances(r, "deep Markov model", of);
  return of;
}

void claims_of_futures(Concept& c, const Record& r) {
  c.within("held-out bound, nats a frame", r.curve("sprites").last(), c.choose(-14.0, -30.0),
           c.choose(-10.0, -10.0));
  c.at_most("frame 12 after five steps: distance in pixels", r.curve("deep Markov model").last(),
            c.choose(2.75, 6.0));
  c.within("a sprite that stands still: distance in pixels", r.curve("standing still").last(), 2.5,
           4.5);
}

// --- picture

Plot errors(const Record& r) {
  Plot plot("how far off, after seven frames", "frames ahead", "distance, pixels");
  for (const std::string name : {"standing still", "deep Markov model"})
    plot.line(name, r.curve(name).x, r.curve(name).y);
  return plot.y_range(0, 4.5).key("top left");
}

// --- program

void program(Concept& c) {
  void (*plant)(SpriteMarkov&) = [](SpriteMarkov&) {};
  if (c.broken("prior_standard")) plant = [](SpriteMarkov& m) { m.kl = kl_to_standard; };
  After after = states_after<PixelsOf>;
  if (c.broken("stays")) after = from_the_same_state;
  claim_of_steps(c, after);
  std::vector<Plot> panels;
  const Record r = c.record([&](Record& measured) {
    measured.data_rule = "sprites that move, 12 frames";
    panels = {sprite_sheet("sprites, and below each: seven frames, then five steps",
                           measure(c, measured, plant, after))};
  });
  claims_of_futures(c, r);
  panels.push_back(errors(r));
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C149",
                         .title = "The deep Markov model: futures of moving sprites",
                         .source = "Krishnan, Shalit and Sontag 2017",
                         .mutants = {{"prior_standard", "states are learned one by one"},
                                     {"stays", "each step starts from the same state"}}},
                        program);
}
