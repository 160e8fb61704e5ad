// sum_of_entropies: where training has come to rest, the ELBO is a sum of three entropies
// C126, UDL notes; Lucke, Forster and Dai 2020; Damm et al. 2023
//
//     ELBO = mean over n of H(q(z|x_n)) - H(p(z)) - H(p(x|z))          at any point where the slope is 0
//
// There the squared error is what sigma^2 says, and the codes have the second moment of the prior: each expected log
// density is minus an entropy.
#include "concepts/bounds/sum_of_entropies_faults.hpp"
#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::entropies, concepts::GaussianVae, concepts::LinearVae;
using support::Concept, support::Plot, support::Record;
using PriorEntropy = decltype(&concepts::prior_entropy);

namespace {

// --- claims

/// ELBO minus entropies, both of x.
double difference(const vae::exact::Ppca& model, PriorEntropy of_prior, const Tensor& x) {
  const Tensor of_q = model.posterior(x).entropy();
  const Tensor noise = model.likelihood(zeros({model.latents()})).entropy();
  return (mean(model.log_px(x)) - entropies(of_q, of_prior(model.latents()), noise)).item();
}

void claims_of_ppca(Concept& c, PriorEntropy of_prior, const Tensor& x) {
  vae::exact::PpcaFit fit = vae::exact::fit_ppca(x, 3);
  c.identity("PPCA at its top: ELBO - entropies", difference(fit.model, of_prior, x), 0, 1e-9);
  // A saddle: the third latent is off, and sigma^2 the mean of the eigenvalues that are left out.
  const Tensor& l = fit.eigenvalues;
  const Tensor kept = slice(l, 0, 0, 2), left = mean(slice(l, 0, 2, 10));
  const Tensor w = slice(fit.model.weight, 1, 0, 2), third = zeros({10, 1});
  const Tensor axes = w / sqrt(sum(square(w), 0));
  const Tensor W = concat({axes * sqrt(kept - left), third}, 1);
  const vae::exact::Ppca saddle{W, fit.model.mean, sqrt(left)};
  c.identity("PPCA at a saddle: ELBO - entropies", difference(saddle, of_prior, x), 0, 1e-9);
  fit.model.sigma = fit.model.sigma * std::sqrt(1.2);
  c.within("PPCA, sigma^2 times 1.2: ELBO - entropies", difference(fit.model, of_prior, x), 0.5,
           0.8);
}

void claims_of_linear(Concept& c, PriorEntropy of_prior, const Tensor& x, int steps, bool learned) {
  LinearVae model(10, 3, learned);
  nn::init::torch_default(model, c.rng("init"));
  support::ascend(model.parameters(), [&] { return model.bound(x); },
                  {.steps = steps, .shrink = 1e-3});
  const NoGrad no_grad;
  const prob::Normal q = model.encode(x);
  const Tensor right = entropies(q.entropy(), of_prior(3), model.decode(q.loc).entropy());
  c.exact("linear VAE by Adam: ELBO - entropies", (model.bound(x) - mean(right)).item(), 0, 1e-3);
  c.within("linear VAE: log p(x) of PPCA - ELBO",
           vae::exact::fit_ppca(x, 3).log_px - model.bound(x).item(), -1e-9, 1e-2);
}

void train_digits(const Concept& c, PriorEntropy of_prior, Record& r) {
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 1500, 500);
  r.data_rule = c.choose("MNIST, grey", "drawn digits, grey");
  const std::int64_t K = c.choose(20, 10), batch = c.choose(128, 50);
  GaussianVae model(784, c.choose(400, 64), K);
  nn::init::torch_default(model, c.rng("init"));
  const auto note = [&](int epoch) {
    for (const auto& [name, part] :
         {std::pair("training", nn::Part::train), std::pair("test", nn::Part::test)}) {
      Rng rng = c.rng("look");
      const Tensor x = data.range(part, 0, c.choose(10000, 500), rng).images;
      const auto [elbo, right] = concepts::both_sides(model, x, of_prior(K), rng);
      r.add(fmt::format("{}, ELBO", name), epoch, elbo);
      r.add(fmt::format("{}, entropies", name), epoch, right);
    }
  };
  nn::Adam adam(model.parameters());
  const int epochs = c.choose(30, 40);
  const auto rate =
      nn::schedule::cosine(c.choose(2e-3, 4e-3), epochs * (data.train.count / batch + 1));
  vae::Trainer trainer({vae::vae_player(model, adam, {}, rate)}, data,
                       {.epochs = epochs, .batch = batch, .seed = c.seed()});
  trainer.on_epoch = [&](const vae::EpochReport& report) { note(report.epoch); };
  note(0);
  trainer.run();
}

void claims_of_digits(Concept& c, const Record& r) {
  const Record::Curve &elbo = r.curve("training, ELBO"), &right = r.curve("training, entropies");
  c.at_least("digits, before training: |ELBO - entropies|, nats", std::abs(elbo.y[0] - right.y[0]),
             50);
  c.within("digits, after: |ELBO - entropies| / |ELBO|",
           std::abs((elbo.last() - right.last()) / elbo.last()), 0, c.choose(0.0134, 0.3));
  c.within("digits: ELBO of test images, nats", r.curve("test, ELBO").last(), c.choose(645, -400),
           c.choose(659, 900));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const Record::Curve &elbo = r.curve("training, ELBO"), &right = r.curve("training, entropies");
  std::vector<double> gap;
  for (std::size_t i = 0; i < elbo.y.size(); ++i) gap.push_back(std::abs(elbo.y[i] - right.y[i]));
  return {Plot("digits of the training set", "epoch", "nats per image")
              .line("ELBO", elbo.x, elbo.y)
              .dashed("H(q) - H(p(z)) - H(p(x|z))", right.x, right.y)
              .key("bottom right"),
          Plot("their distance", "epoch", "nats per image").log_y().line("", elbo.x, gap)};
}

// --- program

void program(Concept& c) {
  const PriorEntropy of_prior = c.broken("prior_entropy_per_latent")
                                    ? concepts::prior_entropy_per_latent
                                    : concepts::prior_entropy;
  const bool sigma_learned = !c.broken("sigma_fixed");
  const int steps = c.broken("early_stop") ? 60 : 8000;
  Rng rng(1);  // one data set for every --seed
  const Tensor x = vae::exact::Ppca::random(10, 3, 0.7, rng).sample(rng, 500).x;
  claims_of_ppca(c, of_prior, x);
  claims_of_linear(c, of_prior, x, steps, sigma_learned);
  const Record r = c.record([&](Record& measured) { train_digits(c, of_prior, measured); });
  claims_of_digits(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C126",
       .title = "The ELBO as a sum of entropies",
       .source = "UDL notes; Lucke, Forster and Dai 2020; Damm et al. 2023; model F2",
       .mutants = {{"sigma_fixed", "the noise of the pixels is not learned"},
                   {"prior_entropy_per_latent", "the entropy of one latent for that of all"},
                   {"early_stop", "60 steps of Adam, where the slope is not 0 yet"}}},
      program);
}
