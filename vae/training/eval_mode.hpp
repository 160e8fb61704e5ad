#pragma once

#include "autograd/tape.hpp"
#include "nn/module.hpp"

namespace tapestry::vae {

/// The model in eval mode, without a tape, until the end of the block.
class EvalMode {
 public:
  explicit EvalMode(nn::Module& model) : model_(model), was_training_(model.training()) {
    model.eval();
  }
  ~EvalMode() { model_.train(was_training_); }
  EvalMode(const EvalMode&) = delete;

 private:
  const NoGrad no_grad_;
  nn::Module& model_;
  bool was_training_;
};

}  // namespace tapestry::vae
