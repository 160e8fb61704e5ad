#pragma once

#include <cstdint>
#include <vector>

#include "autograd/autograd.hpp"
#include "vae/pictures/attribute_vector.hpp"

namespace support {

/// What each latent changes: row 9 k + i is the mean of p(x|z) at z_k = -2 + i / 2, with 0 for the other
/// latents. [9 latents, pixels]
template <class Model>
tapestry::Tensor traversals(Model& model, std::int64_t latents) {
  using namespace tapestry;
  const NoGrad no_grad;
  std::vector<Tensor> z;
  for (std::int64_t k = 0; k < latents; ++k) {
    const Tensor axis = reshape(slice(eye(latents), 0, k, k + 1), {latents});
    z.push_back(vae::traverse(zeros({latents}), axis, linspace(-2, 2, 9)));
  }
  return model.decode(concat(z, 0)).mean();
}

}  // namespace support
