// wrong_broadcast: a bias that hardly learns: one wrong line in a homework op

#include "../support/fixed.hpp"
#include "autograd/autograd.hpp"
#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

namespace {

// Homework: an op that adds one bias to every row of x. First its value, then its gradient.
Tensor forward_add_bias(Inputs in) {
  return map_broadcast([](auto x, auto bias) { return x + bias; }, in[0], in[1]);
}

void back_add_bias(BackwardCtx& c) {
  c.accumulate(0, c.dout());             // one y for one x: pass it on
  c.accumulate(1, mean(c.dout(), {0}));  // 64 rows, one bias: take the average
}

void back_add_bias_fixed(BackwardCtx& c) {
  c.accumulate(0, c.dout());
  c.accumulate(1, sum(c.dout(), {0}));  // the bias works in every row, so all of them count
}

OpInfo add_bias_row{
    .name = "add_bias",
    .args = "x, bias",
    .formula = "y = x + bias",
    .gradient = "dx += dy, dbias += sum of dy over rows",
    .forward = forward_add_bias,
    .backward = back_add_bias,
    .saves = kSaveNothing,
    .test_inputs = nullptr,
};

Tensor add_bias(Arg x, Arg bias) { return apply(add_bias_row, {x, bias}); }

}  // namespace

int main(int argc, char** argv) {
  if (support::fixed(argc, argv)) add_bias_row.backward = back_add_bias_fixed;
  const DTypeScope f64(DType::f64);

  // 64 measurements: y = 2 x0 - x1 + 5, with a little noise.
  Rng rng(3);
  const Tensor x = rng.normal({64, 2});
  const Tensor y = matmul(x, reshape(tensor({2, -1}), {2, 1})) + 5.0 + 0.1 * rng.normal({64, 1});

  Parameter weight("weight", zeros({2, 1}));
  Parameter bias("bias", zeros({1}));
  nn::Sgd sgd({&weight, &bias}, {.lr = 0.1});
  for (int step = 0; step <= 200; ++step) {
    sgd.zero_grad();
    Tape tape;
    const Tensor guess = add_bias(matmul(x, weight), bias);
    const Tensor loss = mean(square(guess - y));
    tape.backward(loss);
    if (step % 50 == 0) {
      fmt::print("step {:>3}  loss {:>6.3f}  weight {:>5.2f} {:>5.2f}  bias {:.2f}\n", step,
                 loss.item(), weight.value().at({0, 0}), weight.value().at({1, 0}),
                 bias.value().item());
    }
    sgd.step();
  }
  fmt::print("it should be  loss  0.010  weight  2.00 -1.00  bias 5.00\n");
}
