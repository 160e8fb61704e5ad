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
#include "support/concept.hpp"
#include "support/images.hpp"
#include "support/train_vae.hpp"
#include "vae/analysis/ranks.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr int kFound = 2, kMissed = 1;  // the two classes that the model never sees

/// The images of the classes that `wanted` accepts.
template <class Wanted>
nn::ByteImages choose(const nn::ByteImages& images, const std::vector<std::uint8_t>& labels,
                      Wanted&& wanted) {
  nn::ByteImages out{.count = 0, .rows = images.rows, .cols = images.cols, .pixels = {}};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!wanted(labels[i])) continue;
    const auto image = images.image(static_cast<std::int64_t>(i));
    out.pixels.insert(out.pixels.end(), image.begin(), image.end());
    ++out.count;
  }
  return out;
}

/// Each image with its pixels in another order: as bright as before, and without form.
Tensor shuffled(const Tensor& images, Rng& rng) {
  const Tensor order = index_tensor(rng.permutation(images.dim(1)), {images.dim(1)});
  return transpose(take_rows(transpose(images), order));
}

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

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 2000, 1000);
  const nn::ByteImages test = data.test;
  const auto seen = [&](int label) { return label != kFound && label != kMissed; };
  if (!c.broken("trained_on_all")) data.train = choose(data.train, data.train_labels, seen);
  data.test = choose(test, data.test_labels, seen);
  const auto model = support::train_vae(c, data, support::digits_network(c),
                                        support::digits_training(c, nn::Binarize::dynamic));

  Rng rng = c.rng("scores");
  const auto score = [&](const Tensor& x) {
    const Tensor log_px = model->log_px(x, rng, c.choose(50, 10)).log_px;
    return c.broken("sign") ? log_px : -log_px;
  };
  const auto black_and_white = [&](const nn::ByteImages& images) {
    const std::int64_t count = std::min<std::int64_t>(images.count, c.choose(1000, 200));
    return nn::image_tensor(images, 0, count, nn::Binarize::dynamic, c.rng("pixels"));
  };
  const auto score_of_class = [&](int wanted) {
    return score(black_and_white(
        choose(test, data.test_labels, [&](int label) { return label == wanted; })));
  };
  const Tensor digits = black_and_white(data.test), usual = score(digits);
  const Tensor noise = where(less(rng.uniform(digits.shape()), 0.5), 1.0, zeros(digits.shape()));
  const Tensor formless = score(shuffled(digits, rng)), black = score(zeros({1, digits.dim(1)}));
  const Tensor found = score_of_class(kFound), missed = score_of_class(kMissed);
  c.at_least("AUROC of noise", vae::auroc(score(noise), usual), 0.95);
  c.at_least("AUROC of shuffled digits", vae::auroc(formless, usual), 0.95);
  c.at_least("AUROC of the unseen 2", vae::auroc(found, usual), 0.8);
  c.at_most("the wrong way round: AUROC of the unseen 1", vae::auroc(missed, usual), 0.4);
  c.at_most("the wrong way round: AUROC of a black image", vae::auroc(black, usual), 0.1);

  Plot left("shuffled pixels are found", "-log p(x), nats", "share of images");
  histogram(left, "test digits", usual, 900);
  histogram(left, "their pixels shuffled", formless, 900);
  Plot right("of two unseen digits one is found, one missed", "-log p(x), nats", "share of images");
  histogram(right, "test digits", usual, 300);
  histogram(right, "unseen 2", found, 300);
  histogram(right, "unseen 1", missed, 300);
  right.line("a black image", {black.item(), black.item()}, {0, 0.1});
  c.draw({left, right});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C69",
       .title = "Outliers by their log density, and where that fails",
       .source = "UDL section 17.8.1",
       .mutants = {{"sign", "log p(x) as the score: high for what is usual"},
                   {"trained_on_all", "the outliers are among the training images"}}},
      program);
}
