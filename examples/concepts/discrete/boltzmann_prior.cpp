// boltzmann_prior: bits as latents, under a prior that knows which bits go together
// C101, UDL, notes of chapter 17; Rolfe 2017, sections 2 and 3; Vahdat et al. 2018
//
//     log p(x)  >=  E log p(x|zeta) - KL(q(z|x) || p(z)),     p(z) = exp(a z_1 + b z_2 + z_1 W z_2) / Z
//
// A machine of 12 + 12 bits against 24 independent ones. The model is in boltzmann_prior.hpp.
#include "concepts/collapse/few_digits.hpp"
#include "concepts/discrete/boltzmann_prior_faults.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train_images.hpp"
#include "vae/bounds/iwae.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// Trains, with W = 0 for the first half, for coins for ever; then estimates log p of test digits by 100 draws each.
std::unique_ptr<BoltzmannVae> train(const Concept& c, const nn::ImageDataset& data, bool coupled,
                                    const auto& kl, Record& r) {
  auto model = std::make_unique<BoltzmannVae>(
      BitSizes{.pixels = data.image_size(), .hidden = c.choose(100, 50)});
  const std::string name = coupled ? "machine" : "coins";
  const support::TrainImages how{.epochs = c.choose(15, 20), .batch = c.choose(50, 10), .lr = 1e-2};
  const std::int64_t half = how.epochs * data.train.count / how.batch / 2;
  const auto weight = nn::schedule::ramp(0, 1, half);
  const auto play = [&](const nn::Batch& b, Rng& rng) {
    model->weight.set_trainable(coupled && b.step >= half);
    vae::ElboTerms terms = model->elbo(b.images, rng);
    terms.beta = weight(b.step);
    return terms;
  };
  support::train_images(c, name, *model, play, data, how, r);
  Rng rng = c.rng("test");
  const std::int64_t images = data.test.count, batch = 100;
  for (std::int64_t first = 0; first < images; first += batch) {
    const Tensor x = data.range(nn::Part::test, first, batch, rng).images;
    r.numbers[name + ", bound"] +=
        sum(model->decode(model->smooth(model->encode(x)).sample(rng)).log_prob(x) -
            kl(model->encode(x), model->prior()))
            .item() /
        static_cast<double>(images);
    r.numbers[name + ", L_100"] +=
        sum(vae::iwae_bound(model->log_weights(x, rng, 100))).item() / static_cast<double>(images);
  }
  return model;
}

/// Each pixel the likelier of its two values.
void keep_draws(BoltzmannVae& model, const std::string& name, Rng rng, Record& r) {
  const Tensor z = model.prior().sample(rng, {36});
  support::keep_images(r, name + ", draws", model.images_of(z, rng));
}

void claims_of_training(Concept& c, const Record& r) {
  const double machine = r.number("machine, L_100");
  c.within("L_100, machine - coins, nats a test digit", machine - r.number("coins, L_100"),
           c.choose(0.05, -0.5), c.choose(1.4, 1.5));
  c.within("L_100, machine", machine, c.choose(-45.0, -55.0), c.choose(-40.0, -42.0));
  c.within("L_100 - the bound", machine - r.number("machine, bound"), 0, c.choose(5, 10));
}

// --- picture

/// Test -ELBO by epoch, and 36 draws of each prior.
std::vector<Plot> picture(const Record& r) {
  Plot curves("test digits", "epoch", "-ELBO, nats");
  std::vector<Plot> panels;
  for (const std::string name : {"machine", "coins"}) {
    const auto& curve = r.curve(name + ", -ELBO");
    curves.line(name, curve.x, curve.y);
    panels.push_back(
        Plot(name == "machine" ? "draws, Boltzmann machine" : "draws, independent bits", "", "")
            .images(support::kept_images(r, name + ", draws", 36, 14), 6));
  }
  panels.push_back(curves);
  return panels;
}

// --- program

void program(Concept& c) {
  const auto kl = c.broken("log_z_dropped") ? kl_without_log_z
                  : c.broken("kl_sign")     ? kl_of_other_sign
                                            : kl_to_machine;
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = few_digits(c, measured);
    const auto machine = train(c, data, true, kl, measured);
    const auto coins = train(c, data, false, kl, measured);
    keep_draws(*machine, "machine", c.rng("drawn"), measured);
    keep_draws(*coins, "coins", c.rng("drawn"), measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C101",
       .title = "A Boltzmann machine as prior of latent bits",
       .source = "Rolfe 2017, sections 2 and 3; Vahdat et al. 2018; UDL 17",
       .mutants = {{"log_z_dropped", "the energies of the prior are not normalised"},
                   {"kl_sign", "the KL is added to the bound"}}},
      program);
}
