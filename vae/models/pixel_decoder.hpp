#pragma once

#include <optional>

#include "nn/callable.hpp"
#include "vae/models/likelihood.hpp"

namespace tapestry::vae {

/// The last step of every decoder: one number per pixel becomes a distribution.
///
///     bernoulli:  the number is the logit
///     continuous_bernoulli:  so, but bent to stay where 1e-4 < probability < 1 - 1e-4
///     gaussian:  mean = sigmoid(number), and one standard deviation for all pixels, fixed, or learned
///                and then at least one grey level, 1/256
class PixelDecoder : public nn::Callable<PixelDecoder> {
 public:
  PixelDecoder(DecoderKind kind, double scale);

  Likelihood forward(const Tensor& s);

 private:
  DecoderKind kind_;
  double scale_;
  std::optional<nn::Param> log_scale_;  ///< of a gaussian with learned variance; starts at log 0.3
};

}  // namespace tapestry::vae
