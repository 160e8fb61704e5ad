#pragma once

// A network of one layer and all that it takes to train it: what Tapestry's nn/ and vae/training/ are,
// on a page. You write training.cpp; this file is given and the checks use the original, so changes
// here have no effect.

#include <cstdint>
#include <string>
#include <vector>

#include "todo.hpp"

namespace tiny {

using course::todo;  // marks what is still to be written

using Numbers = std::vector<double>;

/// Random numbers: the same for the same seed. (Given.)
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  /// SplitMix64 (Steele, Lea and Flood, 2014).
  double uniform(double low, double high) {
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    x ^= x >> 31;
    return low + (high - low) * (static_cast<double>(x >> 12) + 0.5) * 0x1p-52;
  }
  int below(int count) { return static_cast<int>(uniform(0, count)); }  ///< 0 .. count-1

 private:
  std::uint64_t state_;
};

/// y = x W^T + b for rows x: W has a row for each output, weight[o * in + i].
struct Linear {
  int in, out;
  Numbers weight, bias;
};
struct LinearGradient {
  Numbers x, weight, bias;  ///< in the order of what they belong to
};

/// 4.1  The value for n rows, {n, out}; and the gradients of everything from dy = dL/dy.
Numbers linear(const Linear& layer, const Numbers& x);
LinearGradient linear_back(const Linear& layer, const Numbers& x, const Numbers& dy);

/// 4.2  A layer whose numbers are uniform in (-b, b), b = 1 / sqrt(in), so that its outputs are neither
/// all alike nor far out. Every number is drawn by itself: first the weights, then the biases.
Linear make_linear(int in, int out, Rng& rng);

/// 4.3  One step of an optimizer: moves the values against the gradients. `velocity`, `first` and `second`
/// are as long as the values and 0 before the first step; `step` counts from 1. Descent moves by the rate
/// times the velocity, which is momentum times the old velocity plus the gradient; Adam is Algorithm 1 of
/// its paper.
void sgd(Numbers& values, const Numbers& gradients, double rate, double momentum,
         Numbers& velocity);
void adam(Numbers& values, const Numbers& gradients, double rate, int step, Numbers& first,
          Numbers& second, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8);

/// 4.4  The order of n rows in an epoch, which follows from seed and epoch alone: Rng(seed + epoch), then
/// for i = n-1 down to 1 the rows i and below(i + 1) change places. And the rows of the k-th minibatch,
/// where the last one of an epoch may be shorter. Rows, epochs and minibatches count from 0.
std::vector<int> order_of(int n, std::uint64_t seed, int epoch);
std::vector<int> minibatch(const std::vector<int>& order, int size, int k);

/// What a run is made of: all that a second half needs to go on as if there had been no break.
struct Run {
  std::uint64_t seed;
  int steps = 0;          ///< done so far
  Linear layer;           ///< one output
  Numbers first, second;  ///< of Adam: for the weights, then the bias
};

/// Rows of `in` numbers each, and the number that belongs to each row.
struct Data {
  int in;
  Numbers x, target;
};

/// 4.5  A run that has done nothing yet: its layer is made with Rng(seed). Then `train` goes on until it
/// has done `steps` steps of Adam, all in all, on minibatches of 4 rows, epoch after epoch, with the loss
/// mean (y - target)^2 over the rows of a minibatch. And the run as text, with every digit, and back.
Run start(const Data& data, std::uint64_t seed);
void train(Run& run, const Data& data, int steps, double rate);
std::string save(const Run& run);
Run load(const std::string& text);

/// 4.6  The learning rate of your course; training.cpp says which.
double variation_rate(int step, int steps, double rate);

/// 4.7  A test: whether an optimizer is Adam, by what it does to values that you choose.
using Optimizer = void (*)(Numbers& values, const Numbers& gradients, double rate, int step,
                           Numbers& first, Numbers& second, double beta1, double beta2,
                           double epsilon);
bool is_adam(Optimizer step);

}  // namespace tiny
