// multiply_weighted: sixty-four draws of an image, shared out in four ways, and what the encoder makes of them
// C135, Rainforth, Kosiorek, Le, Maddison, Igl, Wood and Teh 2018, section 6
//
//     MIWAE   (1/M) sum_m log (1/K) sum_k w_mk          PIWAE   MIWAE for the encoder, IWAE for the decoder
//     CIWAE   beta ELBO + (1 - beta) IWAE
//
// All go on from one VAE of digits. The systems are in multiply_weighted.hpp.
#include "concepts/bounds/multiply_weighted_faults.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

void train_digits(const Concept& c, const MultiplySteps& by, Record& r) {
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 1000, 200);
  data.binarize = nn::Binarize::dynamic;
  r.data_rule = c.choose("MNIST, dynamic", "drawn digits, dynamic");
  const auto start = train_on_weights(
      c.choose<WeightsRun>({.draws = 1, .epochs = 8}, small_run(1)), data,
      [](const Tensor& log_w) -> vae::Objective {
        return {.value = mean(log_w, 0), .bound = mean(log_w, 0)};
      },
      c.rng("init"), c.seed());
  nn::ImageDataset few = data;
  nn::keep_first(few, c.choose(5000, 300), 20);
  const nn::Schedule rate = nn::schedule::cosine(1e-3, few.train.count / 20);
  const Groups of = c.choose<Groups>({8, 8}, {3, 3});
  const std::vector<std::pair<std::string, Climbs>> systems = {{"the start", {}},
                                                               {"IWAE", {iwae}},
                                                               {"MIWAE", {by.miwae}},
                                                               {"PIWAE", by.piwae()},
                                                               {"CIWAE", {by.ciwae(0.05)}}};
  for (const auto& [name, climbs] : systems) {
    vae::MlpVae model(start->config);
    model.load_state(start->state());
    NetOptimizers move(model);
    if (climbs.encoder)
      vae::Trainer(players(model, climbs, of, move, rate), few,
                   {.epochs = 1, .batch = 20, .seed = c.seed()})
          .run();
    const NoGrad no_grad;
    Rng rng = c.rng("test");
    const std::int64_t images = c.choose(300, 60), draws = c.choose(500, 50), batch = 20;
    for (std::int64_t first = 0; first < images; first += batch) {
      const Tensor x = data.range(nn::Part::test, first, batch, c.rng("pixels")).images;
      const Tensor log_w = vae::log_weights(model, x, rng, static_cast<int>(draws));
      const double share = 1.0 / static_cast<double>(images);
      r.numbers[name + ", -L_500"] -= share * sum(vae::iwae_bound(log_w)).item();
      r.numbers[name + ", -ELBO"] -= share * sum(mean(log_w, 0)).item();
    }
    c.keep(r, fmt::format("{}: -L_500 {:.2f}", name, r.number(name + ", -L_500")));
  }
}

void claims_of_digits(Concept& c, const Record& r) {
  const auto band = [&](const std::string& name, double value, double low, double high) {
    c.within("digits: " + name, value, c.choose(low, -15.0), c.choose(high, 300.0));
  };
  const auto L = [&](const std::string& of) { return r.number(of + ", -L_500"); };
  const auto gap = [&](const std::string& of) { return r.number(of + ", -ELBO") - L(of); };
  band("-L_500 of the start", L("the start"), 104.7, 107);
  for (const std::string of : {"IWAE", "CIWAE", "PIWAE", "MIWAE"})
    band("-L_500, the start - " + of, L("the start") - L(of), -0.4, 1.1);
  c.within("digits: -L_500, PIWAE - MIWAE", L("PIWAE") - L("MIWAE"), c.choose(-0.5, -1.0),
           c.choose(0.3, 1.0));
  band("L_500 - ELBO, IWAE", gap("IWAE"), 8.3, 9.7);
  band("L_500 - ELBO, IWAE - CIWAE", gap("IWAE") - gap("CIWAE"), 0.9, 2.1);
  band("L_500 - ELBO, IWAE - PIWAE", gap("IWAE") - gap("PIWAE"), 2.4, 3.4);
  band("L_500 - ELBO, IWAE - MIWAE", gap("IWAE") - gap("MIWAE"), 3, 4.2);
}

// --- picture

Plot picture(const Record& r) {
  std::vector<double> gaps;
  const std::vector<std::string> names{"the start", "IWAE", "CIWAE", "PIWAE", "MIWAE"};
  for (const std::string& name : names)
    gaps.push_back(r.number(name + ", -ELBO") - r.number(name + ", -L_500"));
  return Plot("test digits: how far q is from p(z|x)", "", "L_500 - ELBO, nats")
      .bars("", gaps)
      .names(names)
      .y_range(0, 10);
}

// --- program

void program(Concept& c) {
  const MultiplySteps by{.piwae = c.broken("decoder_left_out") ? encoder_alone : piwae};
  const Record r = c.record([&](Record& measured) { train_digits(c, by, measured); });
  claims_of_digits(c, r);
  c.draw({picture(r)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C135",
                         .title = "Groups of draws: MIWAE, PIWAE, CIWAE on digits",
                         .source = "Rainforth et al. 2018, section 6",
                         .mutants = {{"decoder_left_out", "PIWAE trains its encoder alone"}}},
                        program);
}
