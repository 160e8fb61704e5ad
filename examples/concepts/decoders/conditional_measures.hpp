#pragma once

#include <utility>

#include "nn/data/image_dataset.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/analysis/probe.hpp"
#include "vae/models/conditional.hpp"
#include "vae/models/mlp.hpp"
#include "vae/training/player.hpp"

// What is asked of a conditional VAE.

namespace concepts {

using namespace tapestry;
using vae::ConditionalVae;

/// The bound of a model that hears the labels after `step`.
inline vae::Play with_label(ConditionalVae& model, const auto& step) {
  return [&model, step](const nn::Batch& batch, Rng& rng) -> vae::Objective {
    return vae::elbo(model.given(step(model.one_hot(batch.labels))), batch.images, rng);
  };
}

/// Gives a plain VAE the weights of one that is always told the first label: its column is one more bias.
inline void copy_without_label(const ConditionalVae& from, vae::MlpVae& to) {
  const auto copy = [](const nn::Linear& layer, nn::Linear& without, std::int64_t columns) {
    const Tensor W = layer.weight.value();
    const Tensor more =
        columns < W.dim(1) ? slice(W, 1, columns, columns + 1) : 0.0 * slice(W, 1, 0, 1);
    without.weight.set_value(slice(W, 1, 0, columns));
    without.bias.set_value(layer.bias.value() + reshape(more, {-1}));
  };
  const vae::ConditionalSizes& s = from.sizes;
  copy(from.trunk[0], to.encoder->hidden[0], s.pixels);
  copy(from.loc, to.encoder->loc, s.hidden.back());
  copy(from.log_variance, to.encoder->log_variance, s.hidden.back());
  copy(from.pixels[0], to.decoder->hidden[0], s.latent);
  copy(from.pixels[1], to.decoder->out, s.hidden.front());
}

/// The share of test images whose digit a probe finds in a draw of q. The probe learns from n training images.
inline double digit_in_z(ConditionalVae& model, bool told, const nn::Dataset& data, std::int64_t n,
                         const vae::ProbeOptions& options) {
  Rng rng(options.seed);
  const auto draws = [&](nn::Part part, std::int64_t count) {
    const NoGrad no_grad;
    const nn::Batch b = data.range(part, 0, count, rng);
    const Tensor y = model.one_hot(b.labels);
    return std::pair{model.given(told ? y : 0.0 * y).encode(b.images).sample(rng), b.labels};
  };
  const auto [z, label] = draws(nn::Part::train, n);
  const auto [test_z, test_label] = draws(nn::Part::test, data.size(nn::Part::test));
  const auto probe = vae::train_probe(z, label, model.sizes.classes, options);
  return vae::probe_accuracy(*probe, test_z, test_label);
}

/// KL(q(z|x,y) || q(z|x,y')) for the next label y', mean over the test images.
inline double move_by_label(ConditionalVae& model, const nn::Batch& test) {
  const NoGrad no_grad;
  const Tensor y = model.one_hot(test.labels);
  const Tensor next = concat({slice(y, 1, 9, 10), slice(y, 1, 0, 9)}, 1);
  return mean(prob::kl(model.given(y).encode(test.images), model.given(next).encode(test.images)))
      .item();
}

/// Of numbers [n].
inline double correlation(const Tensor& a, const Tensor& b) {
  const Tensor u = a - mean(a), v = b - mean(b);
  return (sum(u * v) / sqrt(sum(square(u)) * sum(square(v)))).item();
}

/// The style of n test images and that of their z under the nine other labels, a mean over these: correlations.
struct StyleKept {
  double slant, thickness;
};
inline StyleKept style_kept(ConditionalVae& model, const nn::ImageDataset& data, std::int64_t n) {
  const NoGrad no_grad;
  const nn::Batch test = data.range(nn::Part::test, 0, n, Rng(1));
  const Tensor y = model.one_hot(test.labels);
  const Tensor images = model.under_all_labels(model.given(y).encode(test.images).loc);
  const auto of_x = vae::measure_pen(data.as_images(test.images));
  const auto of_others = vae::measure_pen(data.as_images(reshape(images, {10 * n, -1})));
  const auto kept = [&](const Tensor& a, const Tensor& b) {
    return correlation(a, sum(reshape(b, {n, 10}) * (1.0 - y), -1));
  };
  return {kept(of_x.slant, of_others.slant), kept(of_x.thickness, of_others.thickness)};
}

}  // namespace concepts
