#pragma once

#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/vae.hpp"

namespace concepts {

/// MNIST with pixels drawn anew in each epoch; --quick: drawn digits.
inline tapestry::nn::ImageDataset coin_digits(const support::Concept& c, support::Record& r) {
  tapestry::nn::ImageDataset data = support::load_images(c, "mnist", 1000, 500);
  data.binarize = tapestry::nn::Binarize::dynamic;
  r.data_rule = c.choose("MNIST, dynamic pixels", "drawn digits, dynamic pixels");
  return data;
}

/// That q is a density: for any density n, the mean of n(z) / q(z|x) over q is 1, and a wrong term of log q moves it. n is
/// a normal that is narrower than q. The model has 9 pixels and random parameters, times `size`.
template <tapestry::vae::LatentModel Model>
void claim_of_density(support::Concept& c, Model& model, double size = 1) {
  using namespace tapestry;
  nn::init::torch_default(model, c.rng("tiny"));
  for (Parameter* p : model.parameters()) p->set_value(size * p->value());
  const NoGrad no_grad;
  Rng rng = c.rng("draws");
  const auto q = model.encode(less(rng.uniform({1, 9}), 0.5).to(DType::f64));
  const Tensor pilot = prob::rsample_and_log_prob(q, rng, {2000}).z;
  const Tensor middle = mean(pilot, 0), width = sqrt(mean(square(pilot - middle), 0));
  const auto [z, log_q] = prob::rsample_and_log_prob(q, rng, {c.choose(100000, 20000)});
  const Tensor log_n = prob::Normal(middle, 0.6 * width, 1).log_prob(z);
  c.monte_carlo("mean of n(z) / q(z|x) over q, for a narrow normal n",
                prob::estimate(exp(reshape(log_n - log_q, {-1}))), 1, 0.03);
}

/// Trains a model by the bound of one sample, from random parameters or from those of `start`. The record gets its -ELBO of the test images, by epoch, as the curve
/// `name`, and with `samples` > 0 the mean log p(x) of 500 of them, as the number "name, log p(x)".
template <tapestry::vae::LatentModel Model>
void train_posterior(const support::Concept& c, const tapestry::nn::ImageDataset& data,
                     Model& model, const std::string& name, int epochs, int samples,
                     support::Record& r, const tapestry::nn::Module* start = nullptr) {
  using namespace tapestry;
  nn::init::torch_default(model, c.rng("init"));
  if (start) model.load_state(start->state());
  const auto note = [&](const vae::EpochReport& e) {
    r.add(name, e.epoch, e.test.neg_elbo());
    c.keep(r, fmt::format("{} epoch {}: -ELBO {:.2f}", name, e.epoch, e.test.neg_elbo()));
  };
  support::train(model, vae::bound_of(model), data,
                 {epochs, c.choose(128, 50), c.choose(1e-3, 3e-3), c.seed()}, note);
  if (samples == 0) return;
  r.numbers[name + ", log p(x)"] =
      vae::evaluate_log_px(model, data, 500, c.rng("log p(x)"), samples).log_px;
}

}  // namespace concepts
