#include "vae/models/pixel_decoder.hpp"

#include <cmath>

#include "autograd/ops.hpp"

namespace tapestry::vae {

namespace {

// Pixels that are 0 in every image would be worth any density: without these limits the number grows
// for ever and the images are forgotten for it.
const double kLargestLogit = std::log((1 - 1e-4) / 1e-4);
const double kLeastLogScale = -std::log(256.0), kMostLogScale = std::log(256.0);

}  // namespace

PixelDecoder::PixelDecoder(DecoderKind kind, double scale) : kind_(kind), scale_(scale) {
  check<ConfigError>(scale >= 0 && std::isfinite(scale),
                     "the decoder's scale must be positive, not {}", scale);
  if (kind == DecoderKind::gaussian && scale == 0)
    log_scale_.emplace(*this, "log_scale", Shape{}, std::log(0.3));
}

Likelihood PixelDecoder::forward(const Tensor& s) {
  switch (kind_) {
    case DecoderKind::bernoulli:
      return prob::Bernoulli(s, 1);
    case DecoderKind::continuous_bernoulli:
      return prob::ContinuousBernoulli(kLargestLogit * tanh(s * (1 / kLargestLogit)), 1);
    case DecoderKind::gaussian:
      break;
  }
  const Tensor scale = log_scale_ ? exp(clamp(*log_scale_, kLeastLogScale, kMostLogScale))
                                  : full({}, scale_, s.dtype());
  return prob::Normal(sigmoid(s), scale, 1);
}

}  // namespace tapestry::vae
