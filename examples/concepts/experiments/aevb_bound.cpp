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
#include "concepts/experiments/aevb_bound.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;
using support::Record;

namespace {

// --- wrong versions

Tensor mean_over_pixels(support::AevbVae& model, const Tensor& x, Rng& noise) {
  return vae::elbo(model, x, noise, {.beta = static_cast<double>(x.dim(1))}).loss();
}

Tensor dreams_of_data(support::AevbVae& model, const Tensor& x, Rng& noise) {
  const prob::Normal q = model.encode(x);
  const Tensor z = q.sample(noise);
  return -mean(model.decode(z).log_prob(x) + q.log_prob(z));
}

Tensor wake_alone(support::AevbVae& model, const Tensor& x, Rng& noise) {
  return -mean(model.decode(model.encode(x).sample(noise)).log_prob(x));
}

// --- claims

struct Network {
  std::string data;
  int latent;
  std::string name() const { return fmt::format("{} {}", data, latent); }
};

std::vector<Network> networks(const Concept& c) {
  if (c.quick()) return {{"mnist", 4}, {"mnist", 20}};
  return {{"mnist", 3},     {"mnist", 5},     {"mnist", 10},     {"mnist", 20},    {"mnist", 200},
          {"freyfaces", 2}, {"freyfaces", 5}, {"freyfaces", 10}, {"freyfaces", 20}};
}

std::vector<support::AevbRun> runs(const Concept& c, const Losses& losses) {
  std::vector<support::AevbRun> all;
  for (const std::string learner : {"AEVB", "wake-sleep"}) {
    for (const Network& network : networks(c)) {
      const bool faces = network.data == "freyfaces", aevb = learner == "AEVB";
      const std::int64_t full = faces ? 1'000'000 : aevb ? 10'000'000 : 3'162'300;
      all.push_back({.name = network.name() + " " + learner,
                     .data = network.data,
                     .hidden = c.choose(faces ? 200 : 500, 60),
                     .latent = network.latent,
                     .learner = support::minimise(aevb ? losses.aevb : losses.wake_sleep),
                     .checkpoints = support::log_checkpoints(
                         c.choose(10'000, 2'000), c.choose<std::int64_t>(full, 120'000), 6),
                     .rate_with = network.data + " " + learner});
    }
  }
  return all;
}

void claims(Concept& c, const Record& record) {
  std::string smaller;
  for (const Network& network : networks(c)) {
    const std::string name = network.name();
    const bool digits = network.data == "mnist", largest = network.latent == 200;
    const Record::Curve &aevb = record.curve(name + " AEVB test"),
                        &other = record.curve(name + " wake-sleep test");
    // Ahead: after as many images as both have seen. With --quick the seed decides the order: 4 s.d.
    c.within(name + " latents: AEVB ahead of wake-sleep", ahead(aevb, other), c.choose(0, -12),
             digits && !largest ? c.choose(10, 17) : 500);
    if (digits && !largest)  // without a sleep phase its encoder would learn nothing
      c.at_least(name + " latents: of these wake-sleep uses",
                 record.curve(name + " wake-sleep in use").last(), 1);
    if (smaller.starts_with(network.data))
      c.at_least(fmt::format("{} latents ahead of {}", name, smaller),
                 ahead(aevb, record.curve(smaller + " AEVB test")),
                 largest ? -1 : c.choose(0.5, -8.0));
    if (largest)  // so what it lacks is time, not data
      c.at_most(name + " latents: train - test", ahead(record.curve(name + " AEVB train"), aevb),
                0.5);
    smaller = name;
  }
}

// --- picture

std::vector<Plot> picture(const Record& record, const std::vector<Network>& networks, bool full) {
  std::vector<Plot> panels;
  for (const Network& network : networks) {
    const bool digits = network.data == "mnist";
    Plot plot(fmt::format("{}, {} latents", digits ? "digits" : "faces", network.latent),
              "training images seen", "bound, nats");
    for (const std::string learner : {"AEVB", "wake-sleep"})
      support::draw_run(plot, record, network.name() + " " + learner, learner);
    if (full) plot.y_range(digits ? -220 : 0, digits ? -100 : 1200);
    panels.push_back(plot.log_x().key("off"));
  }
  panels.front().key("bottom right");
  return panels;
}

// --- program

void program(Concept& c) {
  Losses losses;
  if (c.broken("mean_over_pixels")) losses.aevb = mean_over_pixels;
  if (c.broken("dreams_of_data")) losses.wake_sleep = dreams_of_data;
  if (c.broken("no_sleep_phase")) losses.wake_sleep = wake_alone;
  const Record record = c.record([&](Record& measured) {
    measured.data_rule = c.choose("MNIST and Frey Face, grey pixels", "drawn digits, grey pixels");
    support::learn_all(c, measured, runs(c, losses), [&](auto& model, const auto& data) {
      return look(model, data, c.rng("test"));
    });
  });
  claims(c, record);
  c.draw(picture(record, networks(c), !c.quick()));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C62",
       .title = "The likelihood lower bound of AEVB and of wake-sleep",
       .source = "AEVB notes S1, experiments (figure 2 of the paper)",
       .mutants = {{"mean_over_pixels", "the error is averaged over pixels, the KL is not"},
                   {"dreams_of_data", "the sleep phase takes images and their codes for dreams"},
                   {"no_sleep_phase", "the encoder of wake-sleep never learns"}}},
      program);
}
