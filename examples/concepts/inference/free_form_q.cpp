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
  const Tensor log_joint = curve.log_joint_table(tensor({0.9, -0.9}));
  const auto elbo = [&](const Tensor& q) { return sum(q * (log_joint - log(q))); };
  const std::int64_t n = curve.grid.cells();
  const auto shown = [](const Tensor& t) { return slice(t, 0, 540, 880).to_vector(); };
  Plot plot("a free q becomes the posterior", "z", "density");

  Tensor q = full({n}, 1.0 / static_cast<double>(n));  // flat
  const double rate = 0.1;
  const int steps = 300;
  for (int i = 0; i < steps; ++i) {
    if (i == 0 || i == 5 || i == 12) {
      plot.line(fmt::format("after {} steps", i), shown(curve.grid.points),
                shown(q / curve.grid.step()));
    }
    // A step along the derivative in log q; dividing by the sum is what lambda is for.
    const Tensor next = q * exp(rate * derivative(q, elbo));
    q = c.broken("no_constraint") ? next : next / sum(next);
  }
  const Tensor posterior = exp(curve.log_posterior(tensor({0.9, -0.9}))) * curve.grid.step();
  c.exact("largest |q - posterior|, density", max(abs(q - posterior)).item() / curve.grid.step(),
          0);
  c.exact("ELBO of the free q against log p(x)", elbo(q).item(),
          curve.log_px(tensor({0.9, -0.9})).item(), 1e-9);
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
  // Two normals, 0.3 N(-1.2, 0.3^2 + ..) and 0.7 N(..): the moments are set below.
  const double left = -1.2, right = 0.3 * 1.2 / 0.7,
               within = 1 - 0.3 * left * left - 0.7 * right * right;
  Tensor q =
      0.3 * exp(-0.5 * square(z - left) / within) + 0.7 * exp(-0.5 * square(z - right) / within);
  q = q / sum(q);
  const double mean_before = mean_of(q, z).item(), square_before = mean_of(q, square(z)).item();
  Plot plot("the widest q with mean 0, variance 1", "z", "density");
  const int steps = 600;
  for (int i = 0; i < steps; ++i) {
    if (i == 0 || i == 10 || i == 30)
      plot.line(fmt::format("after {} steps", i), z.to_vector(), (q / grid.step()).to_vector());
    // Along the derivative, without its parts along 1, z and z^2: the constraints stay satisfied.
    Tensor step = derivative(q, entropy);
    step = step - mean_of(q, step);
    const Tensor first = z - mean_of(q, z);
    step = step - first * mean_of(q, step * first) / mean_of(q, square(first));
    Tensor second = square(z) - mean_of(q, square(z));
    second = second - first * mean_of(q, second * first) / mean_of(q, square(first));
    if (!c.broken("free_variance")) {
      step = step - second * mean_of(q, step * second) / mean_of(q, square(second));
    }
    q = q * (1 + 0.04 * step);
  }
  const Tensor normal = exp(-0.5 * square(z)) / std::sqrt(2 * M_PI) * grid.step();
  c.exact("mean stays", mean_of(q, z).item(), mean_before, 1e-9);
  c.exact("second moment stays", mean_of(q, square(z)).item(), square_before, 1e-9);
  c.exact("largest |q - N(0,1)|, density", max(abs(q - normal)).item() / grid.step(), 0, 1e-4);
  c.exact("its entropy", entropy(q).item() + std::log(grid.step()), 0.5 * std::log(2 * M_PI * M_E),
          1e-4);
  return plot.dashed("N(0, 1)", z.to_vector(), (normal / grid.step()).to_vector()).x_range(-4, 4);
}

void program(Concept& c) {
  const Plot left = posterior_from_nothing(c);
  c.draw({left, widest_density(c)});
}

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
