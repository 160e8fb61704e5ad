#pragma once

#include <initializer_list>
#include <vector>

#include "autograd/tape.hpp"
#include "concepts/decoders/stacked_vae.hpp"
#include "nn/init.hpp"
#include "prob/monte_carlo.hpp"
#include "support/numerics/every_image.hpp"

// What is known of the bound of M1 and M2 on a small model.

namespace concepts {

/// Four pixels, a code z1 of one number, three classes, and a z2 that the decoder does not look at. Then L(z1, y) = log p(z1, y),
/// and every integral over z1 is one over a line.
struct SmallStack {
  explicit SmallStack(const Rng& rng)
      : m1({.rows = 2, .cols = 2, .hidden = {6}, .latent = 1}),
        m2({.pixels = 1, .classes = 3, .hidden = {5}, .latent = 2}) {
    nn::init::torch_default(m1, rng.stream("m1"));
    nn::init::torch_default(m2, rng.stream("m2"));
    for (Parameter* p : m1.parameters()) p->set_value(2.0 * p->value());
    for (nn::Linear* head :
         std::initializer_list<nn::Linear*>{&m2.told.style->loc, &m2.told.style->log_scale}) {
      head->weight.set_value(zeros({2, 5}));
      head->bias.set_value(zeros({2}));
    }
    nn::Param& first = m2.told.back[0].weight;
    first.set_value(concat({zeros({5, 2}), 2.0 * slice(first.value(), 1, 2, 5)}, 1));
    x = support::every_image(4);
  }

  /// Of each image, [16]: log p(x); KL(q(z1|x) || p(z1|x)); log p(x) less the bound.
  struct Known {
    Tensor log_p, kl, gap;
  };
  /// By the trapezoidal rule from -12 to 12.
  Known known() {
    const NoGrad no_grad;
    const double step = 0.01;
    const Tensor z1 = step * (arange(2401) - 1200.0), column = reshape(z1, {-1, 1});
    Rng unused(1);
    const Tensor L = m2.with_each_label(column, unused), log_q_y = m2.log_q(column);
    const Tensor log_prior = logsumexp(L, -1);  // [nodes]
    const Tensor each = reshape(z1, {-1, 1, 1});
    const Tensor log_x = m1.decode(broadcast_to(each, {2401, 16, 1})).log_prob(x);
    const Tensor joint = log_x + reshape(log_prior, {-1, 1});  // [nodes, 16]
    const Tensor log_p = logsumexp(joint, 0) + std::log(step);
    const Tensor log_q = m1.encode(x).log_prob(broadcast_to(each, {2401, 16, 1}));
    const Tensor q = step * exp(log_q);
    const Tensor kl = sum(q * (log_q - joint), 0) + log_p;
    const Tensor lost = log_prior - over_labels(L, log_q_y);
    return {log_p, kl, kl + sum(q * reshape(lost, {-1, 1}), 0)};
  }

  /// n estimates of the bound of each image, [n, 16].
  Tensor bounds(const StackedVae& both, std::int64_t n, Rng& rng) const {
    const NoGrad no_grad;
    const Tensor rows = reshape(broadcast_to(x, {n, 16, 4}), {-1, 4});
    return reshape(both.elbo(rows, rng).elbo(), {n, 16});
  }

  vae::MlpVae m1;
  CodeM2 m2;
  Tensor x;
};

}  // namespace concepts
