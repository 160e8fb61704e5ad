#pragma once

#include <memory>
#include <string>
#include <vector>

#include "concepts/aggregate/hierarchical_vamp.hpp"
#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/vae.hpp"

// What is known of two levels on a small model, and how they are trained.

namespace concepts {

/// Four pixels, three pseudo-inputs, a number in each level, and random parameters: large ones, but no scale grows without limit.
inline std::unique_ptr<HierarchicalVamp> small_levels(const LevelSteps& steps, const Rng& rng) {
  auto model = std::make_unique<HierarchicalVamp>(
      LevelSizes{.pixels = 4, .hidden = 6, .z1 = 1, .z2 = 1, .pseudo = 3}, steps);
  nn::init::torch_default(*model, rng.stream("init"));
  for (Parameter* p : model->parameters()) p->set_value(1.5 * p->value());
  for (nn::Child<vae::NormalHead>* head : {&model->head2, &model->head1, &model->below_head}) {
    nn::Param& weight = (*head)->log_scale->weight;
    weight.set_value(0.1 * weight.value());
  }
  model->pseudo.set_value(rng.stream("pseudo").uniform({3, 4}));
  return model;
}

/// log p(x) and the bound of all images of four pixels [16], on a grid of z_1 and z_2.
struct Known {
  Tensor log_p, bound;
};
inline Known on_grid(HierarchicalVamp& model, const Tensor& x) {
  const NoGrad no_grad;
  const double h = 0.08;
  const std::int64_t n = 251;
  const Tensor node = h * (arange(n) - 0.5 * static_cast<double>(n - 1));
  const Tensor z1 = reshape(node, {n, 1, 1}), z2 = reshape(node, {n, 1});
  const double log_area = 2 * std::log(h);
  std::vector<Tensor> log_p, bound;
  const Tensor first = broadcast_to(reshape(z1, {n, 1, 1}), {n, n, 1}),
               second = broadcast_to(reshape(z2, {1, n, 1}), {n, n, 1});
  const Tensor log_prior = model.log_prior(z2) + model.prior_below(z2).log_prob(first);  // [n, n]
  const prob::Bernoulli p = model.decode(first, second);
  for (std::int64_t i = 0; i < 16; ++i) {
    const Tensor one = slice(x, 0, i, i + 1);
    const Tensor joint = p.log_prob(one) + log_prior;
    const Tensor log_q = model.encode(one).log_prob(z2) +
                         model.encode_below(broadcast_to(one, {n, 4}), z2).log_prob(first);
    log_p.push_back(logsumexp(joint) + log_area);
    bound.push_back(sum(exp(log_q + log_area) * (joint - log_q)));
  }
  return {stack(log_p, 0), stack(bound, 0)};
}

/// Trains it, and keeps the bound of test images, the KL of each level and 20 pictures from the prior.
inline void train_levels(const support::Concept& c, const nn::ImageDataset& data,
                         const std::string& name, HierarchicalVamp& model, support::Record& r) {
  const vae::Play play = [&](const nn::Batch& b, Rng& rng) -> vae::Objective {
    return model.elbo(b.images, rng);
  };
  nn::init::torch_default(model, c.rng("init"));
  if (model.sizes.pseudo > 0) {
    const auto K = model.sizes.pseudo;
    model.pseudo.set_value(0.05 + 0.9 * data.range(nn::Part::train, 0, K, c.rng("pixels")).images);
  }
  support::train(model, play, data,
                 {c.choose(4, 10), c.choose(200, 50), c.choose(2e-3, 3e-3), c.seed()});
  const vae::Means m = vae::evaluate(model, play, data, nn::Part::test, c.rng("test"));
  r.numbers[name + ", -ELBO"] = m.neg_elbo();
  r.numbers[name + ", KL of z_1"] = m.part("kl.z1");
  r.numbers[name + ", KL of z_2"] = m.part("kl.z2");
  c.keep(r, fmt::format("{}: -ELBO {:.2f}", name, m.neg_elbo()));
  const NoGrad no_grad;
  Rng rng = c.rng("pictures");
  const Tensor z2 = model.sample_prior(20, rng);
  const Tensor drawn = model.decode(model.prior_below(z2).sample(rng), z2).mean();
  support::keep_grey_images(r, name, reshape(drawn, {-1, 784}));
}

}  // namespace concepts
