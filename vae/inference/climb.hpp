#pragma once

#include <functional>

#include "vae/inference/hmc.hpp"

namespace tapestry::vae {

struct ClimbOptions {
  int steps = 500;
  double lr = 0.05;  ///< of Adam, at first; falls evenly in its logarithm to 1e-5 of that
  std::function<void(const Tensor& z)> visit = {};  ///< called with z before each step
};

/// Gradient ascent on log p(z) from `start` [C, ...], C climbs in parallel. Finds a local maximum.
/// With log p(x, z) = log p(x|z) + log p(z), the most probable latent of x (MAP projection, UDL
/// section 17.8.3):
///
///     const Tensor z = vae::climb(log_joint, encoder_mean);
///
/// Parameter::grad stays as it is. ConfigError for options that make no sense, ShapeError unless
/// log_density gives [C], DomainError if it is not finite on the way.
Tensor climb(const LogDensity& log_density, const Tensor& start, const ClimbOptions& options = {});

}  // namespace tapestry::vae
