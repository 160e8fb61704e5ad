#pragma once

#include <functional>

#include "autograd/tape.hpp"
#include "nn/callable.hpp"
#include "nn/layers/conv2d.hpp"
#include "nn/layers/embedding.hpp"
#include "nn/layers/masked_conv2d.hpp"
#include "prob/categorical.hpp"

// The second stage of VQ-VAE-2 (Razavi, van den Oord and Vinyals 2019, section 3.2): the codes of a trained VQ-VAE are a
// new data set, and a PixelCNN (van den Oord et al. 2016) learns it. log p(k) = sum_i log p(k_i | k_1 .. k_i-1, given).

namespace concepts {

using namespace tapestry;

struct CodePriorSizes {
  std::int64_t map = 7, codes = 64;  ///< side of the map; K
  std::int64_t channels = 32;        ///< of the masked layers
  std::int64_t given = 0;            ///< maps of the condition; 0: none
  nn::Center first = nn::Center::hidden;
};

struct CodePrior : nn::Callable<CodePrior> {
  explicit CodePrior(const CodePriorSizes& of)
      : sizes(of),
        name_of(*this, "name_of", of.codes, of.channels),
        look(*this, "look", of.channels, of.channels, 5, of.first),
        condition(*this, "condition", std::max<std::int64_t>(of.given, 1), of.channels, 3,
                  ConvOptions{.padding = 1}),
        mix(*this, "mix", of.channels, of.channels, 3, nn::Center::seen, Activation::relu),
        mix_again(*this, "mix_again", of.channels, of.channels, 3, nn::Center::seen,
                  Activation::relu),
        logit(*this, "logit", of.channels, of.codes, 1, nn::Center::seen) {
    if (of.given == 0) condition.set_trainable(false);
  }

  /// Logits [B, P, K] of codes i32 [B, P] and maps of the condition [B, given, map, map].
  Tensor forward(const Tensor& code, const Tensor& given) {
    const Tensor names = name_of(reshape(code, {-1, sizes.map, sizes.map}));
    Tensor h = look(transpose(names, {0, 3, 1, 2}));
    if (sizes.given > 0) h = h + condition(given);
    h = h + mix(relu(h));
    h = h + mix_again(relu(h));
    return reshape(transpose(logit(relu(h)), {0, 2, 3, 1}), {code.dim(0), -1, sizes.codes});
  }
  /// log p(code|given) [B].
  Tensor log_prob(const Tensor& code, const Tensor& given) {
    return prob::Categorical((*this)(code, given), 1).log_prob(code);
  }
  /// n maps of codes, one code after the other. Not recorded.
  Tensor sample(std::int64_t n, const Tensor& given, Rng& rng) {
    const NoGrad no_grad;
    const Tensor place = arange(sizes.map * sizes.map);
    Tensor code = zeros({n, place.size()});
    for (std::int64_t i = 0; i < place.size(); ++i) {
      const Tensor drawn = prob::Categorical((*this)(code.to(DType::i32), given)).sample(rng);
      code = where(equal(place, static_cast<double>(i)), drawn.to(code.dtype()), code);
    }
    return code.to(DType::i32);
  }

  const CodePriorSizes sizes;
  nn::Child<nn::Embedding> name_of;
  nn::Child<nn::MaskedConv2d> look;
  nn::Child<nn::Conv2d> condition;
  nn::Child<nn::MaskedConv2d> mix, mix_again, logit;
};

}  // namespace concepts
