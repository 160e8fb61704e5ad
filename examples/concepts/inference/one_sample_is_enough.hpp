#pragma once

#include <functional>
#include <string>

#include "autograd/ops.hpp"
#include "vae/analysis/gradient_noise.hpp"
#include "vae/models/mlp.hpp"

/// The model of one_sample_is_enough (C43): the gradient of a step, and what its variance is made of.
namespace gradient_of_a_step {

using tapestry::Rng, tapestry::Tensor;

struct Step {
  int images;   ///< M
  int samples;  ///< L
  std::string name() const { return fmt::format("M={} L={}", images, samples); }
};

/// M of the images x, at random.
inline Tensor draw_images(const Tensor& x, int M, Rng& rng) {
  const auto N = static_cast<double>(x.dim(0));
  return take_rows(x, (N * rng.uniform({M})).to(tapestry::DType::i32));
}

/// 1/M sum_i 1/L sum_l of the estimates of the bound: g is its gradient.
inline Tensor bound(tapestry::vae::MlpVae& model, const Tensor& x, int L, Rng& rng) {
  return mean(tapestry::vae::elbo(model, x, rng, {.samples = L}).elbo());
}

/// Of g over all parameters: A / M + B / (M L).
struct Variances {
  double all;
  double twice_noise;  ///< of the difference of two g of the same images: twice the part due to e
  double off;          ///< |mean of g - gradient of all images|^2 / its variance
};

/// From 200 g. `draw` and `bound_of` are called like the functions above.
template <class Draw, class Bound>
Variances variances(tapestry::vae::MlpVae& model, const Tensor& x, const Step& step,
                    const Draw& draw, const Bound& bound_of, const Rng& noise) {
  const auto noise_of = [&](const std::function<Tensor(Rng&)>& estimate, int repeats = 200) {
    Rng rng = noise;
    return tapestry::vae::gradient_noise(estimate, model.parameters(), repeats, rng);
  };
  const auto g = [&](const Tensor& images, Rng& rng) {
    return bound_of(model, images, step.samples, rng);
  };
  const auto all = noise_of([&](Rng& rng) { return g(draw(x, step.images, rng), rng); });
  const auto twice = noise_of([&](Rng& rng) {
    const Tensor images = draw(x, step.images, rng);
    return g(images, rng) - g(images, rng);
  });
  const auto whole = noise_of([&](Rng& rng) { return g(x, rng); }, 10);
  double off = 0;
  for (std::size_t i = 0; i < all.gradients.size(); ++i)
    off += sum(square(all.gradients[i].mean - whole.gradients[i].mean)).item();
  return {all.total_variance(), twice.total_variance(), off * 200 / all.total_variance()};
}

}  // namespace gradient_of_a_step
