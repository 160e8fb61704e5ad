#pragma once

#include <initializer_list>
#include <vector>

#include "autograd/tape.hpp"
#include "concepts/decoders/semi_supervised.hpp"
#include "nn/init.hpp"
#include "prob/categorical.hpp"
#include "prob/monte_carlo.hpp"
#include "support/numerics/every_image.hpp"

// What is known of the bounds of M2 on a small model.

namespace concepts {

/// Four pixels, three labels, and a z that the decoder does not look at: then L(x, y) = log p(x, y). L of all 16 images [16, 3].
inline Tensor known_bounds(bool prior, Rng rng) {
  M2 model({.pixels = 4, .classes = 3, .hidden = {5}, .latent = 2});
  nn::init::torch_default(model, rng.stream("init"));
  if (!prior) model.log_prior = 0;
  for (nn::Linear* head :
       std::initializer_list<nn::Linear*>{&model.told.loc, &model.told.log_variance}) {
    head->weight.set_value(zeros({2, 5}));
    head->bias.set_value(zeros({2}));
  }
  nn::Param& first = model.told.pixels[0].weight;
  first.set_value(concat({zeros({5, 2}), 3.0 * slice(first.value(), 1, 2, 5)}, 1));
  return model.with_each_label(support::every_image(4), rng).detach();
}

/// U(log q(y|x)) and its slope by the logits of q(y|x).
struct AtLogits {
  Tensor U, slope;
};
template <class OfLogQ>
AtLogits at_logits(const Tensor& start, OfLogQ&& of) {
  Parameter logits("logits", start);
  Tape tape;
  const Tensor U = of(log_softmax(1.0 * logits, -1));
  tape.backward(sum(U));
  return {U.detach(), logits.grad()};
}

/// One image, ten labels: U and its slope by the first logit, from n drawn labels and from the sum over all.
struct ByDrawing {
  prob::Estimate U, slope;
  double exact_U, exact_slope;
};
template <class OfAll, class OfOne>
ByDrawing by_drawing(std::int64_t n, OfAll&& sum_of, OfOne&& draw_of, Rng rng) {
  const Tensor L = -90.0 + 3.0 * rng.normal({1, 10}), start = rng.normal({1, 10});
  const AtLogits exact = at_logits(start, [&](const Tensor& log_q) { return sum_of(L, log_q); });
  const Tensor each = broadcast_to(start, {n, 10});
  const Tensor y = reshape(prob::Categorical(each).sample(rng), {n, 1});
  const auto of_y = [&](const Tensor& t) { return reshape(gather(t, 1, y), {n}); };
  const Tensor L_y = of_y(broadcast_to(L, {n, 10}));
  const AtLogits drawn =
      at_logits(each, [&](const Tensor& log_q) { return draw_of(L_y, of_y(log_q)); });
  return {prob::estimate(drawn.U), prob::estimate(reshape(slice(drawn.slope, 1, 0, 1), {-1})),
          exact.U.item(), exact.slope.at({0, 0})};
}

}  // namespace concepts
