#pragma once

#include "nn/optim/adam.hpp"
#include "vae/training/trainer.hpp"

// How the systems of this chapter are trained.

namespace concepts {

using namespace tapestry;

struct Training {
  int epochs;
  std::int64_t batch;
  double rate;
  std::uint64_t seed;
};

/// By Adam; returns the test -ELBO.
inline double train(nn::Module& model, const vae::Play& play, const nn::Dataset& data,
                    const Training& how) {
  nn::Adam adam(model.parameters(), {.lr = how.rate});
  vae::Trainer trainer({{"vae", model, adam, play}}, data,
                       {.epochs = how.epochs, .batch = how.batch, .seed = how.seed});
  trainer.run();
  return trainer.history().back().test.neg_elbo();
}

}  // namespace concepts
