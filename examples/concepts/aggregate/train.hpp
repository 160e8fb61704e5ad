#pragma once

#include "nn/optim/adam.hpp"
#include "nn/optim/schedule.hpp"
#include "vae/training/trainer.hpp"

// How the systems of this chapter are trained.

namespace concepts {

using namespace tapestry;

struct Training {
  int epochs;
  std::int64_t batch;
  double rate;
  std::uint64_t seed;
  bool falling = false;  // the rate falls to 0 along half a cosine
};

/// By Adam; returns the test -ELBO.
inline double train(nn::Module& model, const vae::Play& play, const nn::Dataset& data,
                    const Training& how) {
  nn::Adam adam(model.parameters(), {.lr = how.rate});
  const std::int64_t steps = how.epochs * (data.size(nn::Part::train) / how.batch);
  nn::Schedule rate;
  if (how.falling) rate = nn::schedule::cosine(how.rate, steps);
  vae::Trainer trainer({{"vae", model, adam, play, rate}}, data,
                       {.epochs = how.epochs, .batch = how.batch, .seed = how.seed});
  trainer.run();
  return trainer.history().back().test.neg_elbo();
}

}  // namespace concepts
