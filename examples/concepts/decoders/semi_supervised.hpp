#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "prob/one_hot_categorical.hpp"
#include "vae/models/conditional.hpp"

// Semi-supervised learning with a VAE (Kingma, Rezende, Mohamed and Welling, Semi-supervised Learning with Deep Generative
// Models, 2014), model M2. The label y is a latent that somebody has written on a few of the images:
//
//     y ~ Cat(1/C),  z ~ N(0, I),  x ~ p(x|y, z)                                 q(y, z|x) = q(y|x) q(z|x, y)
//     log p(x, y) >= L(x, y) = E_q(z|x,y)[log p(x|y, z)] - KL(q(z|x, y) || p(z)) - log C
//     log p(x)    >= U(x)    = sum_y q(y|x) (L(x, y) - log q(y|x))
//     objective = sum of U(x) over all N images + sum of L(x, y) over those with a label
//                 + alpha N times the mean of log q(y|x) over those with a label

namespace concepts {

using namespace tapestry;

/// U(x) [B] from L(x, y) and log q(y|x) of every label, [B, C].
inline Tensor over_labels(const Tensor& L, const Tensor& log_q) {
  return sum(exp(log_q) * (L - log_q), -1);
}

/// The same from one label y ~ q(y|x) for each image: L(x, y) and log q(y|x), [B]. The value estimates U; the last term, which
/// is 0, has the gradient of the choice (REINFORCE).
inline Tensor over_one_label(const Tensor& L, const Tensor& log_q) {
  const Tensor nats = L - log_q;
  return nats + nats.detach() * (log_q - log_q.detach());
}

/// Images that have labels: x [n, D], y [n, C] with a one for the class.
struct Labelled {
  Tensor x, y;

  Labelled some(std::int64_t count, Rng& rng) const {
    std::vector<std::int32_t> row;
    for (std::int64_t i = 0; i < count; ++i)
      row.push_back(static_cast<std::int32_t>(rng.below(x.dim(0))));
    const Tensor rows = index_tensor(row, {count});
    return {take_rows(x, rows), take_rows(y, rows)};
  }
};

/// How the parts of the objective count.
struct LabelWeights {
  double share;           ///< images with a label over all images
  double alpha;           ///< weight of the term that teaches q(y|x) the labels
  bool enumerate = true;  ///< a missing label is summed over
};

/// `Told` is p(x|y, z) and q(z|x, y), a conditional VAE.
template <class Told>
struct M2Of : nn::Module {
  explicit M2Of(const vae::ConditionalSizes& s)
      : told(*this, "told", s),
        label(*this, "label", {s.pixels, s.hidden.front(), s.classes}, s.activation,
              Activation::none) {}

  /// log q(y|x), [B, C].
  Tensor log_q(const Tensor& x) { return log_softmax(label(x), -1); }

  /// L(x, y), [B].
  Tensor with_label(const Tensor& x, const Tensor& y, Rng& rng) {
    return vae::elbo(told.given(y), x, rng).elbo() + log_prior;
  }
  /// L(x, y) of every label, [B, C].
  Tensor with_each_label(const Tensor& x, Rng& rng) {
    const std::int64_t C = told.sizes.classes;
    return transpose(with_label(x, reshape(eye(C), {C, 1, C}), rng));
  }
  /// U(x), [B]: the missing label is summed over, or drawn.
  Tensor without_label(const Tensor& x, bool enumerate, Rng& rng) {
    const Tensor log_each = log_q(x);
    if (enumerate) return sum_of(with_each_label(x, rng), log_each);
    const Tensor y = prob::OneHotCategorical(log_each.detach()).sample(rng);
    return draw_of(with_label(x, y, rng), sum(y * log_each, -1));
  }

  /// Of a minibatch of images, and some of those with a label.
  vae::Objective objective(const Tensor& x, const Labelled& some, const LabelWeights& w, Rng& rng) {
    const Tensor U = without_label(x, w.enumerate, rng);
    const Tensor L = mean(with_label(some.x, some.y, rng));
    const Tensor term = mean(sum(some.y * log_q(some.x), -1));
    return {.value = U + w.share * L + w.alpha * term, .bound = U};
  }

  nn::Child<Told> told;
  nn::Child<nn::Mlp> label;
  double log_prior = -std::log(static_cast<double>(told.sizes.classes));
  // The steps that a wrong version replaces.
  std::function<Tensor(const Tensor&L, const Tensor&log_q)> sum_of = over_labels,
                                                            draw_of = over_one_label;
};
using M2 = M2Of<vae::ConditionalVae>;

}  // namespace concepts
