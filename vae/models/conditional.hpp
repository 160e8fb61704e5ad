#pragma once

#include <functional>
#include <vector>

#include "autograd/tape.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/normal.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/any_vae.hpp"

namespace tapestry::vae {

struct ConditionalSizes {
  std::int64_t pixels = 784, classes = 10;
  std::vector<std::int64_t> hidden = {400};  ///< of the encoder; the decoder has them in reverse
  std::int64_t latent = 20;
  Activation activation = Activation::relu;
};

/// The conditional VAE (Sohn, Lee and Yan, Learning Structured Output Representation using Deep Conditional
/// Generative Models, 2015, equation 4), with the prior N(0, I) for every class:
///
///     log p(x|y) >= E_q(z|x,y)[ log p(x|z,y) ] - KL(q(z|x,y) || p(z))
class ConditionalVae : public nn::Module {
 public:
  explicit ConditionalVae(const ConditionalSizes& s)
      : sizes(s),
        trunk(*this, "trunk", joined({s.pixels + s.classes}, s.hidden), s.activation),
        loc(*this, "loc", s.hidden.back(), s.latent),
        log_variance(*this, "log_variance", s.hidden.back(), s.latent),
        pixels(*this, "pixels",
               joined(joined({s.latent + s.classes}, {s.hidden.rbegin(), s.hidden.rend()}),
                      {s.pixels}),
               s.activation, Activation::none) {}

  /// The three distributions with labels y [B, C] inside, a one for the class and zeros.
  struct Given {
    ConditionalVae& model;
    Tensor y;

    prob::Normal encode(const Tensor& x) const {
      const Tensor h = model.trunk.of_both(x, model.to_encoder(y));
      return {model.loc(h), exp(0.5 * model.log_variance(h)), 1};
    }
    prob::StandardNormal prior() const { return prob::StandardNormal({model.sizes.latent}, 1); }
    prob::Bernoulli decode(const Tensor& z) const {
      return prob::Bernoulli(model.pixels.of_both(z, model.to_decoder(y)), 1);
    }
  };
  Given given(const Tensor& y) { return {*this, y}; }
  /// The same for the labels of a minibatch, i32 [B].
  Given given_labels(const Tensor& labels) { return given(one_hot(labels)); }
  /// i32 [B] -> [B, C]
  Tensor one_hot(const Tensor& labels) const { return take_rows(eye(sizes.classes), labels); }

  /// The classes in turn. Not recorded.
  Tensor generate(std::int64_t n, Rng& rng) {
    std::vector<std::int32_t> labels;
    for (std::int64_t i = 0; i < n; ++i)
      labels.push_back(static_cast<std::int32_t>(i % sizes.classes));
    return generate_given(index_tensor(labels, {n}), rng);
  }
  /// A picture of each label, i32 [n] -> [n, D]. Not recorded.
  Tensor generate_given(const Tensor& labels, Rng& rng) {
    return vae::generate(given_labels(labels), labels.dim(0), rng);
  }
  /// The same z under each class: z [n, Z] -> [n, C, D]. Not recorded.
  Tensor under_all_labels(const Tensor& z) {
    const NoGrad no_grad;
    const std::int64_t n = z.dim(0), C = sizes.classes;
    const Tensor each = broadcast_to(reshape(z, {n, 1, -1}), {n, C, z.dim(1)});
    return given(broadcast_to(eye(C), {n, C, C})).decode(each).mean();
  }
  /// "styles": a row for each of the first images: the image, then its z under each class.
  std::vector<Sheet> sheets(const nn::Batch& batch, Rng&) {
    const NoGrad no_grad;
    const Tensor x = first_rows(batch.images, 10), y = first_rows(one_hot(batch.labels), 10);
    const Tensor all = under_all_labels(given(y).encode(x).mean());
    return {{"styles", concat({reshape(x, {x.dim(0), 1, -1}), all}, 1), sizes.classes + 1}};
  }

  const ConditionalSizes sizes;
  nn::Child<nn::Mlp> trunk;
  nn::Child<nn::Linear> loc, log_variance;
  nn::Child<nn::Mlp> pixels;
  // The steps that a wrong version replaces.
  std::function<Tensor(const Tensor& y)> to_encoder = [](const Tensor& y) { return y; };
  std::function<Tensor(const Tensor& y)> to_decoder = [](const Tensor& y) { return y; };

 private:
  using Widths = std::vector<std::int64_t>;
  static Widths joined(Widths first, const Widths& then) {
    first.insert(first.end(), then.begin(), then.end());
    return first;
  }
};

}  // namespace tapestry::vae
