// A tape records what is computed and then runs it backwards.

#include "autograd/autograd.hpp"

using namespace tapestry;

int main() {
  // region backward
  Parameter w("w", tensor(3.0));
  {
    Tape tape;
    const Tensor y = square(w) + 2.0 * w;  // y = w^2 + 2 w
    tape.backward(y);
    fmt::print("y = {}, dy/dw = {}\n", y.item(), w.grad().item());
  }
  // end

  // region accumulate
  {
    Tape tape;
    tape.backward(10.0 * w);
    fmt::print("added to the old gradient: {}\n", w.grad().item());
  }
  w.zero_grad();
  // end

  // region watch
  {
    Tape tape;
    const Tensor x = tape.watch(tensor({1, 2, 3}));
    tape.backward(sum(x * x * w));
    fmt::print("gradient of the input  {}\n", tape.grad(x));
    fmt::print("gradient of w          {}\n", w.grad().item());
  }
  w.zero_grad();
  // end

  // region descent
  for (int step = 1; step <= 4; ++step) {
    w.zero_grad();
    Tape tape;
    const Tensor loss = square(w - 1.0);
    tape.backward(loss);
    fmt::print("step {}: w = {:.3f}, loss = {:.3f}, gradient = {:.3f}\n", step, w.value().item(),
               loss.item(), w.grad().item());
    w.set_value(w.value() - 0.25 * w.grad());
  }
  // end

  // region check
  Parameter* const all[] = {&w};
  const GradReport report = gradcheck([&] { return sin(w) * exp(w); }, all);
  fmt::print("gradient of sin(w) exp(w): {}\n",
             report.ok ? "agrees with differences" : report.text);
  // end
}
