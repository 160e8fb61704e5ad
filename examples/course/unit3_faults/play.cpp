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

// The gradients of all of `divergence`, compared with differences: the stepper does it node by node.
std::string whole(const programs::Sizes& sizes, std::uint64_t seed) {
  const DTypeScope f64(DType::f64);
  Rng rng(seed);
  Parameter loc("loc", rng.normal({sizes.latent})),
      log_sigma("log_sigma", 0.3 * rng.normal({sizes.latent}));
  const Tensor target = rng.normal({sizes.latent}), noise = rng.normal({sizes.batch, sizes.latent});
  Parameter* const both[] = {&loc, &log_sigma};
  const auto loss = [&] { return programs::divergence(loc, log_sigma, target, 0.25, noise); };
  return gradcheck(loss, both).text;
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
  if (name == "whole") {
    std::printf("%s\n", whole(sizes, std::stoul("@seed@")).c_str());
    return 0;
  }
  const programs::Result result = programs::run(name, sizes, std::stoul("@seed@"));
  std::printf("%s %.6f\n", name == "fit" ? "sum of the weights" : "loss", result.loss);
  std::printf(name == "fit" ? "weights  " : "gradients");
  for (const double g : result.gradients) std::printf(" %.4f", g);
  std::printf("\n");
}
