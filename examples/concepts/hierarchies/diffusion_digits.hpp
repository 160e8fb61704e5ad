#pragma once

#include <functional>

#include "concepts/hierarchies/denoiser.hpp"
#include "vae/bounds/elbo.hpp"

// Variational diffusion (Kingma, Salimans, Poole and Ho 2021, VDM).

namespace concepts {

/// z_0, hardly noisy, to z_1, hardly an image; gamma is a line between.
constexpr double kFirstGamma = -13.3, kLastGamma = 5;

/// Pixels of a batch, byte / 255, as levels in the middle of 256 cells of (-1, 1).
inline Tensor levels(const Tensor& images) { return (510.0 * images + 1.0) / 256.0 - 1.0; }
/// Of nats for each image.
inline double bits_per_dimension(double nats, std::int64_t pixels) {
  return nats / static_cast<double>(pixels) / std::numbers::ln2;
}

struct Diffusion : nn::Module {
  Diffusion(std::vector<PixelPart> parts, std::int64_t channels, std::int64_t side)
      : denoise(*this, "denoise", std::move(parts), channels, side),
        average(*this, "average", denoise, 0.999) {}

  static NoiseLevel level(const Tensor& t) {
    return NoiseLevel(kFirstGamma + (kLastGamma - kFirstGamma) * t);
  }
  static NoiseLevel level(double t) { return level(full({1, 1}, t)); }

  /// Times for a minibatch [B, 1], evenly spaced from a random start.
  static Tensor times(std::int64_t batch, Rng& rng) {
    const double start = rng.uniform(), size = static_cast<double>(batch);
    std::vector<double> t;
    for (std::int64_t i = 0; i < batch; ++i)
      t.push_back(std::fmod(start + static_cast<double>(i) / size, 1.0));
    return tensor(t, {batch, 1});
  }

  /// |eps - eps-hat|^2 [B] at time t.
  Tensor error(const Tensor& x, const Tensor& t, const Tensor& eps) {
    const NoiseLevel n = level(t);
    return sum(square(eps - guess(n.alpha * x + n.sigma * eps, n.gamma)), -1);
  }
  /// The KL of all steps, for endlessly many.
  Tensor path(const Tensor& x, const Tensor& t, const Tensor& eps) {
    return (0.5 * (kLastGamma - kFirstGamma)) * error(x, t, eps);
  }
  /// For `steps` steps, at the one that t in [0, 1) lies in.
  Tensor path(const Tensor& x, const Tensor& t, const Tensor& eps, int steps) {
    std::vector<double> ends;
    for (const double at : t.to_vector()) ends.push_back((std::floor(at * steps) + 1) / steps);
    return 0.5 * steps * std::expm1((kLastGamma - kFirstGamma) / steps) *
           error(x, tensor(ends, t.shape()), eps);
  }

  /// Two of the three terms of the bound for levels x [B, D]: nothing in them is learned.
  vae::ElboTerms ends(const Tensor& x, Rng& rng) const {
    const NoiseLevel first = level(0.0), last = level(1.0);
    const prob::Normal q0(first.alpha * x, first.sigma, 1), q1(last.alpha * x, last.sigma, 1);
    return {.log_lik = log_prob_of_levels(x, q0.sample(rng), first),
            .kl = {{"end", prob::kl(q1, prob::Normal(zeros_like(x), 1.0, 1))}}};
  }
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    vae::ElboTerms terms = ends(x, rng);
    terms.kl += {{"path", path(x, times(x.dim(0), rng), rng.normal(x.shape()))}};
    return terms;
  }

  /// q(z_s | z_t, x) for the noise eps in z_t, and p(z_s | z_t) for eps-hat, with s < t.
  static prob::Normal back(const NoiseLevel& s, const NoiseLevel& t, const Tensor& zt,
                           const Tensor& eps) {
    const Tensor c = -expm1(s.gamma - t.gamma);
    return {s.alpha / t.alpha * (zt - c * t.sigma * eps), s.sigma * sqrt(c), 1};
  }
  /// Images [n, D] in (-1, 1), drawn in `steps` steps; `show` gets z and what x is taken for at each of them.
  using Show = std::function<void(int step, const Tensor& z, const Tensor& x)>;
  Tensor draw(std::int64_t n, std::int64_t pixels, int steps, Rng& rng, const Show& show = {}) {
    const NoGrad no_grad;
    Tensor z = rng.normal({n, pixels});
    for (int k = steps; k > 0; --k) {
      const NoiseLevel t = level(static_cast<double>(k) / steps), s = level((k - 1.0) / steps);
      const Tensor eps = guess(z, broadcast_to(t.gamma, {n, 1}));
      if (show) show(k, z, (z - t.sigma * eps) / t.alpha);
      z = back(s, t, z, eps).sample(rng);
    }
    return z / level(0.0).alpha;
  }

  nn::Child<Denoiser> denoise;
  nn::Child<nn::Average> average;  ///< for tests and samples
  /// eps-hat(z, gamma).
  std::function<Tensor(const Tensor&, const Tensor&)> guess = [this](auto& z, auto& gamma) {
    return denoise(z, gamma);
  };
};

}  // namespace concepts
