#pragma once

#include <cmath>

#include "autograd/ops.hpp"
#include "vae/inference/climb.hpp"
#include "vae/models/mlp.hpp"

/// The model of denoising.cpp (C81), which begins with its equations.
namespace tapestry::concepts {

constexpr double kSigma = 0.2;  // standard deviation of the decoder's pixels

/// log p(y|z) + log p(z), of a decoder with the mean image f(z) and the noise sigma.
inline Tensor log_joint(const Tensor& y, const Tensor& f, const Tensor& z, double sigma, double s) {
  const Tensor scale = full({}, std::sqrt(sigma * sigma + s * s));
  return prob::Normal(f, scale, 1).log_prob(y) + prob::StandardNormal(z.shape(), 1).log_prob(z);
}
using LogJoint = decltype(&log_joint);

/// z* of y, climbed from `start`.
template <class F>
Tensor projected(LogJoint log_p, F&& f, double sigma, const Tensor& y, double s,
                 const Tensor& start, int steps) {
  return vae::climb([&](const Tensor& z) { return log_p(y, f(z), z, sigma, s); }, start,
                    {.steps = steps});
}

/// Images [n, D]: noisy, and what two ways make of them.
struct Denoised {
  Tensor noisy, by_encoder, by_ascent;
};

inline Denoised denoise(LogJoint log_p, vae::MlpVae& model, const Tensor& y, double s, int steps) {
  const auto f = [&](const Tensor& z) { return model.decode(z).mean(); };
  const Tensor mean_z = model.encode(y).mean();
  return {y, f(mean_z), f(projected(log_p, f, kSigma, y, s, mean_z, steps))};
}

}  // namespace tapestry::concepts
