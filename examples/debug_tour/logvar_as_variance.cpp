// logvar_as_variance: a fit that ends at the wrong number, though every gradient is right

#include "../support/fixed.hpp"
#include "autograd/autograd.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

namespace {

// How badly a normal distribution predicts x, in nats: -log N(x | mean, variance), without the
// constant. A variance must be positive, so what is learned is its logarithm.
Tensor cost(const Tensor& x, Arg mean, Arg log_variance) {
  const Tensor distance = square(x - mean);
  return 0.5 * (log_variance + distance / log_variance);
}

Tensor cost_fixed(const Tensor& x, Arg mean, Arg log_variance) {
  const Tensor distance = square(x - mean);
  return 0.5 * (log_variance + distance / exp(log_variance));
}

}  // namespace

int main(int argc, char** argv) {
  const auto nats = support::fixed(argc, argv) ? cost_fixed : cost;
  const DTypeScope f64(DType::f64);

  // A thermometer, read 500 times: 20 degrees, with a standard deviation of 2.
  Rng rng(11);
  const Tensor x = 20.0 + 2.0 * rng.normal({500});

  Parameter centre("mean", tensor(18.0));
  Parameter log_variance("log_variance", tensor(1.0));
  nn::Adam adam({&centre, &log_variance}, {.lr = 0.02});
  for (int step = 0; step <= 1000; ++step) {
    adam.zero_grad();
    Tape tape;
    const Tensor loss = mean(nats(x, centre, log_variance));
    tape.backward(loss);
    if (step % 250 == 0) {
      fmt::print("step {:>4}  cost {:.3f} nats  mean {:.3f}  variance {:.3f}\n", step, loss.item(),
                 centre.value().item(), std::exp(log_variance.value().item()));
    }
    adam.step();
  }

  // The best normal distribution is known in closed form: the mean and the variance of the readings.
  const Tensor middle = mean(x);
  fmt::print("closed form              mean {:.3f}  variance {:.3f}\n", middle.item(),
             mean(square(x - middle)).item());
}
