#include "support/concept/train.hpp"

#include "nn/optim/adam.hpp"

namespace support {

using namespace tapestry;

vae::Means train(nn::Module& model, const vae::Play& play, const nn::Dataset& data,
                 const Training& how,
                 const std::function<void(const vae::EpochReport&)>& on_epoch) {
  nn::Adam adam(model.parameters());
  const std::int64_t steps = how.epochs * (data.size(nn::Part::train) / how.batch);
  const nn::Schedule rate = nn::schedule::cosine(how.rate, steps, how.falls_to * how.rate);
  vae::Trainer trainer({{"model", model, adam, play, rate}}, data,
                       {.epochs = how.epochs,
                        .batch = how.batch,
                        .score = [](const vae::Means& means) { return -means.value; },
                        .seed = how.seed});
  trainer.on_epoch = on_epoch;
  trainer.run();
  return trainer.history().back().test;
}

}  // namespace support
