#include "vae/models/click_vae.hpp"

#include "autograd/constraint.hpp"

namespace tapestry::vae {

Tensor ClickLikelihood::log_prob(const Tensor& x) const { return sum(x * log_softmax(logits), -1); }

ClickVae::ClickVae(const ClickVaeConfig& c)
    : latent(c.latent),
      dropout(*this, "dropout", c.dropout),
      encoder(*this, "encoder", c.items, c.hidden, Activation::tanh),
      loc(*this, "loc", c.hidden, c.latent),
      log_variance(*this, "log_variance", c.hidden, c.latent),
      decoder(*this, "decoder", c.latent, c.hidden, Activation::tanh),
      logits(*this, "logits", c.hidden, c.items) {}

prob::Normal ClickVae::encode(const Tensor& clicks) {
  check_values("ClickVae", "clicks", clicks, kCount);
  // The norm of counts is 0 or at least 1.
  const Tensor norm = maximum(sqrt(sum(square(clicks), -1, true)), 1.0);
  const Tensor h = encoder(dropout(clicks / norm));
  return {loc(h), exp(0.5 * log_variance(h)), 1};
}

ClickLikelihood ClickVae::decode(const Tensor& z) { return {logits(decoder(z))}; }

Tensor ClickVae::scores(const Tensor& clicks) {
  check<ConfigError>(!training(), "ClickVae: scores need the whole input; call eval() first");
  const NoGrad no_grad;
  return decode(encode(clicks).loc).logits;
}

}  // namespace tapestry::vae
