#pragma once

#include "concepts/hierarchies/diffusion_measures.hpp"
#include "concepts/hierarchies/train_diffusion.hpp"
#include "support/concept/digit_classifier.hpp"
#include "support/concept/images.hpp"

// What diffusion_digits keeps of a trained model.

namespace concepts {

constexpr int kManySteps = 1'000'000'000;

/// -log p(x|z_0) by the probabilities of cells around z_0, as DDPM has them: nats, mean over images.
inline double nats_of_cells(const Tensor& x, Rng& rng) {
  const NoiseLevel n = Diffusion::level(0.0);
  const Tensor z0 = n.alpha * x + n.sigma * rng.normal(x.shape());
  return -mean(prob::DiscretizedNormal(z0 / n.alpha, n.sigma / n.alpha, 1).log_prob(x)).item();
}

/// The pixels of all images in one other order.
inline Tensor shuffled_pixels(const Tensor& x, Rng& rng) {
  const Tensor order = index_tensor(rng.permutation(x.dim(1)), {x.dim(1)});
  return transpose(take_rows(transpose(x), order));
}
/// The bound of the test images by terms, by parts of gamma, and of some: with pixels in another order, and with T steps.
inline void record_test(const support::Concept& c, const nn::ImageDataset& data, Diffusion& model,
                        support::Record& r) {
  Rng rng = c.rng("test");
  const Tensor x = levels(support::rows_of(data, nn::Part::test, rng).images);
  const std::int64_t D = x.dim(1), few = c.choose<std::int64_t>(1000, 100);
  const auto bits = [&](double nats) { return bits_per_dimension(nats, D); };
  const auto bound = bound_of_images(model, x, c.choose(5, 4), rng);
  r.numbers["bits"] = bits(bound.total());
  r.numbers["bits, standard error"] = bits(bound.estimate().standard_error.item());
  r.numbers["bits, pixels"] = bits(bound.pixels);
  r.numbers["bits, end"] = bits(bound.end);
  r.numbers["bits, path"] = bits(bound.path);
  r.numbers["bits, pixels by cells"] = bits(nats_of_cells(slice(x, 0, 0, few), rng));
  keep_parts(r, "diffusion", bound, D);
  DiffusionRun alone(data, 4, c.rng("init"));
  const auto apart = bound_of_images(alone.model, x, 1, rng);
  r.numbers["bits, independent pixels"] = bits(apart.total());
  keep_parts(r, "independent pixels", apart, D);
  const Tensor other = shuffled_pixels(slice(x, 0, 0, few), rng);
  r.numbers["bits, shuffled"] = bits(bound_of_images(model, other, 4, rng).total());
  const std::vector<int> steps{10, 30, 100, 1000, kManySteps};
  const auto nats = path_of_steps(model, slice(x, 0, 0, few / 2), steps, 8, rng);
  for (std::size_t i = 0; i < steps.size(); ++i) r.add("bits of T steps", steps[i], bits(nats[i]));
}

/// Samples, a few chains, and what a classifier of digits says of them.
inline void record_samples(const support::Concept& c, const nn::ImageDataset& data,
                           Diffusion& model, support::Record& r) {
  Rng rng = c.rng("samples");
  const auto drawn = draw_digits(model, c.choose<std::int64_t>(400, 8), data.image_size(),
                                 c.choose(120, 8), 4, rng);
  const auto judge = support::train_classifier(c, data, c.choose(4, 1));
  const NoGrad no_grad;
  const Tensor p = softmax((*judge)(drawn.images), -1);
  r.numbers["sure"] = mean(less(0.9, max(p, -1)).to(DType::f64)).item();
  const Tensor found = max(take_rows(eye(data.classes), argmax(p)), 0);
  r.numbers["digits"] = sum(found).item();
  support::keep_grey_images(r, "sample", slice(drawn.images, 0, 0, c.choose(64, 8)));
  support::keep_grey_images(r, "chain", reshape(drawn.chain, {-1, data.image_size()}));
}

}  // namespace concepts
