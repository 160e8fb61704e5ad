// Prints numbers that the library computes, one a line: name, "exact" where every build has the same bits or "close", value.
// compare.py runs it in preset release and at each level of preset portable.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/bernoulli.hpp"
#include "prob/normal.hpp"

using namespace tapestry;

namespace {

void exact(const std::string& name, const std::string& value) {
  fmt::print("{} exact {}\n", name, value);
}
void close(const std::string& name, double value) { fmt::print("{} close {:.17g}\n", name, value); }

// Value and gradients of a graph of two tensors. Each element has another weight in the sum.
void graph(const std::string& name, const Tensor& a, const Tensor& b, auto fn) {
  const auto weighted = [](const Tensor& t) {
    return sum(reshape(t, {t.size()}) * sin(arange(t.size())));
  };
  Tape tape;
  const Tensor x = tape.watch(a), w = tape.watch(b), loss = weighted(fn(x, w));
  close(name, loss.item());
  tape.backward(loss);
  close(name + ".dx", weighted(tape.grad(x)).item());
  close(name + ".dw", weighted(tape.grad(w)).item());
}

void ops() {
  Rng rng(5);
  const Tensor a = rng.normal({37, 53}), b = rng.normal({37, 53});
  graph("matmul", a, rng.normal({53, 41}), [](auto& x, auto& w) { return matmul(x, w); });
  graph("linear", a, rng.normal({41, 53}),
        [](auto& x, auto& w) { return linear(x, w, zeros({41}), Activation::tanh); });
  graph("conv2d", rng.normal({3, 2, 11, 13}), rng.normal({5, 2, 3, 3}),
        [](auto& x, auto& w) { return conv2d(x, w, zeros({5})); });
  graph("softmax", a, b, [](auto& x, auto& w) { return log_softmax(x * exp(w), 1); });
  graph("normal", a, b,
        [](auto& x, auto& w) { return prob::Normal(x, softplus(w)).log_prob(sigmoid(x)); });
}

void draws() {
  Rng rng(7);
  std::vector<std::uint32_t> bits(5);
  rng.bits(bits);
  exact("bits", fmt::format("{}", fmt::join(bits, ",")));
  exact("permutation", fmt::format("{}", fmt::join(rng.permutation(9), ",")));
  exact("uniform", fmt::format("{:a}", rng.uniform()));
  close("squares", mean(square(rng.normal({4096}))).item());
}

// The bound of a small VAE of vectors of bits, which steps along its gradient.
void training() {
  Rng rng(9);
  const Tensor x = greater(rng.normal({64, 20}), 0.0).to(DType::f32);
  std::vector<Tensor> w{rng.normal({8, 20}) * 0.2, rng.normal({20, 4}) * 0.2};
  for (int i = 1; i <= 200; ++i) {
    Tape tape;
    const Tensor encoder = tape.watch(w[0]), decoder = tape.watch(w[1]);
    const Tensor h = linear(x, encoder, zeros({8}));
    const prob::Normal q(slice(h, 1, 0, 4), softplus(slice(h, 1, 4, 8)));
    const Tensor z = q.rsample(rng), logits = linear(z, decoder, zeros({20}));
    const Tensor bound = mean(sum(prob::Bernoulli(logits).log_prob(x), 1) +
                              sum(prob::Normal(0.0, 1.0).log_prob(z) - q.log_prob(z), 1));
    tape.backward(bound);
    w = {w[0] + 0.1 * tape.grad(encoder), w[1] + 0.1 * tape.grad(decoder)};
    if (i % 50 == 0) close(fmt::format("bound {}", i), bound.item());
  }
}

}  // namespace

int main() {
  ops();
  draws();
  training();
}
