#include "vae/bounds/free_bits.hpp"

#include "autograd/ops.hpp"

namespace tapestry::vae {

Tensor free_bits(const Tensor& kl, double least) {
  check<ConfigError>(least >= 0, "free bits: the floor must be at least 0 nats, not {}", least);
  check<ShapeError>(kl.rank() == 2, "free bits: kl must be [images, latents], not {}", kl.shape());
  return sum(maximum(mean(kl, 0), least));
}

}  // namespace tapestry::vae
