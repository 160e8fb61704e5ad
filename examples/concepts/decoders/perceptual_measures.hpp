#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "concepts/decoders/perceptual_loss.hpp"
#include "nn/init.hpp"
#include "nn/layers/mlp.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/models/latent_model.hpp"

// What is asked of a VAE with and without a perceptual loss.

namespace concepts {

/// 1 where two rows of logits name the same digit, [B].
inline Tensor same_digit(const Tensor& logits, const Tensor& others) {
  return equal(argmax(logits, -1).to(DType::f32), argmax(others, -1).to(DType::f32));
}
inline double share(const Tensor& same) { return mean(same.to(DType::f32)).item(); }

/// Two that name digits: the one whose layers are compared, and one that has no part in the training.
struct Judges {
  Classifier& own;
  nn::Mlp& other;
};

/// What a VAE makes of images x.
struct Made {
  Tensor x, mu, same;          ///< images, and whether the classifier names mu as x
  double other = 0;            ///< the share that the other one names as x
  double pixels = 0;           ///< squared distance
  std::vector<double> layers;  ///< the same in the layers
};
inline Made reconstructions(vae::MlpVae& model, const Tensor& x, const Judges& judges, Rng rng) {
  const NoGrad no_grad;
  const Tensor mu = vae::reconstruct(model, x, rng);
  Made made;
  made.x = x;
  made.mu = mu;
  made.same = same_digit(judges.own.logits(x), judges.own.logits(mu));
  made.other = share(same_digit(judges.other(x), judges.other(mu)));
  made.pixels = mean(sum(square(x - mu), -1)).item();
  const auto of_x = judges.own.layers(x), of_mu = judges.own.layers(mu);
  for (std::size_t l = 0; l < of_x.size(); ++l)
    made.layers.push_back(mean(sum(square(of_x[l] - of_mu[l]), -1)).item());
  return made;
}

/// Of the loss of one step of a small model: sums of squares.
struct Slopes {
  double classifier = 0, decoder = 0;
};
inline Slopes slopes(const PerceptualSteps& steps, double sigma, Rng rng) {
  Classifier judge(8);
  PerceptualVae vae({.rows = 8, .cols = 8, .hidden = {8}, .latent = 2}, judge, {sigma, sigma},
                    steps);
  nn::init::torch_default(judge, rng.stream("judge"));
  nn::init::torch_default(vae, rng.stream("vae"));
  Tape tape;
  tape.backward(vae.objective(rng.uniform({8, 64}), rng).loss());
  Slopes found;
  for (const Parameter* p : judge.parameters())
    if (p->grad().defined()) found.classifier += sum(square(p->grad())).item();
  found.decoder = sum(square(vae.model.decoder->out->weight.grad())).item();
  return found;
}

/// F2 and one layer d(x) = 2 x: the mean over images x of E_q[log N(2 x; 2 mu(z), (2 sigma)^2 I)], by the moments of the exact q.
inline double exact_layer_term(const vae::exact::Ppca& model, const Tensor& x) {
  const auto q = model.posterior(x);
  const double variance = square(model.sigma).item();
  const Tensor WS = matmul(model.weight, q.covariance());
  const Tensor rest = sum(square(x - model.likelihood(q.loc).loc), -1) + sum(WS * model.weight);
  return -0.5 * static_cast<double>(model.outputs()) *
             std::log(2 * std::numbers::pi * 4 * variance) -
         mean(rest).item() / (2 * variance);
}

}  // namespace concepts
