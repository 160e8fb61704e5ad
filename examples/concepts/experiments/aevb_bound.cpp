// aevb_bound: a larger code reaches a better bound, and AEVB is ahead of wake-sleep
// C62, C64, AEVB notes S1 (experiments, likelihood lower bound)
//
//     AEVB:        model and encoder maximise  E_q(z|x)[log p(x|z)] - KL(q(z|x) || p(z))
//     wake-sleep:  the model maximises log p(x, z), z from q(z|x); the encoder log q(z|x), (x, z) from p
//
// Figure 2 of the paper: the same networks learn in both ways, and the bound is drawn against the
// number of training images seen. What the sleep phase learns from are dreams, not data.
#include <algorithm>

#include "autograd/ops.hpp"
#include "support/aevb.hpp"
#include "vae/metrics.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using support::Record;

namespace {

/// Each network: its data and its latents.
std::vector<std::pair<std::string, int>> networks(const Concept& c) {
  if (c.quick()) return {{"mnist", 1}, {"mnist", 4}, {"mnist", 20}};
  return {{"mnist", 3},     {"mnist", 5},     {"mnist", 10},     {"mnist", 20},    {"mnist", 200},
          {"freyfaces", 2}, {"freyfaces", 5}, {"freyfaces", 10}, {"freyfaces", 20}};
}

support::Loss loss_of(const Concept& c, const std::string& learner) {
  if (learner == "wake-sleep" && c.broken("dreams_of_data"))
    return [](vae::Vae& model, const Tensor& x, Rng& noise) {
      const prob::Normal q = model.encode(x);
      const Tensor z = q.sample(noise);
      return -mean(model.decode(z).log_prob(x) + q.log_prob(z));
    };
  if (learner == "AEVB" && c.broken("mean_over_pixels"))
    return [](vae::Vae& model, const Tensor& x, Rng& noise) {
      return model.elbo(x, noise, {.beta = static_cast<double>(model.pixels())}).loss();
    };
  return learner == "AEVB" ? support::aevb_loss : support::wake_sleep_loss;
}

std::vector<support::AevbRun> runs(const Concept& c) {
  std::vector<support::AevbRun> all;
  for (const std::string learner : {"AEVB", "wake-sleep"}) {
    for (const auto& [data, latent] : networks(c)) {
      const bool faces = data == "freyfaces";
      const std::int64_t full = faces ? 1'000'000 : learner == "AEVB" ? 10'000'000 : 3'162'300;
      all.push_back({.name = fmt::format("{} {} {}", data, latent, learner),
                     .data = data,
                     .hidden = c.choose(faces ? 200 : 500, 60),
                     .latent = latent,
                     .learner = support::minimise(loss_of(c, learner)),
                     .checkpoints = support::log_checkpoints(
                         c.choose(10'000, 2'000), c.choose<std::int64_t>(full, 200'000), 6),
                     .rate_with = data + " " + learner});
    }
  }
  return all;
}

/// The bound on images that were learned from and on those of the test, z sampled.
support::Measured look(const Concept& c, vae::Vae& model, nn::ImageDataset data) {
  nn::keep_first(data, 10'000, 10'000);
  const auto bound = [&](const nn::ByteImages& images) {
    return -vae::evaluate(model, images, nn::Binarize::none, c.rng("test")).neg_elbo();
  };
  return {{"train", bound(data.train)},
          {"test", bound(data.test)},
          {"in use", support::latents_in_use(model, data.test)}};
}

void program(Concept& c) {
  const Record record = c.record([&](Record& measured) {
    measured.data_rule = c.choose("MNIST and Frey Face, grey pixels", "drawn digits, grey pixels");
    support::learn_all(c, measured, runs(c),
                       [&](auto& model, const auto& data) { return look(c, model, data); });
  });

  std::vector<Plot> panels;
  std::string smaller;
  for (const auto& [data, latent] : networks(c)) {
    const bool digits = data == "mnist";
    const std::string name = fmt::format("{} {}", data, latent);
    const Record::Curve &aevb = record.curve(name + " AEVB test"),
                        &other = record.curve(name + " wake-sleep test");
    // Ahead: after as many images as both have seen.
    c.within(name + " latents: AEVB ahead of wake-sleep", ahead(aevb, other), c.choose(0, -4),
             digits && latent < 200 ? 40 : 500);
    if (smaller.starts_with(data))
      c.at_least(fmt::format("{} latents ahead of {}", name, smaller),
                 ahead(aevb, record.curve(smaller + " AEVB test")), latent == 200 ? -1 : 0.5);
    if (latent == 200)  // so what it lacks is time, not data
      c.at_most(name + " latents: train - test", ahead(record.curve(name + " AEVB train"), aevb),
                0.5);
    Plot plot(fmt::format("{}, {} latents", digits ? "digits" : "faces", latent),
              "training images seen", "bound, nats");
    for (const std::string learner : {"AEVB", "wake-sleep"})
      support::draw_run(plot, record, name + " " + learner, learner);
    if (!c.quick()) plot.y_range(digits ? -220 : 0, digits ? -100 : 1200);
    panels.push_back(plot.log_x().key("off"));
    smaller = name;
  }
  panels.push_back(Plot(panels.back()).key_only());
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C62",
       .title = "The likelihood lower bound of AEVB and of wake-sleep",
       .source = "AEVB notes S1, experiments (figure 2 of the paper)",
       .mutants = {{"mean_over_pixels", "the error is averaged over pixels, the KL is not"},
                   {"dreams_of_data", "the sleep phase takes images and their codes for dreams"}}},
      program);
}
