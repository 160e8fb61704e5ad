#include "vae/inference/explicit_gradient.hpp"

#include "autograd/ops.hpp"

namespace tapestry::vae {

Tensor explicit_gradient(nn::Mlp& decoder, const Tensor& x, const Tensor& z) {
  const bool fits = decoder.size() == 2 && decoder[0].activation == Activation::tanh &&
                    decoder[1].activation == Activation::none;
  check<ConfigError>(fits,
                     "explicit_gradient: the decoder is {}, expected Mlp Z -> H -> D, tanh, "
                     "last plain",
                     decoder.describe());
  const Tensor h = decoder[0](z), error = x - sigmoid(decoder[1](h));
  const Tensor of_h = matmul(error, decoder[1].weight);
  return matmul((1.0 - square(h)) * of_h, decoder[0].weight) - z;
}

}  // namespace tapestry::vae
