#include "vae/models/mlp.hpp"

namespace tapestry::vae {

MlpEncoder::MlpEncoder(const VaeConfig& c)
    : loc(*this, "loc", c.hidden.back(), c.latent),
      log_variance(*this, "log_variance", c.hidden.back(), c.latent) {
  std::int64_t width = c.pixels();
  for (const std::int64_t next : c.hidden) {
    hidden.add(width, next, c.activation);
    width = next;
  }
}

prob::Normal MlpEncoder::forward(const Tensor& x) {
  Tensor h = x;
  for (std::size_t i = 0; i < hidden.size(); ++i) h = hidden[i](h);
  return {loc(h), exp(0.5 * log_variance(h)), 1};
}

MlpDecoder::MlpDecoder(const VaeConfig& c)
    : out(*this, "out", c.hidden.front(), c.pixels()),
      pixels(*this, "pixels", c.decoder, c.decoder_scale) {
  std::int64_t width = c.latent;
  for (auto next = c.hidden.rbegin(); next != c.hidden.rend(); ++next) {
    hidden.add(width, *next, c.activation);
    width = *next;
  }
}

Likelihood MlpDecoder::forward(const Tensor& z) {
  Tensor h = z;
  for (std::size_t i = 0; i < hidden.size(); ++i) h = hidden[i](h);
  return pixels(out(h));
}

MlpVae::MlpVae(const VaeConfig& c)
    : config(checked(c)), encoder(*this, "encoder", c), decoder(*this, "decoder", c) {}

}  // namespace tapestry::vae
