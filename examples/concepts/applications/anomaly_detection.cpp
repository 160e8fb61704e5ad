// anomaly_detection: log p(x) finds outliers, and misses those that are simpler than the data
// C69, UDL section 17.8.1
//
//     score(x) = -log p(x),   log p(x) ~ log (1/N) sum_n p(x|z_n) p(z_n) / q(z_n|x),   z_n ~ q(z|x)
//     AUROC = P(score of an outlier > score of a usual x)
//
// An x that the model finds improbable may not be from where the data came. The reverse is not true:
// a density is also high where there is little to explain. A model of digits that never saw a 1
// finds 1s, and an empty image, more probable than the digits that it knows.
#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "concepts/applications/anomaly_detection.hpp"
#include "concepts/applications/train_vae.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/analysis/ranks.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor reconstruction_error(vae::MlpVae& model, const Tensor& x, Rng& rng, int) {
  return -vae::elbo(model, x, rng).log_lik;
}

Tensor usualness(vae::MlpVae& model, const Tensor& x, Rng& rng, int samples) {
  return vae::log_px(model, x, rng, samples).log_px;
}

// --- claims

struct Scores {
  Tensor usual, formless, black, found, missed;
};

/// `data` has the seen classes alone, `test` all of them, with their labels.
Scores claims(Concept& c, vae::MlpVae& model, const nn::ImageDataset& data,
              const nn::ByteImages& test, const std::vector<std::uint8_t>& labels,
              const auto& score_of) {
  Rng rng = c.rng("scores");
  const auto score = [&](const Tensor& x) { return score_of(model, x, rng, c.choose(50, 10)); };
  const auto black_and_white = [&](const nn::ByteImages& images) {
    const std::int64_t count = std::min<std::int64_t>(images.count, c.choose(1000, 200));
    return nn::image_tensor(images, 0, count, nn::Binarize::dynamic, c.rng("pixels"));
  };
  const auto of_class = [&](int k) {
    return black_and_white(choose(test, labels, [&](int label) { return label == k; }));
  };
  const Tensor digits = black_and_white(data.test), usual = score(digits);
  const Tensor noise = less(rng.uniform(digits.shape()), 0.5).to(digits.dtype());
  const Tensor formless = score(shuffled(digits, rng)), black = score(zeros({1, digits.dim(1)}));
  const Tensor found = score(of_class(kFound)), missed = score(of_class(kMissed));
  // Between the reconstruction's error and the whole bound, and much nearer to the bound.
  const vae::ElboTerms bound = vae::elbo(model, digits, rng);
  c.within("score of test digits: share of the KL that it holds",
           mean(usual + bound.log_lik).item() / mean(bound.kl.total()).item(), c.choose(0.7, 0.5),
           1);
  c.monte_carlo("noise: share of white pixels", prob::estimate(reshape(noise, {-1})), 0.5, 0.002);
  c.at_least("AUROC of noise", vae::auroc(score(noise), usual), 0.999);
  c.at_least("AUROC of shuffled digits", vae::auroc(formless, usual), 0.999);
  c.within("AUROC of the unseen 2", vae::auroc(found, usual), c.choose(0.86, 0.8),
           c.choose(0.93, 1.0));
  c.within("the wrong way round: AUROC of the unseen 1", vae::auroc(missed, usual), 0,
           c.choose(0.13, 0.4));
  c.at_most("the wrong way round: AUROC of a black image", vae::auroc(black, usual), 0.01);
  return {usual, formless, black, found, missed};
}

// --- picture

/// Draws which share of the scores lies in each of 40 bins from 0 to `last`, or beyond it.
void histogram(Plot& plot, const std::string& label, const Tensor& scores, double last) {
  constexpr int kBins = 40;
  std::vector<double> x = support::grid(0, last, kBins), share(kBins, 0), zero(kBins, 0);
  for (const double score : scores.to_vector()) {
    const double bin = std::clamp(std::round(score / last * (kBins - 1)), 0.0, kBins - 1.0);
    share[static_cast<std::size_t>(bin)] += 1.0 / static_cast<double>(scores.size());
  }
  plot.band(label, x, zero, share);
}

std::vector<Plot> picture(const Scores& of) {
  Plot left("shuffled pixels are found", "-log p(x), nats", "share of images");
  histogram(left, "test digits", of.usual, 900);
  histogram(left, "their pixels shuffled", of.formless, 900);
  Plot right("of two unseen digits one is found, one missed", "-log p(x), nats", "share of images");
  histogram(right, "test digits", of.usual, 300);
  histogram(right, "unseen 2", of.found, 300);
  histogram(right, "unseen 1", of.missed, 300);
  right.line("a black image", {of.black.item(), of.black.item()}, {0, 0.1});
  return {left, right};
}

// --- program

void program(Concept& c) {
  const auto score = c.broken("reconstruction") ? reconstruction_error
                     : c.broken("sign")         ? usualness
                                                : surprise;
  const bool all_classes = c.broken("trained_on_all");
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 2000, 1000);
  data.binarize = nn::Binarize::dynamic;
  const nn::ByteImages test = data.test;
  const std::vector<std::uint8_t> labels = data.test_labels;
  if (!all_classes) data.train = choose(data.train, data.train_labels, is_seen);
  data.test = choose(test, labels, is_seen);
  data.train_labels = data.test_labels = {};
  const auto model =
      support::train_vae(c, data, support::digits_network(c), support::digits_training(c));
  c.draw(picture(claims(c, *model, data, test, labels, score)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C69",
       .title = "Outliers by their log density, and where that fails",
       .source = "UDL section 17.8.1",
       .mutants = {{"reconstruction", "log p(x|z) alone as the score"},
                   {"sign", "log p(x) as the score: high for what is usual"},
                   {"trained_on_all", "the outliers are among the training images"}}},
      program);
}
