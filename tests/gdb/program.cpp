// What the transcripts of this folder look at. All numbers are multiples of 1/4 and small, so that every build and
// processor computes the same digits. Functions stay apart, so that frames have the same names in every build.

#include "autograd/autograd.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

namespace {

[[gnu::noinline]] void look_here() { asm volatile(""); }  // where the transcripts stop

struct Model : nn::Callable<Model> {
  nn::Child<nn::Linear> hidden{*this, "hidden", 3, 4, Activation::relu};
  nn::Child<nn::Linear> out{*this, "out", 4, 1};
  nn::Param offset{*this, "offset", {1}, 0.5};
  nn::Param side{*this, "side", {2}, 1.0};
  nn::RandomStream noise{*this, "noise"};

  // Each child once, and a product that the result does not depend on.
  Tensor forward(const Tensor& x) {
    const Tensor y = out(hidden(x)) + offset;
    const Tensor forgotten = side * 3.0;  // computed, but not part of the result
    return y;
  }
};

// -1, -1/2, 0, 1/2, 1, -1, ...
void fill(Parameter& p) {
  std::vector<double> values(static_cast<std::size_t>(p.size()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 5) / 2 - 1;
  p.set_value(tensor(values, p.shape()));
}

[[gnu::noinline]] void first_step(Model& model) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  const Tensor target = reshape(tensor({1, 2, 3}), {3, 1});
  Tape tape;
  const Tensor error = (model(x) - target).named("error");
  const Tensor loss = mean(square(error));
  look_here();
  tape.backward(loss);
  look_here();
}

[[gnu::noinline]] void everything_kept(Model& model) {
  Tape tape({.keep = Keep::all});
  const Tensor x = tape.watch(tensor({{1, 2, 3}, {4, 5, 6}})).named("x");
  const Tensor y = model(x);
  const Tensor all = concat({y, y, y, y}, 1);
  const Tensor labels = index_tensor(std::vector<std::int32_t>{0, 3}, {2, 1});
  const Tensor picked = sum(gather(all, 1, labels));
  const Tensor loss = picked + mean(y);  // a second reader of y
  tape.backward(loss);
  look_here();
}

[[gnu::noinline]] void two_tapes() {
  Parameter a("a", tensor({1, 2})), b("b", tensor({3, 4}));
  Tape outer;
  const Tensor first = a * 2.0;
  {
    Tape inner;
    const Tensor second = b * first;
    b.set_value(tensor({5, 6}));
    look_here();
  }
}

[[gnu::noinline]] void not_finite() {
  Parameter p("p", tensor({4, 1, 0, 9}));
  {
    Tape tape;
    tape.backward(sum(sqrt(p)));  // the slope at 0 is infinite
  }
  Tape tape;
  const Tensor loss = sum(log(p));
  try {
    tape.backward(loss);
  } catch (const Error& error) {
    look_here();
    check(!error.hint.empty(), "without a hint");
  }
}

[[gnu::noinline]] void no_tape() {
  [[maybe_unused]] const Rng rng = Rng(7).stream("x");
  const Tensor large = reshape(arange(2 * 15 * 12), {2, 15, 12});
  const Tensor single = full({2}, 0.25, DType::f64), empty = zeros({0, 3});
  [[maybe_unused]] const NodeId nowhere;
  look_here();
}

}  // namespace

int main() {
  Model model;
  for (Parameter* p : model.parameters()) fill(*p);
  model.offset.set_trainable(false);
  model.seed(Rng(1));

  first_step(model);
  everything_kept(model);
  two_tapes();
  not_finite();
  no_tape();
}
