// Everyday mistakes for mistakes.txt, each a function; the first argument is its name. They have the numbers of
// docs/howto/find_a_mistake.md.

#include <string_view>

#include "autograd/autograd.hpp"
#include "nn/nn.hpp"
#include "prob/prob.hpp"

using namespace tapestry;

namespace {

[[gnu::noinline]] void look_here() { asm volatile(""); }  // where the transcript stops

void masked_log() {  // 3: log of 0 behind a mask
  Parameter x("x", tensor({0.0, 2.0}));
  Tape tape;
  tape.backward(sum(where(greater(x, 0.0), log(x), 0.0)));
}

void exploding_rate() {  // 7: a learning rate that explodes
  Parameter log_scale("log_scale", tensor({0.0}));
  nn::Sgd sgd({&log_scale}, {.lr = 1e4});
  for (int step = 0; step < 3; ++step) {
    sgd.zero_grad();
    Tape tape;
    const Tensor scale = exp(log_scale);
    tape.backward(-sum(prob::Normal(0.0, scale).log_prob(tensor({0.01}))));
    sgd.step();
  }
}

void no_zero_grad() {  // 8: a forgotten zero_grad
  Parameter w("w", tensor({1.0, 2.0}));
  for (int step = 0; step < 2; ++step) {
    Tape tape;
    const Tensor loss = sum(square(w));
    look_here();
    tape.backward(loss);
  }
}

void wrong_axis() {  // 9: softmax over the wrong axis
  Parameter w("w", tensor({{1.0, 2.0}, {1.0, 2.0}}));
  Tape tape;
  const Tensor loss = sum(square(softmax(w, 0)));
  look_here();
}

void changed_weight() {  // 12: a weight that changes before backward
  Parameter w("w", tensor({1.0}));
  Tape tape;
  const Tensor loss = sum(square(w));
  w.set_value(tensor({2.0}));
  tape.backward(loss);
}

void sample_for_rsample() {  // 16: sample for rsample
  Parameter loc("loc", tensor({0.5})), w("w", tensor({2.0}));
  Rng rng(1);
  Tape tape;
  const Tensor mean = 1.0 * loc, z = prob::Normal(mean, 1.0).sample(rng);
  tape.backward(sum(square(z * w)));
  look_here();
}

void dead_unit() {  // 19: a unit that is dead
  Parameter w("w", tensor({-1.0, -2.0}));
  Tape tape({.keep = Keep::all});
  tape.backward(sum(relu(w) * 3.0));
  look_here();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "masked_log") masked_log();
  if (name == "exploding_rate") exploding_rate();
  if (name == "no_zero_grad") no_zero_grad();
  if (name == "wrong_axis") wrong_axis();
  if (name == "changed_weight") changed_weight();
  if (name == "sample_for_rsample") sample_for_rsample();
  if (name == "dead_unit") dead_unit();
}
