// What the stepper is played back on: a small network with modules, labels, a cut branch and a
// parameter that nothing reads. The argument says which pass: forward, reverse, or one that is
// broken in two ways.

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "autograd/autograd.hpp"
#include "autograd/backward.hpp"
#include "autograd/debug/screen/stepper.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

namespace {

struct Encoder : nn::Callable<Encoder> {
  nn::Child<nn::Linear> hidden{*this, "hidden", 3, 4, Activation::tanh};
  nn::Child<nn::Linear> loc{*this, "loc", 4, 2};
  nn::Child<nn::Linear> log_variance{*this, "log_variance", 4, 2};

  // A sample of q(z|x), with the noise fixed.
  Tensor forward(const Tensor& x) {
    const Tensor h = hidden(x);
    const Tensor s = exp(0.5 * log_variance(h));
    const Tensor noise = tensor({{0.5, -1.0}, {1.5, 0.25}});
    return (loc(h) + s * noise).named("z");
  }
};

struct Model : nn::Callable<Model> {
  nn::Child<Encoder> encoder{*this, "encoder"};
  nn::Child<nn::Linear> decoder{*this, "decoder", 2, 3};
  nn::Param cut{*this, "cut", {3}, 0.5};

  // No gradient passes the cut.
  Tensor forward(const Tensor& x) {
    const Tensor scaled = decoder(encoder(x)) * exp(cut).detach();
    return scaled.named("y");
  }
};

// Numbers between -1 and 1 that every machine computes alike.
void fill(Model& model) {
  double k = 0;
  for (Parameter* p : model.parameters()) {
    std::vector<double> values(static_cast<std::size_t>(p->size()));
    for (double& v : values) v = std::fmod(0.37 * ++k, 2.0) - 1;
    p->set_value(tensor(values, p->shape()));
  }
}

Tensor squared_error(Model& model) {
  const Tensor x = tensor({{1.0, 0.5, -0.25}, {-0.75, 0.25, 1.0}});
  return mean(square(model(x) - x));
}

// A product whose author thought of one side only.
Tensor forward_product(Inputs in, const Attrs&, Tensor*) { return in[0] * in[1]; }
void back_product(BackwardCtx& ctx) {
  ctx.accumulate(0, ctx.dout() * ctx.in(1));
  ctx.accumulate(1, ctx.dout() * ctx.in(1));
}
constexpr OpInfo kProduct{"product",       "a, b",       "y = a * b", "da += dy * b, db += dy * a",
                          forward_product, back_product, kSaveInputs, nullptr};

}  // namespace

int main(int, char** argv) {
  const DTypeScope f64(DType::f64);
  const std::string pass = argv[1];
  Model model;
  fill(model);
  Tape tape({.keep = Keep::all});
  try {
    if (pass == "reverse") {
      debug::interactive(tape, squared_error(model));
    } else if (pass == "broken") {
      const Tensor a = tape.watch(tensor({1.0, 2.0, 3.0})).named("a");
      const Tensor b = tape.watch(tensor({0.0, 5.0, 6.0})).named("b");
      const Tensor loss = sum(apply(kProduct, {a, b})) + sum(sqrt(b)) - 5.0 * sum(a);
      debug::interactive(tape, loss);
    } else {
      debug::LineReader lines;
      debug::Stepper* stepper = nullptr;
      debug::Session session(tape, [&](debug::Session&) { stepper->talk(); });
      debug::Stepper talking(session, lines, stdout);
      stepper = &talking;
      const Tensor loss = squared_error(model);
      session.reverse(loss);
      if (!talking.quit()) talking.talk();
    }
    fmt::print("the program goes on\n");
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
