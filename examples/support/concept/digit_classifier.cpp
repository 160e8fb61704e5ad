#include "support/concept/digit_classifier.hpp"

#include "nn/init.hpp"
#include "support/concept/train.hpp"

namespace support {

using namespace tapestry;

void train_classifier(const Concept& c, nn::Module& net,
                      const std::function<Tensor(const Tensor&)>& logits,
                      const nn::ImageDataset& data, int epochs) {
  nn::init::torch_default(net, c.rng("classifier"));
  const auto log_p = [&](const nn::Batch& b, Rng&) -> vae::Objective {
    return {.value = reshape(gather(log_softmax(logits(b.images)), 1, reshape(b.labels, {-1, 1})),
                             {-1})};
  };
  train(net, log_p, data, {epochs, 50, 1e-3, c.seed(), kConstantRate});
}

std::unique_ptr<nn::Mlp> train_classifier(const Concept& c, const nn::ImageDataset& data,
                                          int epochs) {
  auto net =
      std::make_unique<nn::Mlp>(std::vector<std::int64_t>{data.image_size(), 200, data.classes},
                                Activation::relu, Activation::none);
  train_classifier(
      c, *net, [&](const Tensor& x) { return (*net)(x); }, data, epochs);
  return net;
}

}  // namespace support
