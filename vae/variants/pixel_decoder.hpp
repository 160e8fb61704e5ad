#pragma once

#include <optional>

#include "nn/module.hpp"
#include "vae/model.hpp"

namespace tapestry::vae {

/// The last step of every decoder: one number per pixel becomes a distribution.
///
///     bernoulli, continuous_bernoulli:  the number is the logit
///     gaussian:  mean = sigmoid(number), and one standard deviation for all pixels, fixed or learned
class PixelDecoder : public nn::Module {
 public:
  PixelDecoder(DecoderKind kind, double scale);

  Likelihood operator()(const Tensor& s);

 private:
  DecoderKind kind_;
  double scale_;
  std::optional<nn::Param> log_scale_;  ///< of a gaussian with learned variance; starts at log 0.3
};

}  // namespace tapestry::vae
