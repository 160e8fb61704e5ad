// concrete_vae: latents that are classes, learned through relaxed ones, and tested as classes
// C137, Jang, Gu and Poole 2017, sections 2 and 4; Maddison, Mnih and Teh 2017
//
//     climbed: log p(x|zeta) - KL(q(z|x) || p(z)),  zeta = softmax((logits + g) / T)      tested: the same with z
//
// Eight latents of eight classes, at four temperatures and one that falls. The model is in concrete_vae.hpp.
#include "concepts/collapse/few_digits.hpp"
#include "concepts/discrete/concrete_vae_faults.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train_images.hpp"
#include "vae/bounds/iwae.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

using BoundOf = decltype(&relaxed_as_bound);

/// Trains at a temperature by step; then measures test digits with the last one: the relaxed number, the ELBO and L_100.
void train(const Concept& c, const nn::ImageDataset& data, const std::string& name,
           const nn::Schedule& temperature, BoundOf tested, Record& r) {
  ConcreteVae model({.pixels = data.image_size(), .hidden = c.choose(100, 50)});
  const support::TrainImages how{
      .epochs = c.choose(20, 6), .batch = c.choose(50, 10), .lr = c.choose(3e-3, 1e-2)};
  const auto kl_weight = nn::schedule::ramp(0, 1, how.epochs * data.train.count / how.batch / 2);
  const auto play = [&](const nn::Batch& b, Rng& rng) -> vae::Objective {
    vae::ElboTerms terms = model.relaxed(b.images, temperature(b.step), rng);
    terms.beta = kl_weight(b.step);
    return {.value = terms.objective(), .bound = model.elbo(b.images, rng).elbo()};
  };
  support::train_images(c, name, model, play, data, how, r);
  const NoGrad no_grad;
  const double last = temperature(how.epochs * data.train.count / how.batch);
  const std::int64_t images = data.test.count, batch = 100;
  for (std::int64_t first = 0; first < images; first += batch) {
    Rng rng = c.rng(fmt::format("test {}", first));
    const Tensor x = data.range(nn::Part::test, first, batch, rng).images;
    const auto add = [&](const char* what, const Tensor& of_x) {
      r.numbers[name + ", " + what] += sum(of_x).item() / static_cast<double>(images);
    };
    add("relaxed", model.relaxed(x, last, rng).elbo());
    add("ELBO", tested(model, x, last, rng).elbo());
    add("L_100", vae::iwae_bound(model.log_weights(x, rng, 100)));
  }
}

const std::vector<std::pair<std::string, double>> kFixed{
    {"T = 2", 2}, {"T = 1", 1}, {"T = 0.5", 0.5}, {"T = 0.2", 0.2}};

void claims_of_training(Concept& c, const Record& r) {
  const auto excess = [&](const std::string& of) {
    return r.number(of + ", relaxed") - r.number(of + ", ELBO");
  };
  const auto band = [&](const std::string& name, double value, double low, double high,
                        double quick_low, double quick_high) {
    c.within(name, value, c.choose(low, quick_low), c.choose(high, quick_high));
  };
  const auto ahead = [&](const std::string& what, const std::string& a, const std::string& b,
                         double low, double high) {
    const double by = r.number(a + ", " + what) - r.number(b + ", " + what);
    band(fmt::format("{}, {} - {}", what, a, b), by, low, high, -5, 10);
  };
  band("T = 2: relaxed - ELBO, nats a test digit", excess("T = 2"), 11.8, 16, 1, 20);
  band("T = 0.2: relaxed - ELBO", excess("T = 0.2"), 0.4, 1.2, -1, 2);
  band("relaxed - ELBO, T = 2 - falling", excess("T = 2") - excess("falling"), 9.9, 13.4, 0.8, 20);
  band("-L_100, T falling", -r.number("falling, L_100"), 39.5, 41.8, 45, 60);
  ahead("ELBO", "falling", "T = 2", 7, 9.5);
  ahead("ELBO", "T = 0.5", "T = 1", 1.9, 2.7);
  ahead("ELBO", "T = 0.5", "T = 0.2", 0.1, 1.6);
  ahead("L_100", "falling", "T = 2", 1.1, 2);
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  std::vector<double> T, relaxed, elbo, L;
  for (const auto& [name, t] : kFixed) {
    T.push_back(t);
    relaxed.push_back(r.number(name + ", relaxed"));
    elbo.push_back(r.number(name + ", ELBO"));
    L.push_back(r.number(name + ", L_100"));
  }
  const double falling = r.number("falling, ELBO");
  return {Plot("test digits, by temperature", "T", "nats")
              .line("climbed, with zeta", T, relaxed)
              .line("L_100, with z", T, L)
              .line("ELBO, with z", T, elbo)
              .dashed("ELBO, T falls to 0.5", {0.2, 2}, {falling, falling})
              .log_x()
              .x_range(0.15, 2.7)
              .key("bottom left")};
}

// --- program

void program(Concept& c) {
  const BoundOf tested = c.broken("relaxed_reported") ? relaxed_as_bound : bound_of_classes;
  const auto falling = c.broken("never_falls") ? annealed(2, 0) : annealed(0.5, 1e-3);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = few_digits(c, measured);
    for (const auto& [name, T] : kFixed)
      train(c, data, name, nn::schedule::constant(T), tested, measured);
    train(c, data, "falling", falling, tested, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C137",
       .title = "A VAE with classes as latents, by Gumbel-softmax",
       .source = "Jang, Gu and Poole 2017, sections 2 and 4; Maddison, Mnih and Teh 2017",
       .mutants = {{"relaxed_reported", "the number that is climbed is printed as the bound"},
                   {"never_falls", "the temperature stays where it began"}}},
      program);
}
