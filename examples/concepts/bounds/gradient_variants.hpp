#pragma once

#include "concepts/bounds/train_on_weights.hpp"
#include "vae/analysis/gradient_noise.hpp"
#include "vae/bounds/dreg.hpp"
#include "vae/exact/line.hpp"

// Gradients of the bound of k samples, L_k = E[log (1/k) sum_i w_i], for the parameters of q. With the normalised
// weights w~ and z_i = g(noise, parameters):
//
//     plain    sum w~_i grad log w_i
//     STL      sum w~_i (d log w_i / dz_i) grad z_i         Roeder, Wu and Duvenaud 2017: right for k = 1 alone
//     DReG     sum w~_i^2 (d log w_i / dz_i) grad z_i       Tucker, Lawson, Gu and Maddison 2019

namespace concepts {

using namespace tapestry;

/// The value is L_k in each; they differ in their gradient. Of any x, q, prior and decoder.
struct Plain {
  template <class Q, class Prior, class Decode>
  static Tensor bound(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode, Rng& rng,
                      int k) {
    return vae::iwae_bound(vae::log_weights(x, q, prior, decode, rng, k));
  }
};
struct Stl {
  template <class Q, class Prior, class Decode>
  static Tensor bound(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode, Rng& rng,
                      int k) {
    const Tensor z = q.rsample(rng, {k});
    return vae::iwae_bound(decode(z).log_prob(x) + prior.log_prob(z) - vae::path_log_prob(q, z));
  }
};
struct Dreg {
  template <class Q, class Prior, class Decode>
  static Tensor bound(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode, Rng& rng,
                      int k) {
    return vae::dreg_bound(x, q, prior, decode, rng, k);
  }
};

/// n estimates [n] of L_k on the line at x = 1.3, for rows of mu, log sigma and the slope w, [n] each.
template <class Variant>
Tensor of_line(std::span<const Tensor> at, int k, Rng& rng) {
  const Shape rows = {at[0].dim(0), 1};
  const vae::exact::Line line{reshape(at[2], rows), vae::exact::Line::example().s};
  const prob::Normal q(reshape(at[0], rows), exp(reshape(at[1], rows)), 1);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z, 1); };
  return Variant::bound(full({1}, vae::exact::kLineX), q, line.prior(rows, 1), likelihood, rng, k);
}

/// The mean of L_k over images x, of a VAE.
template <class Variant>
Tensor of_images(vae::MlpVae& model, const Tensor& x, int k, Rng& rng) {
  const auto decode = [&](const Tensor& z) { return model.decode(z); };
  return mean(Variant::bound(x, model.encode(x), model.prior(), decode, rng, k));
}

/// How the gradient of L_k is estimated: a variant, on the line and for images.
struct GradientOf {
  decltype(&of_line<Plain>) line = of_line<Plain>;
  decltype(&of_images<Plain>) images = of_images<Plain>;
};
template <class Variant>
GradientOf gradient_of() {
  return {of_line<Variant>, of_images<Variant>};
}
struct Variants {
  GradientOf plain = gradient_of<Plain>(), stl = gradient_of<Stl>(), dreg = gradient_of<Dreg>();
};

/// Gradients by mu, log sigma and w at q = N(0.5, 1) and w = 1; `draws` of z in all.
inline vae::GradientNoise line_noise_of(const GradientOf& by, int k, std::int64_t draws, Rng rng,
                                        double mu = 0.5, double sigma = 1) {
  const auto estimate = [&](std::span<const Tensor> at, Rng& r) { return by.line(at, k, r); };
  return vae::gradient_noise(estimate, {tensor(mu), tensor(std::log(sigma)), tensor(1.0)},
                             draws / k, rng);
}

/// The slope of log y over log k, by least squares.
inline double log_slope(const std::vector<double>& k, const std::vector<double>& y) {
  const std::int64_t n = std::ssize(k);
  const Tensor a = log(tensor(k, {n}, DType::f64)), b = log(tensor(y, {n}, DType::f64));
  const Tensor off = a - mean(a);
  return (sum(off * b) / sum(square(off))).item();
}

/// Signal-to-noise of the slope by mu, and for the plain one by w, over k.
struct Ratios {
  std::vector<double> k, plain, decoder, dreg;
};

}  // namespace concepts
