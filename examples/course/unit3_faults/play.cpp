// Runs one of the programs on numbers of your own: ./course play PROGRAM, with --step, --html or --nan.
// Change it as you like.

#include <cstdio>
#include <string>

#include "programs.hpp"

using namespace tapestry;

namespace {

// The example of README.md, with a mistake in it: how badly N(loc, sigma^2) predicts x, in nats but for a
// constant: -log N = ((x - loc) / sigma)^2 / 2 + log sigma.
double example() {
  const DTypeScope f64(DType::f64);
  const Tensor x = tensor({4.0, 6.0, 8.0});
  Parameter loc("loc", tensor(5.0)), log_sigma("log_sigma", tensor(0.0));
  Tape tape;
  const Tensor sigma = exp(log_sigma);
  const Tensor distance = (x - loc) / sigma;
  const Tensor cost = 0.5 * square(distance);
  const Tensor loss = mean(cost + sigma);
  tape.backward(loss);
  return loss.item();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "example";
  if (name == "example") {
    std::printf("loss %.6f\n", example());
    return 0;
  }
  // Sizes and seed are yours: they were drawn for you.
  const programs::Sizes sizes{.batch = std::stoi("@batch@"),
                              .data = std::stoi("@data@"),
                              .width = std::stoi("@width@"),
                              .latent = std::stoi("@latent@")};
  const programs::Result result = programs::run(name, sizes, std::stoul("@seed@"));
  std::printf("%s %.6f\n", name == "fit" ? "sum of the weights" : "loss", result.loss);
  std::printf(name == "fit" ? "weights  " : "gradients");
  for (const double g : result.gradients) std::printf(" %.4f", g);
  std::printf("\n");
}
