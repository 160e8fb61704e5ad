#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "case.hpp"
#include "nn/named_tensor.hpp"

namespace tapestry::bench {

/// Where all contestants of a case begin, and the data that they step over.
struct State {
  nn::NamedTensors parameters;      ///< of the model, in its order
  nn::NamedTensors adam;            ///< as nn::Adam::state gives it; empty before the first step
  std::vector<Tensor> minibatches;  ///< each [batch, 784], 0/1 pixels
  std::filesystem::path file;       ///< that holds all of this for the peers; empty: none does
};

/// Initial weights, and one minibatch of random pixels, 13 in 100 of them 1, as in MNIST.
State fresh_state(const Case& c);

/// A state's minibatches, over and over. The state must outlive it.
class Cycle {
 public:
  explicit Cycle(const State& state) : all_(state.minibatches) {}
  const Tensor& next() { return all_[next_++ % all_.size()]; }

 private:
  const std::vector<Tensor>& all_;
  std::size_t next_ = 0;
};

/// How many numbers are denormal: not 0, yet below 1.2e-38, where many processors need a hundred cycles
/// for one operation.
std::int64_t count_denormals(std::span<const float> numbers);
std::int64_t count_denormals(const nn::NamedTensors& tensors);

}  // namespace tapestry::bench
