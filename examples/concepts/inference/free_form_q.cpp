// free_form_q: a q of any shape, optimised point by point, becomes the posterior
// C39, notes S2 and S3 (calculus of variations)
//
//     maximise  E_q[log p(x, z) - log q(z)] + lambda (sum q - 1)   over every value q(z)
//     d / d q(z):   log p(x, z) - log q(z) - 1 + lambda  =  0      (Euler-Lagrange)
//
// so q(z) = p(x, z) times a constant, and the constant is 1 / p(x): the posterior, with no family
// assumed. It is the calculus that variational inference is named after. With other constraints
// other shapes come out: of all densities with given mean and variance the widest is the Gaussian.
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/concept.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

/// d f(q) / d q(z) at every z: the tape's functional derivative.
template <class F>
Tensor derivative(const Tensor& q, F&& f) {
  Tape tape;
  const Tensor watched = tape.watch(q);
  tape.backward(f(watched));
  return tape.grad(watched);
}

double spread_of(const Tensor& values) { return (max(values) + max(-values)).item(); }

/// The ELBO of a table of masses q over the cells of the curve's grid.
Plot posterior_from_nothing(Concept& c) {
  const Curve curve = Curve::example();
  const Tensor x = tensor({0.9, -0.9}), log_joint = curve.log_joint_table(x);
  const auto elbo = [&](const Tensor& q) { return sum(q * (log_joint - log(q))); };
  const std::int64_t n = curve.grid.cells();
  const auto shown = [](const Tensor& t) { return slice(t, 0, 540, 880).to_vector(); };
  Plot plot("a free q becomes the posterior", "z", "density");

  Tensor q = full({n}, 1.0 / static_cast<double>(n));  // flat
  for (int i = 0; i < 300; ++i) {
    if (i == 0 || i == 5 || i == 12) {
      plot.line(fmt::format("after {} steps", i), shown(curve.grid.points),
                shown(q / curve.grid.step()));
    }
    // A step along the derivative in log q; dividing by the sum is what lambda is for.
    const Tensor next = q * exp(0.1 * derivative(q, elbo));
    q = c.broken("no_constraint") ? next : next / sum(next);
  }
  const Tensor posterior = exp(curve.log_posterior(x)) * curve.grid.step();
  c.exact("largest |q - posterior|, density", max(abs(q - posterior)).item() / curve.grid.step(),
          0);
  c.exact("ELBO of the free q against log p(x)", elbo(q).item(), curve.log_px(x).item(), 1e-9);
  c.identity("sum of q", sum(q).item(), 1);
  // log p(x, z) - log q - 1 is the same number, -lambda, at every z; and it is log p(x) - 1.
  const Tensor residual = derivative(q, elbo);
  c.exact("log p(x,z) - log q(z) - 1: largest - smallest over z", spread_of(residual), 0);
  c.exact("lambda", -mean(residual).item(), 1 - logsumexp(log_joint).item());
  return plot.dashed("posterior", shown(curve.grid.points), shown(posterior / curve.grid.step()))
      .key("top center");
}

/// The largest entropy at mean 0 and variance 1, from a lopsided table with these moments.
Plot widest_density(Concept& c) {
  const Grid grid(-6, 6, 600);
  const Tensor z = grid.points;
  const auto entropy = [](const Tensor& q) { return -sum(q * log(q)); };
  const auto mean_of = [&](const Tensor& q, const Tensor& f) { return sum(q * f); };
  // A mixture with these moments: weights 0.3 and 0.7, means -1.2 and 0.36 / 0.7.
  const double left = -1.2, right = 0.36 / 0.7, within = 1 - 0.36 * (right - left);
  Tensor q =
      0.3 * exp(-0.5 * square(z - left) / within) + 0.7 * exp(-0.5 * square(z - right) / within);
  q = q / sum(q);
  Plot plot("the widest q with mean 0, variance 1", "z", "density");
  for (int i = 0; i < 600; ++i) {
    if (i == 0 || i == 10 || i == 30)
      plot.line(fmt::format("after {} steps", i), z.to_vector(), (q / grid.step()).to_vector());
    // Along the derivative, without its parts along 1, z and z^2: the constraints stay satisfied.
    const Tensor upward = derivative(q, entropy);
    Tensor step = upward - mean_of(q, upward);
    const Tensor first = z - mean_of(q, z);
    step = step - first * mean_of(q, step * first) / mean_of(q, square(first));
    Tensor second = square(z) - mean_of(q, square(z));
    second = second - first * mean_of(q, second * first) / mean_of(q, square(first));
    if (!c.broken("free_variance")) {
      step = step - second * mean_of(q, step * second) / mean_of(q, square(second));
    }
    q = q * (1 + 0.04 * step);
  }
  const Tensor normal = exp(-0.5 * square(z)) / std::sqrt(2 * std::numbers::pi) * grid.step();
  c.exact("mean stays", mean_of(q, z).item(), 0, 1e-9);
  c.exact("second moment stays", mean_of(q, square(z)).item(), 1, 1e-9);
  c.exact("largest |q - N(0,1)|, density", max(abs(q - normal)).item() / grid.step(), 0, 1e-4);
  c.exact("its entropy", entropy(q).item() + std::log(grid.step()),
          0.5 * std::log(2 * std::numbers::pi * std::numbers::e), 1e-4);
  return plot.dashed("N(0, 1)", z.to_vector(), (normal / grid.step()).to_vector()).x_range(-4, 4);
}

void program(Concept& c) { c.draw({posterior_from_nothing(c), widest_density(c)}); }

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C39",
       .title = "calculus of variations: a free-form q is the posterior",
       .source = "S2, S3",
       .mutants = {{"no_constraint", "q is not kept at the sum 1: no multiplier lambda"},
                   {"free_variance", "the variance is left free when the entropy is maximised"}}},
      program);
}
