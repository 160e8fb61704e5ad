// masked_nan: a loss that is sound and a gradient that is NaN: a mask that comes too late

#include "../support/fixed.hpp"
#include "autograd/autograd.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

namespace {

// Shares of five parties: scores below zero give a share of 0, the others are scaled to the sum 1.
Tensor shares(Arg scores) {
  const Tensor s = relu(scores);
  return s / sum(s);
}

// The entropy, sum of -p log p, in nats. 0 log 0 counts as 0, so zeros are masked.
Tensor entropy(const Tensor& p) {
  const Tensor logs = where(greater(p, 0.0), log(p), 0.0);
  return -sum(p * logs);
}

Tensor entropy_fixed(const Tensor& p) {
  const Tensor positive = where(greater(p, 0.0), p, 1.0);  // mask first: log never sees a zero
  return -sum(p * log(positive));
}

}  // namespace

int main(int argc, char** argv) {
  const auto measure = support::fixed(argc, argv) ? entropy_fixed : entropy;
  const DTypeScope f64(DType::f64);

  // Make the entropy as large as can be: four parties with a positive score can share evenly.
  Parameter scores("scores", tensor({1.0, 0.5, -0.3, 2.0, 0.8}));
  nn::Sgd sgd({&scores}, {.lr = 0.5});
  try {
    for (int step = 0; step <= 200; ++step) {
      sgd.zero_grad();
      Tape tape;
      const Tensor p = shares(scores).named("p");
      const Tensor loss = -measure(p);
      tape.backward(loss);
      if (step % 50 == 0) fmt::print("step {:>3}  entropy {:.4f} nats\n", step, -loss.item());
      sgd.step();
    }
    fmt::print("log 4 =           {:.4f}\n", std::log(4.0));
  } catch (const DomainError& error) {
    fmt::print("\n{}\n", error.what());
  }
}
