#include "by_hand/latent.hpp"

namespace tapestry::bench {

Latent::Latent(Parameters& p, const Case& c, std::int64_t in)
    : loc(p, c.batch, in, c.model.latent, Activation::none),
      log_variance(p, c.batch, in, c.model.latent, Activation::none),
      batch(c.batch),
      samples(c.decoded() / c.batch),
      width(c.model.latent),
      iwae(c.iwae()),
      z(at(c.decoded() * c.model.latent)),
      dz(z.size()),
      scale(at(c.batch * c.model.latent)) {}

void Latent::sample(const float* h, const float* e) {
  loc.forward(h);
  log_variance.forward(h);
  const std::int64_t n = batch * width;
  for (std::int64_t i = 0; i < n; ++i) scale[at(i)] = math::exp(0.5f * log_variance.y[at(i)]);
  for (std::int64_t k = 0; k < samples; ++k) {
    for (std::int64_t i = 0; i < n; ++i) {
      z[at(k * n + i)] = loc.y[at(i)] + scale[at(i)] * e[k * n + i];
    }
  }
}

double Latent::kl(std::int64_t image) const {
  double total = 0;
  for (std::int64_t j = image * width; j < (image + 1) * width; ++j) {
    const float m = loc.y[at(j)], s = scale[at(j)];
    total += static_cast<double>(0.5f * (m * m + s * s - 1 - log_variance.y[at(j)]));
  }
  return total;
}

void Latent::backward(const float* h, const float* e, float* dh) {
  const std::int64_t n = batch * width;
  const float share = 1 / static_cast<float>(batch);
  for (std::int64_t i = 0; i < n; ++i) {
    const float m = loc.y[at(i)], s = scale[at(i)];
    // ELBO: the KL pulls m to 0 and s to 1. IWAE: log q's entropy term pushes log s up.
    float dm = iwae ? 0 : share * m, dlog_scale = iwae ? -share : share * (s * s - 1);
    for (std::int64_t k = 0; k < samples; ++k) {
      const float d = dz[at(k * n + i)];
      dm += d;
      dlog_scale += d * s * e[k * n + i];
    }
    loc.dy[at(i)] = dm;
    log_variance.dy[at(i)] = 0.5f * dlog_scale;
  }
  loc.backward(h, dh);
  log_variance.backward(h, dh, 1);
}

}  // namespace tapestry::bench
