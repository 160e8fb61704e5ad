#include "vae/variants/pixel_decoder.hpp"

#include <cmath>

#include "autograd/ops.hpp"

namespace tapestry::vae {

PixelDecoder::PixelDecoder(DecoderKind kind, double scale) : kind_(kind), scale_(scale) {
  check<ConfigError>(scale >= 0 && std::isfinite(scale),
                     "the decoder's scale must be positive, not {}", scale);
  if (kind == DecoderKind::gaussian && scale == 0)
    log_scale_.emplace(*this, "log_scale", Shape{}, std::log(0.3));
}

Likelihood PixelDecoder::operator()(const Tensor& s) {
  switch (kind_) {
    case DecoderKind::bernoulli:
      return prob::Bernoulli(s, 1);
    case DecoderKind::continuous_bernoulli:
      return prob::ContinuousBernoulli(s, 1);
    case DecoderKind::gaussian:
      break;
  }
  const Tensor scale = log_scale_ ? exp(*log_scale_) : full({}, scale_, s.dtype());
  return prob::Normal(sigmoid(s), scale, 1);
}

}  // namespace tapestry::vae
