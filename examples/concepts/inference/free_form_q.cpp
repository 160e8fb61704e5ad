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
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// What lambda is for.
Tensor sum_to_one(const Tensor& q) { return q / sum(q); }

/// The steps of q; the slope of a number in q is its functional derivative, d f(q) / d q(z).
using Path = std::vector<Tensor>;

/// Ascent on the ELBO of a table of masses q over the cells of a grid, along the derivative in log q.
Path posterior_from_nothing(const auto& elbo, const auto& constrain, std::int64_t cells) {
  Path path{full({cells}, 1.0 / static_cast<double>(cells))};  // flat
  for (int i = 0; i < 300; ++i)
    path.push_back(constrain(path.back() * exp(0.1 * support::slope(elbo, path.back()))));
  return path;
}

Tensor entropy(const Tensor& q) { return -sum(q * log(q)); }

/// f without its part along g, under q.
Tensor without(const Tensor& q, const Tensor& f, const Tensor& g) {
  return f - g * (sum(q * f * g) / sum(q * square(g)));
}

/// f without its parts along 1, z and z^2: a step along it keeps sum, mean and variance.
Tensor keep_moments(const Tensor& q, const Tensor& z, const Tensor& f) {
  const Tensor one = ones_like(z), first = without(q, z, one);
  const Tensor second = without(q, without(q, square(z), one), first);
  return without(q, without(q, without(q, f, one), first), second);
}

/// The largest entropy at mean 0 and variance 1, from a lopsided table with these moments: a mixture
/// with the weights 0.3 and 0.7, means -1.2 and 0.36 / 0.7.
Path widest_density(const auto& keep, const Tensor& z) {
  const double left = -1.2, right = 0.36 / 0.7, within = 1 - 0.36 * (right - left);
  Path path{sum_to_one(0.3 * exp(-0.5 * square(z - left) / within) +
                       0.7 * exp(-0.5 * square(z - right) / within))};
  for (int i = 0; i < 600; ++i) {
    const Tensor& q = path.back();
    path.push_back(q * (1 + 0.04 * keep(q, z, support::slope(entropy, q))));
  }
  return path;
}

// --- wrong versions

Tensor any_sum(const Tensor& q) { return q; }

/// The variance is left free.
Tensor keep_mean(const Tensor& q, const Tensor& z, const Tensor& f) {
  const Tensor one = ones_like(z);
  return without(q, without(q, f, one), without(q, z, one));
}

// --- claims

Path claims_of_the_posterior(Concept& c, const Curve& curve, const Tensor& x,
                             const auto& constrain) {
  const Tensor log_joint = curve.log_joint_table(x);
  const auto elbo = [&](const Tensor& q) { return sum(q * (log_joint - log(q))); };
  const Path path = posterior_from_nothing(elbo, constrain, curve.grid.cells());
  const Tensor& q = path.back();
  const Tensor posterior = exp(curve.log_posterior(x)) * curve.grid.step();
  c.exact("largest |q - posterior|, density", max(abs(q - posterior)).item() / curve.grid.step(),
          0);
  c.exact("ELBO of the free q against log p(x)", elbo(q).item(), curve.log_px(x).item(), 1e-9);
  c.identity("sum of q", sum(q).item(), 1);
  // log p(x, z) - log q - 1 is the same number, -lambda, at every z; and it is log p(x) - 1.
  const Tensor residual = support::slope(elbo, q);
  c.exact("log p(x,z) - log q(z) - 1: largest - smallest over z",
          (max(residual) + max(-residual)).item(), 0);
  c.exact("lambda", -mean(residual).item(), 1 - logsumexp(log_joint).item());
  return path;
}

void claims_of_the_normal(Concept& c, const Grid& grid, const Tensor& q) {
  const Tensor& z = grid.points;
  const Tensor normal = exp(prob::Normal(0.0, 1.0).log_prob(z)) * grid.step();
  c.exact("mean stays", sum(q * z).item(), 0, 1e-9);
  c.exact("second moment stays", sum(q * square(z)).item(), 1, 1e-9);
  c.exact("largest |q - N(0,1)|, density", max(abs(q - normal)).item() / grid.step(), 0, 1e-4);
  c.exact("its entropy", entropy(q).item() + std::log(grid.step()),
          0.5 * std::log(2 * std::numbers::pi * std::numbers::e), 1e-4);
}

// --- picture

/// A path after some of its steps, and where it leads.
Plot panel(Plot plot, const Grid& grid, const Path& path, const std::vector<std::size_t>& steps,
           const std::string& name, const Tensor& end, std::int64_t from, std::int64_t to) {
  const auto shown = [&](const Tensor& t) { return slice(t, 0, from, to).to_vector(); };
  for (const std::size_t i : steps) {
    plot.line(fmt::format("after {} steps", i), shown(grid.points), shown(path[i] / grid.step()));
  }
  return plot.dashed(name, shown(grid.points), shown(end));
}

std::vector<Plot> picture(const Curve& curve, const Tensor& x, const Path& to_posterior,
                          const Grid& grid, const Path& to_normal) {
  return {panel(Plot("a free q becomes the posterior", "z", "density"), curve.grid, to_posterior,
                {0, 5, 12}, "posterior", exp(curve.log_posterior(x)), 540, 880)
              .key("top center"),
          panel(Plot("the widest q with mean 0, variance 1", "z", "density"), grid, to_normal,
                {0, 10, 30}, "N(0, 1)", exp(prob::Normal(0.0, 1.0).log_prob(grid.points)), 0,
                grid.cells())
              .x_range(-4, 4)};
}

// --- program

void program(Concept& c) {
  const auto constrain = c.broken("no_constraint") ? any_sum : sum_to_one;
  const auto keep = c.broken("free_variance") ? keep_mean : keep_moments;
  const Curve curve = Curve::example();
  const Grid grid(-6, 6, 600);
  const Tensor x = tensor({0.9, -0.9});
  const Path to_posterior = claims_of_the_posterior(c, curve, x, constrain);
  const Path to_normal = widest_density(keep, grid.points);
  claims_of_the_normal(c, grid, to_normal.back());
  c.draw(picture(curve, x, to_posterior, grid, to_normal));
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
