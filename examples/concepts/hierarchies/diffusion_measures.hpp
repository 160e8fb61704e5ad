#pragma once

#include "concepts/hierarchies/diffusion_digits.hpp"
#include "prob/monte_carlo.hpp"
#include "support/concept/record.hpp"

// What is measured of a diffusion on test images x [n, D].

namespace concepts {

constexpr std::size_t kParts = 24;  // of the way of gamma

/// Terms of the bound, means over images, in nats; the bound of each image; |eps - eps-hat|^2 in each part of gamma's way.
struct DiffusionBound {
  double pixels = 0, end = 0, path = 0;
  std::vector<double> each, error = std::vector<double>(kParts), count = error;

  double total() const { return pixels + end + path; }
  prob::Estimate estimate() const { return prob::estimate(tensor(each)); }
};

inline DiffusionBound bound_of_images(Diffusion& model, const Tensor& x, int draws, Rng& rng) {
  const NoGrad no_grad;
  DiffusionBound bound;
  const std::int64_t n = x.dim(0), at_once = std::min<std::int64_t>(n, 200);
  const double share = 1.0 / static_cast<double>(n / at_once);
  for (std::int64_t i = 0; i + at_once <= n; i += at_once) {
    const Tensor some = slice(x, 0, i, i + at_once);
    Tensor path = zeros({at_once});
    for (int k = 0; k < draws; ++k) {
      const Tensor t = Diffusion::times(at_once, rng), eps = rng.normal(some.shape());
      const Tensor error = model.error(some, t, eps);
      path += (0.5 * (kLastGamma - kFirstGamma) / draws) * error;
      const std::vector<double> of = error.to_vector(), at = t.to_vector();
      for (std::size_t b = 0; b < of.size(); ++b) {
        const auto part = std::min(kParts - 1, static_cast<std::size_t>(at[b] * kParts));
        bound.error[part] += of[b], bound.count[part] += 1;
      }
    }
    const vae::ElboTerms ends = model.ends(some, rng);
    bound.path += share * mean(path).item();
    bound.end += share * mean(ends.kl.total()).item();
    bound.pixels -= share * mean(ends.log_lik).item();
    for (const double nats : (path - ends.elbo()).to_vector()) bound.each.push_back(nats);
  }
  return bound;
}

/// Bits per dimension and unit of gamma, as a curve of the record.
inline void keep_parts(support::Record& r, const std::string& name, const DiffusionBound& bound,
                       std::int64_t pixels) {
  const double width = (kLastGamma - kFirstGamma) / kParts;
  for (std::size_t k = 0; k < kParts; ++k)
    r.add(name, kFirstGamma + width * (static_cast<double>(k) + 0.5),
          bits_per_dimension(0.5 * bound.error[k] / std::max(1.0, bound.count[k]), pixels));
}

/// Nats of the path with T steps, the same noise for each T.
inline std::vector<double> path_of_steps(Diffusion& model, const Tensor& x,
                                         const std::vector<int>& steps, int draws, Rng& rng) {
  const NoGrad no_grad;
  std::vector<double> nats(steps.size());
  for (int k = 0; k < draws; ++k) {
    const Tensor t = Diffusion::times(x.dim(0), rng), eps = rng.normal(x.shape());
    for (std::size_t i = 0; i < steps.size(); ++i)
      nats[i] += mean(model.path(x, t, eps, steps[i])).item() / draws;
  }
  return nats;
}

/// The largest difference of eps_of_levels from the sum over 256 levels, for z far from the ends.
inline double series_off(Rng& rng) {
  std::vector<double> all;
  for (int v = 0; v < 256; ++v) all.push_back((2.0 * v + 1) / 256 - 1);
  const Tensor x = tensor(all), z = 0.2 * rng.uniform({50, 1});
  double off = 0;
  for (const double gamma : {kFirstGamma, -11.0, -8.0}) {
    const NoiseLevel n(full({1, 1}, gamma));
    const Tensor share = softmax(prob::Normal(n.alpha * x, n.sigma).log_prob(z), -1);
    const Tensor exact = (z - n.alpha * sum(share * x, -1, true)) / n.sigma;
    const Tensor series = eps_of_levels(z, n, 2.0 / 256, 1.0 / 256);
    off = std::max(off, max(abs(exact - series)).item());
  }
  return off;
}

/// x in (-1, 1) as pixels in [0, 1].
inline Tensor to_pixels(const Tensor& x) { return clamp((256.0 * (x + 1.0) - 1.0) / 510.0, 0, 1); }

/// Images [n, D] in [0, 1], and of the first `chains` of them z and what x is taken for, at eight steps: [8, 2, chains, D].
struct DiffusionSamples {
  Tensor images, chain;
};
inline DiffusionSamples draw_digits(Diffusion& model, std::int64_t n, std::int64_t pixels,
                                    int steps, std::int64_t chains, Rng& rng) {
  std::vector<Tensor> images, stops;
  const auto show = [&](int step, const Tensor& z, const Tensor& x) {
    if (step % (steps / 8) == 0)
      for (const Tensor& at : {z, x}) stops.push_back(to_pixels(slice(at, 0, 0, chains)));
  };
  const std::int64_t at_once = std::min<std::int64_t>(n, 100);
  for (std::int64_t i = 0; i < n; i += at_once)
    images.push_back(
        to_pixels(model.draw(at_once, pixels, steps, rng, i == 0 ? show : Diffusion::Show())));
  return {concat(images, 0), stack(stops, 0)};
}

}  // namespace concepts
