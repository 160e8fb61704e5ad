// detached_sample: an encoder that never learns how sure it is: its samples are cut off

#include "../support/fixed.hpp"
#include "autograd/autograd.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

namespace {

// Half of a variational autoencoder: points of four numbers are told by two numbers with noise, and
// rebuilt from them. There is no KL term yet, so nothing speaks for noise: it should go to zero.
struct Model : nn::Module {
  nn::Child<nn::Linear> loc{*this, "loc", 4, 2};
  nn::Child<nn::Linear> log_variance{*this, "log_variance", 4, 2};
  nn::Child<nn::Linear> decoder{*this, "decoder", 2, 4};
};

Tensor sample(Model& model, const Tensor& x, Rng& rng) {
  const Tensor spread = exp(0.5 * model.log_variance(x));
  const Tensor noise = spread * rng.normal(spread.shape());
  return model.loc(x) + noise.detach();  // noise is random: there is nothing to learn from it
}

Tensor sample_fixed(Model& model, const Tensor& x, Rng& rng) {
  const Tensor spread = exp(0.5 * model.log_variance(x));
  const Tensor noise = spread * rng.normal(spread.shape());
  return model.loc(x) + noise;  // the random numbers are constants, the spread is not
}

}  // namespace

int main(int argc, char** argv) {
  const auto draw = support::fixed(argc, argv) ? sample_fixed : sample;
  const DTypeScope f64(DType::f64);

  // 64 points of a plane in four dimensions.
  Rng rng(5);
  const Tensor plane = tensor({{1, 0, 1, -1}, {0, 1, 1, 1}});
  const Tensor x = matmul(rng.normal({64, 2}), plane);

  Model model;
  nn::init::torch_default(model, rng.stream("init"));
  const Tensor start = model.log_variance->weight.value();
  nn::Adam adam(model.parameters(), {.lr = 0.01});
  for (int step = 0; step <= 400; ++step) {
    adam.zero_grad();
    Tape tape;
    const Tensor z = draw(model, x, rng).named("z");
    const Tensor loss = mean(square(model.decoder(z) - x)).named("loss");
    tape.backward(loss);
    if (step % 100 == 0) {
      const NoGrad no_grad;
      const Tensor spread = exp(0.5 * model.log_variance(x));
      const Tensor moved = max(abs(model.log_variance->weight - start));
      fmt::print(
          "step {:>3}  error {:.3f}  spread of z {:.3f}  log_variance.weight has moved by {:.3f}\n",
          step, loss.item(), mean(spread).item(), moved.item());
    }
    adam.step();
  }
}
