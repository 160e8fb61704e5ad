// sprite_futures: TD-VAE sees seven frames of a moving sprite and jumps to the twelfth
// C102, Gregor, Papamakarios, Besse, Buesing and Weber 2019, section 5; UDL, notes of chapter 17
//
//     z_7 ~ p_B(z|b_7),    z_12 ~ p_T(z|z_7),    x_12 ~ p(x|z_12)
//
// One frame shows where a sprite is, two show where it goes. The belief has to hold both. p_T is linear here: whatever the
// latents are, they must move in straight lines. The model is in td_vae.hpp.
#include <cmath>

#include "concepts/hierarchies/sprite_futures.hpp"
#include "concepts/hierarchies/td_vae.hpp"
#include "concepts/hierarchies/train_sequences.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "nn/init.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

constexpr std::int64_t kFrames = 12, kSeen = 7;

// --- model

using SpriteTd = TdVae<PixelsOf>;

/// Frames [B, 256] that follow the last of x [B, T, 256] after `times` jumps.
std::vector<Tensor> futures(SpriteTd& model, Jump& jump, const Tensor& x, int times, Rng& rng) {
  const Tensor b = model.beliefs(x);
  Tensor z = model.belief(frames(b).back()).sample(rng);
  std::vector<Tensor> pixels;
  for (int k = 0; k < times; ++k) {
    z = jump.ahead(z).sample(rng);
    pixels.push_back(model.decode(z).mean());
  }
  return pixels;
}

// --- claims

/// What is believed after seven frames does not depend on those that follow.
void claim_of_belief(Concept& c, void (*plant)(SpriteTd&)) {
  SpriteTd model({.frame = 256, .features = 8, .state = 8, .latent = 2, .jumps = {1}});
  plant(model);
  nn::init::torch_default(model, c.rng("belief"));
  const Tensor x = c.rng("frames").uniform({1, kFrames, 256}), seen = slice(x, 1, 0, kSeen);
  const auto b_7 = [&](const Tensor& of) { return frames(model.beliefs(of))[kSeen - 1]; };
  c.identity("b_7 of twelve frames - b_7 of seven, largest", max(abs(b_7(x) - b_7(seen))).item(),
             0);
}

SpriteFutures measure(const Concept& c, Record& r, void (*plant)(SpriteTd&)) {
  const DTypeScope f32(DType::f32);
  Rng train = c.rng("train"), test = c.rng("test"), rng = c.rng("measure");
  const MovingSprites shown = moving_sprites(c.choose(500, 200), kFrames, test);
  const nn::TensorDataset data({moving_sprites(c.choose(4000, 300), kFrames, train).x}, {shown.x});
  SpriteTd model({.frame = 256, .features = 64, .state = 64, .latent = 8, .jumps = {1, 5}});
  plant(model);
  const TrainSequences how{c.choose(40, 10), c.choose(50, 10), 3e-3};
  train_sequences(c, model, model.play(), data, "sprites", how, r);
  const NoGrad no_grad;
  const Tensor seen = slice(shown.x, 1, 0, kSeen);
  const SpriteFutures steps{shown, kSeen, futures(model, model.jumps[0], seen, 5, rng)};
  const auto one = futures(model, model.jumps[1], seen, 1, rng);
  note_distances(r, "jumps of 1", steps);
  r.add("one jump of 5", 5, distance(one.back(), frames(shown.centre).back()));
  return steps;
}

void claims_of_futures(Concept& c, const Record& r) {
  c.at_most("frame 12 after five jumps of 1: distance in pixels", r.curve("jumps of 1").last(),
            c.choose(1.25, 6.0));
  c.at_most("frame 12 after one jump of 5: distance in pixels", r.curve("one jump of 5").last(),
            c.choose(1.25, 6.0));
  c.within("a sprite that stands still: distance in pixels", r.curve("standing still").last(), 2.5,
           4.5);
}

// --- picture

Plot errors(const Record& r) {
  Plot plot("how far off, after seven frames", "frames ahead", "distance, pixels");
  for (const std::string name : {"standing still", "jumps of 1"}) {
    const auto& of = r.curve(name);
    plot.line(name, of.x, of.y);
  }
  const auto& one = r.curve("one jump of 5");
  return plot.points("one jump of 5", one.x, one.y).y_range(0, 4.5).key("top left");
}

// --- program

void program(Concept& c) {
  void (*plant)(SpriteTd&) = [](SpriteTd&) {};
  if (c.broken("belief_sees_future")) plant = [](SpriteTd& m) { m.read = future; };
  claim_of_belief(c, plant);
  std::vector<Plot> panels;
  const Record r = c.record([&](Record& measured) {
    measured.data_rule = "sprites that move, 12 frames";
    panels = {sprite_sheet("sprites, and below each: seven frames, then five jumps",
                           measure(c, measured, plant))};
  });
  claims_of_futures(c, r);
  panels.push_back(errors(r));
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C102",
       .title = "TD-VAE: futures of moving sprites",
       .source = "Gregor et al. 2019, section 5; UDL 17",
       .mutants = {{"belief_sees_future", "the belief about z_s has read what comes after"}}},
      program);
}
