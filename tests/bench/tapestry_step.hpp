#pragma once

#include "contestant.hpp"
#include "nn/optim/adam.hpp"

namespace tapestry::bench {

/// The step as every user of the library writes it. The state must outlive it.
class TapestryStep : public TrainingStep {
 public:
  TapestryStep(const Case& c, const State& state);

  void step() override { step_on(minibatches_.next()); }
  void step_on(const Tensor& x);

  double loss() const override { return loss_; }
  std::vector<float> gradients() const override;
  std::int64_t denormals() const override;
  nn::NamedTensors parameters() const { return model_.module->state(); }
  nn::NamedTensors adam() const { return adam_.state(); }

 private:
  Tensor bound(const Tensor& x);

  Case case_;
  vae::AnyVae model_;
  nn::Adam adam_;
  Cycle minibatches_;
  Rng rng_ = noise();
  double loss_ = 0;
};

}  // namespace tapestry::bench
