#pragma once

#include <cmath>
#include <vector>

#include "concepts/autoencoders/autoencoder.hpp"
#include "concepts/autoencoders/grey_rows.hpp"
#include "concepts/autoencoders/linear_autoencoder.hpp"
#include "vae/inference/row_mixture.hpp"
#include "vae/models/mlp.hpp"

// The regularised autoencoder with squared weights, RAE-L2 (Ghosh, Sajjadi, Vergari, Black and Scholkopf, From Variational to
// Deterministic Autoencoders, 2020, equations 3 to 6). What a VAE's noise does to its decoder, make it smooth, a penalty of
// its weights does as well; what the KL does to the codes, keep them together, their length does:
//
//     loss = |x - g(f(x))|^2 + beta |f(x)|^2 + lambda |theta_g|^2
//
// It has no p(z). After the training a density of the codes is fitted (section 4), and draws of that are decoded.

namespace concepts {

using namespace tapestry;

/// beta and lambda.
struct Penalties {
  double code, decoder;
};

/// The sum of the squares of all parameters.
inline Tensor squared_weights(nn::Module& net) {
  Tensor total = zeros({}, net.parameters().front()->value().dtype());
  for (Parameter* p : net.parameters()) total = total + sum(square(recorded(*p)));
  return total;
}

/// The loss of each row of x.
inline Tensor rae_loss(Autoencoder& model, const Tensor& x, const Penalties& w) {
  const Tensor z = model.encode(x);
  return squared_error(x, model.decode(z)) + w.code * sum(square(z), -1) +
         w.decoder * squared_weights(model.decoder);
}

/// Of matrices A and B without a bias, over data with the covariance S: the mean of the loss.
inline Tensor rae_loss(LinearAutoencoder& model, const Tensor& S, const Penalties& w) {
  const Tensor codes = sum(model.A * matmul(model.A, S));  // tr A S A^T = E|z|^2
  return error_of(model, S) + w.code * codes + w.decoder * sum(square(model.B));
}

/// The least of it. An axis with the variance s has its own best column of B, of the squared length
/// w^2 = sqrt(s beta / lambda) - beta, and costs 2 sqrt(s beta lambda) - beta lambda, if that is below s.
inline double least_rae_loss(const std::vector<double>& variances, std::size_t K,
                             const Penalties& w) {
  double loss = 0;  // variances fall
  const double product = w.code * w.decoder;
  for (std::size_t i = 0; i < variances.size(); ++i) {
    const double s = variances[i];
    loss += i < K && s > product ? 2 * std::sqrt(s * product) - product : s;
  }
  return loss;
}

/// A mixture of normals over codes z [N, K], by EM.
inline prob::Mixture<prob::Normal> fit_mixture(const Tensor& z, std::int64_t parts, Rng& rng) {
  const vae::KMeans start = vae::k_means(z, parts, rng, 1, 20);
  return vae::fit_row_mixture(z, start, {.max_steps = 40, .tolerance = 1e-5})
      .mixture.distribution();
}
using FitCodes = decltype(&fit_mixture);

/// n images of a VAE from a mixture in the place of N(0, I): it is fitted to draws of q(z|x), one for each image.
inline Tensor from_its_codes(vae::MlpVae& vae, const Tensor& x, std::int64_t parts, std::int64_t n,
                             Rng rng) {
  const Tensor z = vae.encode(x).sample(rng).to(DType::f64);
  return vae.decode(fit_mixture(z, parts, rng).sample(rng, {n}).to(DType::f32)).mean();
}

}  // namespace concepts
