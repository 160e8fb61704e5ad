// mixture_clustering: a VAE whose prior is a mixture finds ten kinds of digits without a label
// C106, UDL, notes of chapter 17; Jiang, Zheng, Tan, Tang and Zhou 2016, equations 1 to 16
//
//     p(c) = pi_c,  p(z|c) = N(mu_c, s_c^2),  p(x|z);     gamma_c = p(c|z)
//     L = E log p(x|z) - KL(gamma || p(c)) - sum_c gamma_c KL(q(z|x) || p(z|c))
//
// The start is an autoencoder, then k-means in coordinates that suit its codes, and a step of EM. Labels are seen by the score
// alone. The model is in mixture_clustering.hpp.
#include "concepts/discrete/cluster_start.hpp"
#include "concepts/discrete/mixture_clustering_faults.hpp"
#include "nn/data/moved_images.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "support/concept/digit_classifier.hpp"
#include "support/concept/images.hpp"
#include "vae/training/trainer.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// The autoencoder, k-means and a step of EM on its codes, and VaDE from there.
std::unique_ptr<MixtureVae> train(const Concept& c, const nn::ImageDataset& data, int seed,
                                  const ClusterSizes& sizes, const ClusterSteps& steps, Record& r) {
  const std::string name = fmt::format("seed {}", seed);
  auto model = std::make_unique<MixtureVae>(sizes, steps);
  nn::init::torch_default(*model, c.rng(fmt::format("init {}", seed)));
  const auto learn = [&](const char* what, int epochs, double rate, const vae::Play& play) {
    nn::Adam adam(model->parameters());
    const std::int64_t batch = c.choose(100, 20), count = epochs * data.train.count / batch;
    vae::Trainer trainer({{what, *model, adam, play, nn::schedule::cosine(rate, count, 1e-5)}},
                         data,
                         {.epochs = epochs,
                          .batch = batch,
                          .score = [](const vae::Means& m) { return -m.value; },
                          .seed = c.seed() + static_cast<std::uint64_t>(seed)});
    trainer.on_epoch = [&](const vae::EpochReport& e) {
      r.add(name + ", " + what, e.epoch, e.test.value);
      c.keep(r, fmt::format("{}, {}, epoch {}: {:.2f}", name, what, e.epoch, e.test.value));
    };
    trainer.run();
  };
  only_autoencoder(*model);
  learn("autoencoder", c.choose(60, 15), c.choose(1e-3, 5e-3),
        [&](const nn::Batch& b, Rng& rng) -> vae::Objective {
          return {.value = model->autoencoder(b.images, nn::moved_images(b.images, rng))};
        });
  start_from_codes(*model, data, c.rng(name), name, r);
  begin_vae(*model);
  learn("VaDE", c.choose(10, 6), c.choose(1e-3, 5e-3),
        [&](const nn::Batch& b, Rng& rng) -> vae::Objective {
          return model->elbo(b.images, nn::moved_images(b.images, rng), rng);
        });
  measure(*model, data, c.rng("test"), name, r);
  c.keep(r, fmt::format("{}: -ELBO {:.2f}, accuracy {:.4f}", name, r.number(name + ", -ELBO"),
                        r.number(name + ", accuracy")));
  return model;
}

void claims_of_training(Concept& c, const Record& r, int seeds) {
  double best = 0, lowest = 1e9, mean = 0, k_means = 0, scaled = 0;
  for (int s = 1; s <= seeds; ++s) {
    const std::string name = fmt::format("seed {}", s);
    mean += r.number(name + ", accuracy") / seeds;
    if (r.number(name + ", -ELBO") > lowest) continue;
    lowest = r.number(name + ", -ELBO");
    best = r.number(name + ", accuracy");
    k_means = r.number(name + ", k-means"), scaled = r.number(name + ", scaled k-means");
  }
  c.within("accuracy, the seed with the best bound", best, c.choose(0.9, 0.3), c.choose(0.95, 0.9));
  c.within("accuracy, mean of the seeds", mean, c.choose(0.88, 0.3), c.choose(0.95, 0.9));
  c.within("clusters of codes: k-means in scaled coordinates - in those of the codes",
           scaled - k_means, c.choose(0.01, -0.3), c.choose(0.06, 0.3));
  c.within("accuracy - that of clusters of codes", best - scaled, c.choose(-0.05, -0.25),
           c.choose(0.05, 0.1));
  c.within("draws of a cluster that show its class", r.number("draws of their class"),
           c.choose(0.8, 0.2), c.choose(0.94, 0.95));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot plane("test digits: means of q(z|x), two of ten directions", "first", "second");
  for (int k = 0; k < 10; ++k) {
    const auto& of = r.curve(fmt::format("plane, cluster {}", k));
    plane.dots("", of.x, of.y);
  }
  return {plane.key("off"), Plot("ten draws of each cluster", "", "")
                                .images(support::kept_images(r, "draws", 100, 28), 10)};
}

// --- program

void program(Concept& c) {
  ClusterSteps steps;
  if (c.broken("gamma_constant")) steps.posterior = constant_posterior;
  const DTypeScope f32(DType::f32);
  const int seeds = c.choose(3, 1);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = support::load_images(c, "mnist", 1000, 300);
    measured.data_rule = c.choose("MNIST, grey pixels", "drawn digits, grey pixels");
    ClusterSizes sizes;
    if (c.quick()) sizes.wide = sizes.narrow = 100;
    const auto judge = support::train_classifier(c, data, c.choose(4, 4));
    double lowest = 1e9;
    for (int s = 1; s <= seeds; ++s) {
      const auto model = train(c, data, s, sizes, steps, measured);
      if (measured.number(fmt::format("seed {}, -ELBO", s)) > lowest) continue;
      lowest = measured.number(fmt::format("seed {}, -ELBO", s));
      show(*model, data, *judge, c.rng("draws"), measured);
    }
  });
  claims_of_training(c, r, seeds);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C106",
       .title = "VaDE: clusters as a latent of the VAE",
       .source = "Jiang et al. 2016, equations 1 to 16; UDL 17",
       .mutants = {{"gamma_constant", "all clusters are equally likely for every z"}}},
      program);
}
