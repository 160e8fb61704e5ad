#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/layers/conv2d.hpp"
#include "nn/layers/linear.hpp"
#include "vae/models/mlp.hpp"
#include "vae/training/player.hpp"

// Discriminative regularization (Lamb, Dumoulin and Courville 2016): a reconstruction should look like x to a classifier, too.
//
//     objective = ELBO + sum_l E_q[ log N(d_l(x); d_l(mu(z)), sigma_l^2 I) ]
//
// d_l are the activations of layer l of a classifier that was trained before and is kept as it is. The sum describes x a
// second time: objective is no bound of log p(x).

namespace concepts {

using namespace tapestry;

/// A classifier of images [B, side^2] and the two layers that are compared, flat: [B, D_1] and [B, D_2].
struct Classifier : nn::Module {
  explicit Classifier(std::int64_t rows)
      : side(rows),
        conv1(*this, "conv1", 1, 8, 4, halve),
        conv2(*this, "conv2", 8, 16, 4, halve),
        dense(*this, "dense", side * side, 64, Activation::relu),
        logit(*this, "logit", 64, 10) {}

  std::vector<Tensor> layers(const Tensor& x) {
    const Tensor image = reshape(x, {-1, 1, side, side});
    const Tensor d1 = reshape(conv2(conv1(image)), {x.dim(0), -1});
    return {d1, dense(d1)};
  }
  Tensor logits(const Tensor& x) { return logit(layers(x).back()); }

  static constexpr ConvOptions halve{.stride = 2, .padding = 1, .activation = Activation::relu};
  const std::int64_t side;
  nn::Child<nn::Conv2d> conv1, conv2;
  nn::Child<nn::Linear> dense, logit;
};

/// sum_l log N(d_l(x); d_l(mu), sigma_l^2 I), [B], for layers [B, D_l] of both.
inline Tensor layers_term(const std::vector<Tensor>& of_x, const std::vector<Tensor>& of_mu,
                          const std::vector<double>& sigma) {
  Tensor total = zeros({}, of_x.front().dtype());
  for (std::size_t l = 0; l < of_x.size(); ++l)
    total += prob::Normal(of_mu[l], sigma[l], 1).log_prob(of_x[l]);
  return total;
}

/// The standard deviation of a unit of each layer over images x, root of the mean square over the units.
inline std::vector<double> spread(Classifier& classifier, const Tensor& x) {
  const NoGrad no_grad;
  std::vector<double> of_layers;
  for (const Tensor& d : classifier.layers(x))
    of_layers.push_back(sqrt(mean(square(d - mean(d, 0)))).item());
  return of_layers;
}

/// The steps that can be taken wrongly.
struct PerceptualSteps {
  bool frozen = true;  ///< the classifier
  std::function<Tensor(const Tensor& mu)> judged = [](const Tensor& mu) { return mu; };
  std::function<vae::Objective(const vae::ElboTerms&, const Tensor& layers)> report =
      [](const vae::ElboTerms& terms, const Tensor& layers) {
        return vae::Objective{
            .value = terms.elbo() + layers, .bound = terms.elbo(), .parts = {{"layers", layers}}};
      };
};

struct PerceptualVae : nn::Module {
  PerceptualVae(const vae::VaeConfig& sizes, Classifier& judge, std::vector<double> of_layers,
                const PerceptualSteps& how)
      : model(*this, "model", sizes), classifier(judge), sigma(std::move(of_layers)), steps(how) {
    classifier.set_trainable(!steps.frozen);
  }

  vae::Objective objective(const Tensor& x, Rng& rng) {
    const prob::Normal q = model.encode(x);
    const vae::Likelihood p = model.decode(q.rsample(rng));
    const vae::ElboTerms terms{.log_lik = p.log_prob(x), .kl = prob::kl(q, model.prior())};
    const Tensor layers =
        layers_term(classifier.layers(x), classifier.layers(steps.judged(p.mean())), sigma);
    return steps.report(terms, layers);
  }
  vae::Play play() {
    return [this](const nn::Batch& batch, Rng& rng) { return objective(batch.images, rng); };
  }

  nn::Child<vae::MlpVae> model;
  Classifier& classifier;
  const std::vector<double> sigma;  ///< of the layers' noise: how little each counts
  const PerceptualSteps steps;
};

}  // namespace concepts
