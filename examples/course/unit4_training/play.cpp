// A place to play: a run on ten rows, stopped and resumed, and what it has learned.
// Nothing here is checked or handed in. ./course play builds and runs it.

#include <cstdio>

#include "training.hpp"

using namespace tiny;

int main() {
  Data data{2, {}, {}};
  Rng rng(1);
  for (int row = 0; row < 10; ++row) {
    const double a = rng.uniform(-1, 1), b = rng.uniform(-1, 1);
    data.x.insert(data.x.end(), {a, b});
    data.target.push_back(2 * a - b + 0.5);
  }
  std::printf("target = 2 a - b + 0.5\n\n%6s%12s%12s%12s\n", "steps", "a", "b", "bias");
  Run run = start(data, 7);
  for (const int steps : {0, 10, 100, 300, 1000}) {
    train(run, data, steps, 0.05);
    run = load(save(run));  // as if the program had ended here and been started again
    std::printf("%6d%12.4f%12.4f%12.4f\n", run.steps, run.layer.weight[0], run.layer.weight[1],
                run.layer.bias[0]);
  }
}
