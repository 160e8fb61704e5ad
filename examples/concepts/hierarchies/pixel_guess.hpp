#pragma once

#include <cmath>
#include <numbers>

#include "nn/data/idx.hpp"
#include "prob/prob.hpp"

// The noise in a pixel as well as it can be told without a look at the other pixels.

namespace concepts {

using namespace tapestry;

/// z = alpha x + sigma eps with alpha^2 + sigma^2 = 1 and gamma = -log(alpha^2 / sigma^2), minus the log of the
/// signal-to-noise ratio (Kingma, Salimans, Poole and Ho 2021, VDM). All [B, 1].
struct NoiseLevel {
  explicit NoiseLevel(Tensor g)
      : gamma(std::move(g)), alpha(sqrt(sigmoid(-gamma))), sigma(sqrt(sigmoid(gamma))) {}
  Tensor gamma, alpha, sigma;
};

/// One part of a mixture for pixel values: normal, with a probability of its own for each pixel, exp(log_share) [D].
struct PixelPart {
  double mean, variance;
  Tensor log_share;

  prob::Normal noisy(const NoiseLevel& n) const {
    return {mean * n.alpha, sqrt(variance * square(n.alpha) + square(n.sigma))};
  }
  Tensor log_joint(const Tensor& z, const NoiseLevel& n) const {
    return log_share + noisy(n).log_prob(z);
  }
  /// E[eps | z], and the standard deviation of eps given z.
  Tensor eps(const Tensor& z, const NoiseLevel& n) const {
    const prob::Normal p = noisy(n);
    return (z - p.loc) * (n.sigma / square(p.scale));
  }
  Tensor eps_scale(const NoiseLevel& n) const {
    return std::sqrt(variance) * n.alpha / noisy(n).scale;
  }
};

/// Black pixels, white ones (252 and more) and grey ones, with the means and variances of all pixels and the
/// shares of each pixel. Black has no variance.
inline std::vector<PixelPart> pixel_parts(const nn::ByteImages& images) {
  const auto D = static_cast<std::size_t>(images.image_size());
  std::vector<double> n(3), sum(3), squares(3);
  std::vector<std::vector<double>> count(3, std::vector<double>(D, 0.1));
  for (std::size_t i = 0; i < images.pixels.size(); ++i) {
    const int byte = images.pixels[i];
    const std::size_t k = byte == 0 ? 0 : byte >= 252 ? 1 : 2;
    const double x = (2.0 * byte + 1) / 256 - 1;
    n[k] += 1, sum[k] += x, squares[k] += x * x, count[k][i % D] += 1;
  }
  std::vector<PixelPart> parts;
  for (std::size_t k = 0; k < 3; ++k) {
    const double mean = sum[k] / n[k], variance = squares[k] / n[k] - mean * mean;
    parts.push_back({mean, k == 0 ? 0 : variance,
                     log(tensor(count[k]) / (static_cast<double>(images.count) + 0.3))});
  }
  return parts;
}

/// E[eps | z] if x is one of endlessly many levels, `step` apart and equally probable, one of them at `level`: the
/// score of their noisy density 1 + 2 sum_k exp(-k^2 width^2 / 2) cos(k u), u the place between two levels.
inline Tensor eps_of_levels(const Tensor& z, const NoiseLevel& n, double step, double level) {
  const double wave = 2 * std::numbers::pi / step;
  const Tensor u = wave * (z / n.alpha - level), width = wave * n.sigma / n.alpha;
  Tensor density = ones_like(z), slope = zeros_like(z);
  const Tensor cos_u = cos(u), sin_u = sin(u);
  Tensor cos_k = cos_u, sin_k = sin_u;  // of k u
  for (int k = 1; k <= 4; ++k) {        // enough down to sigma = step / 6
    const Tensor weight = 2.0 * exp(-0.5 * square(k * width));
    density += weight * cos_k;
    slope += k * weight * sin_k;
    const Tensor next = cos_k * cos_u - sin_k * sin_u;
    sin_k = sin_k * cos_u + cos_k * sin_u;
    cos_k = next;
  }
  return width * slope / density;
}

/// log p(x|z) [B] with p(x|z) proportional to q(z|x) over the 256 levels (2 k + 1) / 256 - 1, for a sigma of a quarter
/// of a step at most: five levels around z are enough.
inline Tensor log_prob_of_levels(const Tensor& x, const Tensor& z, const NoiseLevel& n) {
  const Tensor at = z / n.alpha, scale = n.sigma / n.alpha;
  const Tensor nearest = clamp(128.0 * (at + 1.0), 0, 255).to(DType::i32).to(z.dtype());
  std::vector<Tensor> near;
  for (int j = -2; j <= 2; ++j) {
    const Tensor k = nearest + j;
    const Tensor log_q = prob::Normal((2.0 * k + 1.0) / 256.0 - 1.0, scale).log_prob(at);
    near.push_back(where(less(abs(k - 127.5), 128.0), log_q, -1e30));
  }
  return sum(prob::Normal(x, scale).log_prob(at) - logsumexp(stack(near, 0), 0), -1);
}

}  // namespace concepts
