// The smoothed bit: its density, and the gradient through its samples.

#include "prob/spike_and_exponential.hpp"

#include <cmath>

#include "autograd/autograd.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"

using namespace tapestry;
using namespace tapestry::prob;

TEST_CASE("spike and exponential: probability of 0 and density add up to 1", "[prob][density]") {
  const DTypeScope f64(DType::f64);
  for (const double beta : {0.5, 3.0, 10.0}) {
    const SpikeAndExponential d(beta, 0.7);
    const Tensor x = (linspace(1, 20000, 20000) - 0.5) / 20000.0;
    const double mass = exp(d.log_prob(0.0)).item() + mean(exp(d.log_prob(x))).item();
    CHECK(mass == Approx(1).epsilon(1e-7));
  }
}

TEST_CASE("spike and exponential: above 0 as often as the bit is 1", "[prob][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const Tensor x = SpikeAndExponential(3, 0.7).sample(rng, {100000});
  const Estimate e = estimate(greater(x, 0.0).to(DType::f64));
  CHECK(std::abs(e.mean.item() - 1 / (1 + std::exp(-0.7))) < 5 * e.standard_error.item());
}

TEST_CASE("spike and exponential: the gradient through samples moves the mean",
          "[prob][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  Tape tape;
  const Tensor logits = tape.watch(full({100000}, 0.7));
  tape.backward(sum(SpikeAndExponential(3, logits).rsample(rng)));
  const Estimate e = estimate(tape.grad(logits));
  const double q = 1 / (1 + std::exp(-0.7)),
               exact = q * (1 - q) * (1 / (1 - std::exp(-3.0)) - 1.0 / 3);
  CHECK(std::abs(e.mean.item() - exact) < 5 * e.standard_error.item());
}

TEST_CASE("SpikeAndExponential: nearly flat, and nearly one point", "[prob]") {
  const DTypeScope f64(DType::f64);
  const double certain = 50;  // the bit is 1
  for (const double beta : {1e-8, 1e-3, 0.00999, 0.01001})
    CHECK(SpikeAndExponential(beta, certain).variance().item() ==
          Approx(1.0 / 12 - beta * beta / 240).epsilon(1e-9));
  CHECK(SpikeAndExponential(1e6, certain).variance().item() == Approx(1e-12).epsilon(1e-6));
  CHECK(SpikeAndExponential(0.01001, certain).mean().item() == Approx(0.5 + 0.01001 / 12));
  const DTypeScope f32(DType::f32);
  const SpikeAndExponential flat(0.01, 100.0);
  const Tensor x = flat.icdf(tensor(1 - 0x1p-24));
  CHECK(x.item() <= 1);
  CHECK(std::isfinite(flat.log_prob(x).item()));
}
