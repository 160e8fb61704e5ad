#pragma once

#include <memory>
#include <vector>

#include "nn/module.hpp"

namespace tapestry::nn {

/// A running average of the parameters of a module, often a better model than their last values (Polyak and Juditsky
/// 1992). With n calls of `follow` before this one,
///
///     average <- d average + (1 - d) value,   d = min(decay, n / (n + 9))
///
/// so that the start is forgotten. It is a module of buffers: as a child of a system it is in its checkpoints.
///
///     nn::Child<nn::Average> average{*this, "average", net, 0.999};
///     average.follow();                     // after each step of the optimizer
///     { const auto averaged = average.use();  test(net); }
class Average : public Module {
 public:
  /// `of` must outlive the average. ConfigError unless 0 <= decay < 1.
  Average(const Module& of, double decay);

  void follow();
  /// Puts the averages in the place of the parameters, and the parameters back at the end of the scope. Without a call
  /// of `follow` it changes nothing.
  class Use;
  [[nodiscard]] Use use() const;

  std::string describe() const override;

 private:
  const std::vector<Parameter*> of_;
  const double decay_;
  std::vector<std::unique_ptr<Buffer>> averages_;
  Buffer calls_;
};

class Average::Use {
 public:
  explicit Use(const Average& average);
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use();

 private:
  const std::vector<Parameter*> of_;
  std::vector<Tensor> last_;
};

}  // namespace tapestry::nn
