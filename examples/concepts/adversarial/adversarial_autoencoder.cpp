// adversarial_autoencoder: a critic of codes takes the place of the KL
// C111, UDL chapter 17, notes; Makhzani, Shlens, Jaitly, Goodfellow and Frey 2015
//
//     1  encoder and decoder   climb  log p(x | e(x))
//     2  the critic            climbs log D(z') + log(1 - D(e(x))),   z' ~ p(z)
//     3  the encoder           climbs log D(e(x))
//
// When the critic cannot tell codes from draws of p(z), the codes of all images together are distributed as p(z), and a draw
// from there is decoded as a code is. p(z) may be anything that can be drawn from. The model is in
// adversarial_autoencoder.hpp.
#include <memory>
#include "concepts/adversarial/adversarial_autoencoder_faults.hpp"
#include "concepts/adversarial/ring.hpp"
#include "concepts/adversarial/train_codes.hpp"
#include "concepts/adversarial/turns.hpp"
#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- claims

/// Whose parameters have a slope, and whose move, when each player takes its turn.
void claims_of_turns(Concept& c, const AdversarialSteps& steps) {
  Game game({.pixels = 6, .hidden = 8, .latent = 2, .critic = 8}, standard_normal(2), steps,
            c.rng("small"));
  const nn::Batch batch{c.rng("x").uniform({16, 6}), zeros({16}).to(DType::i32)};
  Rng rng = c.rng("turns");
  game.model.zero_grad();
  take_turn(game.players[1], batch, rng);
  c.identity("critic's turn: slope of the encoder", slope_in(game.model.encoder), 0);
  const Snapshot encoder(game.model.encoder), decoder(game.model.decoder),
      critic(game.model.critic);
  take_turn(game.players[2], batch, rng);
  c.at_least("third step: the encoder moves by", encoder.moved(), 1e-5);
  c.identity("third step: the decoder moves by", decoder.moved(), 0);
  c.identity("third step: the critic moves by", critic.moved(), 0);
}

void claims_of_codes(Concept& c, const Trained& plain, const Trained& adversarial) {
  c.within("-log p(x | e(x)), test images, nats: plain", plain.error, c.choose(83, 100),
           c.choose(98, 160));
  c.within("... adversarial - plain", adversarial.error - plain.error, c.choose(15, -10),
           c.choose(33, 20));
  c.within("MMD^2 of codes and N(0, I): adversarial / plain", adversarial.mmd / plain.mmd, -0.01,
           c.choose(0.2, 0.5));
  AdversarialAutoencoder& model = adversarial.game->model;
  const Tensor& labels = adversarial.test.labels;
  c.within("critic's accuracy, test images",
           vae::critic_accuracy(model.logit(adversarial.drawn, labels),
                                model.logit(adversarial.codes, labels)),
           c.choose(0.45, 0.4), c.choose(0.7, 0.85));
  c.within("test image to the nearest decoded draw: adversarial / plain",
           adversarial.to_nearest / plain.to_nearest, 0.5, 0.9);
}

void claims_of_ring(Concept& c, const Trained& ring) {
  const Tensor shares = mean(prob::one_hot(nearest_part(ring.codes), 10, DType::f64), 0);
  c.at_least("ring of ten: smallest share of the codes in a part", -max(-shares).item(),
             c.choose(0.04, 0.02));
}

void claims_of_told(Concept& c, const Trained& told) {
  const Tensor part = nearest_part(told.codes).to(DType::f64);
  const Tensor right = equal(part, told.test.labels.to(DType::f64)).to(DType::f64);
  c.within("ring, critic told the label: codes in its part", mean(right).item(), 0.47, 0.64);
}

// --- picture

Plot scatter(const std::string& title, const Trained& t, double reach) {
  Plot plot(title, "z_1", "z_2");
  const std::vector<double> a = slice(t.codes, 1, 0, 1).to_vector(),
                            b = slice(t.codes, 1, 1, 2).to_vector();
  const std::vector<double> label = t.test.labels.to_vector();
  for (int digit = 0; digit < 10; ++digit) {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < label.size(); ++i)
      if (label[i] == digit) x.push_back(a[i]), y.push_back(b[i]);
    plot.dots(std::to_string(digit), x, y);
  }
  return plot.x_range(-reach, reach).y_range(-reach, reach).square().key("off");
}

Plot sheet(const std::string& title, const Trained& t) {
  return Plot(title, "", "").images(reshape(slice(t.made, 0, 0, 50), {50, 28, 28}), 10);
}

// --- program

void program(Concept& c) {
  const AdversarialSteps steps = c.broken("codes_not_detached")    ? codes_not_detached()
                                 : c.broken("labels_swapped_once") ? labels_swapped_once()
                                 : c.broken("decoder_in_third")    ? decoder_in_third()
                                                                   : AdversarialSteps{};
  claims_of_turns(c, steps);
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 1000, 500);
  const AdversarialSizes sizes{.hidden = c.choose(300, 100), .critic = c.choose(256, 64)};
  const AdversarialTraining how{c.choose(5, 30), c.choose(100, 25), c.choose(2000, 500), c.seed()};
  AdversarialTraining alone = how;
  alone.players = 1;
  const Trained plain = train(sizes, standard_normal(8), steps, data, alone);
  const Trained adversarial = train(sizes, standard_normal(8), steps, data, how);
  claims_of_codes(c, plain, adversarial);
  AdversarialSizes flat = sizes;
  flat.latent = 2;
  const Trained on_ring = train(flat, ring(false), steps, data, how);
  claims_of_ring(c, on_ring);
  if (c.quick()) return;
  flat.told = true;
  const Trained told = train(flat, ring(true), steps, data, how);
  claims_of_told(c, told);
  c.draw({scatter("plain autoencoder", plain, 12),
          scatter("fooled a critic of N(0, I)", adversarial, 4),
          scatter("... of a ring of ten", on_ring, 6),
          scatter("... of a ring, told the digit", told, 6),
          sheet("draws of N(0, I), decoded: plain", plain),
          sheet("... decoded: adversarial", adversarial)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C111",
       .title = "The adversarial autoencoder",
       .source = "UDL chapter 17, notes; Makhzani et al. 2015, section 2",
       .mutants = {{"codes_not_detached", "the critic's turn has a slope in the encoder"},
                   {"labels_swapped_once",
                    "the critic takes codes for real, the encoder for fakes"},
                   {"decoder_in_third", "the third step moves the decoder as well"}}},
      program);
}
