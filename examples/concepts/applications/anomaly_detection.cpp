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

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 2000, 1000);
  const nn::ByteImages test = data.test;
  const auto usual = [&](int label) { return label != kFound && label != kMissed; };
  if (!c.broken("trained_on_all")) data.train = choose(data.train, data.train_labels, usual);
  data.test = choose(test, data.test_labels, usual);
  const auto model =
      support::train_vae(c, data, {.hidden = {c.choose(400, 100)}, .latent = c.choose(20, 10)},
                         {.epochs = c.choose(15, 12),
                          .batch = c.choose(128, 50),
                          .lr = c.choose(1e-3, 3e-3),
                          .binarize = nn::Binarize::dynamic});

  // Black and white images of each kind, and their scores.
  Rng rng = c.rng("scores");
  const auto black_and_white = [&](const nn::ByteImages& images) {
    const std::int64_t count = std::min<std::int64_t>(images.count, c.choose(1000, 200));
    return nn::image_tensor(images, 0, count, nn::Binarize::dynamic, c.rng("pixels"));
  };
  const auto score = [&](const Tensor& x) {
    const Tensor log_px = model->log_px(x, rng, c.choose(50, 10)).log_px;
    return c.broken("sign") ? log_px : -log_px;
  };
  const auto class_of = [&](int wanted) {
    return choose(test, data.test_labels, [&](int label) { return label == wanted; });
  };
  const Tensor digits = black_and_white(data.test), usual_score = score(digits);
  const Tensor noise = where(less(rng.uniform(digits.shape()), 0.5), 1.0, zeros(digits.shape()));
  const Tensor formless = score(shuffled(digits, rng)),
               found = score(black_and_white(class_of(kFound)));
  const Tensor missed = score(black_and_white(class_of(kMissed)));
  const Tensor black = score(zeros({1, digits.dim(1)}));
  c.at_least("AUROC of noise", vae::auroc(score(noise), usual_score), 0.95);
  c.at_least("AUROC of shuffled digits", vae::auroc(formless, usual_score), 0.95);
  c.at_least("AUROC of a class never seen, 2", vae::auroc(found, usual_score), 0.8);
  c.at_most("the wrong way round: AUROC of a class never seen, 1", vae::auroc(missed, usual_score),
            0.4);
  c.at_most("the wrong way round: AUROC of a black image", vae::auroc(black, usual_score), 0.1);
  fmt::print("noise {}\n", mean(score(noise)).item());

  const auto histogram = [&](Plot& plot, const std::string& label, const Tensor& scores, double low,
                             double high) {
    const int bins = 40;
    const double width = (high - low) / bins;
    std::vector<double> x, share(bins, 0.0), bottom(bins, 0.0);
    for (int i = 0; i < bins; ++i) x.push_back(low + (i + 0.5) * width);
    for (const double s : scores.to_vector()) {
      const auto bin = static_cast<std::size_t>(std::clamp((s - low) / width, 0.0, bins - 1.0));
      share[bin] += 1.0 / static_cast<double>(scores.size());
    }
    plot.band(label, x, bottom, share);
  };
  Plot left("outliers without form are found", "-log p(x), nats", "share of images");
  histogram(left, "test digits", usual_score, 0, 600);
  histogram(left, "shuffled digits", formless, 0, 600);
  Plot right("of two digits never seen, one", "-log p(x), nats", "share of images");
  histogram(right, "test digits", usual_score, 0, 300);
  histogram(right, "2, never seen", found, 0, 300);
  histogram(right, "1, never seen", missed, 0, 300);
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
