#pragma once

#include <utility>
#include <vector>

#include "autograd/tape.hpp"
#include "nn/module.hpp"

namespace tapestry::vae {

/// The model in eval mode, without a tape, until the end of the block; then each of its modules is in the
/// mode that it was in.
class EvalMode {
 public:
  explicit EvalMode(nn::Module& model) {
    before_.emplace_back(&model, model.training());
    model.walk([&](const std::string&, const nn::Member& m) {
      if (m.module) before_.emplace_back(m.module, m.module->training());
    });
    model.eval();
  }
  ~EvalMode() {
    for (const auto& [module, training] : before_) module->train(training);  // owners come first
  }
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  const NoGrad no_grad_;
  std::vector<std::pair<nn::Module*, bool>> before_;
};

}  // namespace tapestry::vae
