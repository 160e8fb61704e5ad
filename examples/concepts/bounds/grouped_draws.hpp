#pragma once

#include "concepts/bounds/multiply_weighted.hpp"

// What a gradient of a bound of M groups of K draws is worth to each net, on the line.

namespace concepts {

/// The noise of a bound's gradients by mu, log sigma and w on the line, at q = N(0.5, 1) and w = 1; `draws` of z in all.
inline vae::GradientNoise line_noise_of_groups(const OfGroups& bound, Groups of, std::int64_t draws,
                                               Rng rng) {
  const auto estimate = [&](std::span<const Tensor> at, Rng& r) {
    const Shape rows = {at[0].dim(0), 1};
    const vae::exact::Line line{reshape(at[2], rows), vae::exact::Line::example().s};
    const prob::Normal q(reshape(at[0], rows), exp(reshape(at[1], rows)), 1);
    const auto likelihood = [&](const Tensor& z) { return line.likelihood(z, 1); };
    const Tensor log_w = vae::log_weights(full({1}, vae::exact::kLineX), q, line.prior(rows, 1),
                                          likelihood, r, of.M * of.K);
    return bound(reshape(log_w, {of.M, of.K, -1}));
  };
  return vae::gradient_noise(estimate, {tensor(0.5), tensor(0.0), tensor(1.0)},
                             draws / (of.M * of.K), rng);
}

/// The limits of theorem 1 there, by quadrature: with Z = p(x), as K grows
///
///     q's mean:      sqrt(K/M) SNR  ->  |d Var[w]/d mu| / (2 Z sqrt(E[w^2 (d log w/d mu)^2]))
///     the decoder:   SNR / sqrt(KM) ->  |d Z/d w| / sqrt(E[w^2 (d log w/d w - d log Z/d w)^2])
constexpr double kEncoderLimit = 0.1951458743, kDecoderLimit = 0.0884926897;

/// Signal-to-noise of the gradients of q's mean and of the decoder. The small mean gradient of q is that of DReG, which has
/// the same mean and by which it is known better; the noise is the bound's own.
struct Worth {
  double encoder, decoder;
};
inline Worth worth_of(const OfGroups& bound, Groups of, std::int64_t draws, const Rng& rng) {
  const auto noise = line_noise_of_groups(bound, of, draws, rng.stream("bound"));
  const auto known = line_noise_of(gradient_of<Dreg>(), of.K, draws, rng.stream("DReG"));
  const double sd = std::sqrt(noise.gradients[0].variance.item());
  return {std::abs(known.gradients[0].mean.item()) / sd, noise.gradients[2].snr.item()};
}

}  // namespace concepts
