// output_families: a decoder whose outputs are of four kinds
// C54, inference notes S0, the decoder as a product of exponential-family distributions
//
//     log p(x|z) = sum_d log p_d(x_d | s_d),   s = d(z)
//     a class:  softmax(s)     a count:  Poisson(e^s)
//     a number: Laplace(s, e^t)     a waiting time:  Exponential(e^s)
//
// The network's outputs s are free numbers; a link (softmax, exp) makes each a parameter of its
// family. What makes it a likelihood: each factor sums or integrates to 1 over x.
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/categorical.hpp"
#include "prob/exponential.hpp"
#include "prob/laplace.hpp"
#include "prob/poisson.hpp"
#include "support/concept.hpp"
#include "support/derivative.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// p(x|z) of a record of four columns, from the outputs s [7] of a network.
struct Record {
  prob::Categorical kind;
  prob::Poisson count;
  prob::Laplace number;
  prob::Exponential wait;

  Record(const Concept& c, const Tensor& s)
      : kind(slice(s, 0, 0, 3)),
        count(exp(output(s, 3))),
        number(output(s, 4), exp(output(s, 5))),
        wait(exp(c.broken("mean_for_rate") ? -output(s, 6) : output(s, 6))) {}

  static Tensor output(const Tensor& s, int i) { return reshape(slice(s, 0, i, i + 1), {}); }
};

Tensor log_count(const Concept& c, const prob::Poisson& p, const Tensor& x) {
  return c.broken("no_factorial") ? x * log(p.rate) - p.rate : p.log_prob(x);
}

Tensor log_record(const Concept& c, const Tensor& s) {
  const Record p(c, s);
  const Tensor one = tensor(1.0).to(DType::i32);
  return p.kind.log_prob(one) + log_count(c, p.count, tensor(4.0)) +
         p.number.log_prob(tensor(0.3)) + p.wait.log_prob(tensor(0.8));
}

void moments(Concept& c, const std::string& name, const Tensor& x, double mean, double variance) {
  c.monte_carlo(name + ": sample mean", prob::estimate(x), mean, 0.02);
  c.monte_carlo(name + ": sample variance", prob::estimate(square(x - mean)), variance, 0.1);
}

void program(Concept& c) {
  const Tensor s = tensor({0.5, -0.3, 1.0, 1.1, -0.4, -0.2, 0.7});  // what a network might put out
  const Record p(c, s);
  const Tensor mass = exp(log_count(c, p.count, arange(60)));
  c.exact("class: sum of p", sum(p.kind.probs()).item(), 1);
  c.exact("count: sum of p", sum(mass).item(), 1);
  const auto integral = [](const auto& of, const vae::exact::Grid& x) {
    return exp(x.log_integral(of.log_prob(x.points))).item();
  };
  c.exact("number: integral of p", integral(p.number, {-30, 30, 60000}), 1);
  c.exact("waiting time: integral of p", integral(p.wait, {0, 30, 30000}), 1);

  // The links by hand: e^s is the rate, so that the mean waiting time is e^-s.
  Rng rng = c.rng("samples");
  const Shape n = {c.choose(200000, 30000)};
  const Tensor counted = p.count.sample(rng, n), drawn = p.number.sample(rng, n);
  const Tensor waited = p.wait.sample(rng, n);
  const Tensor second = equal(p.kind.sample(rng, n).to(DType::f64), 1.0);
  const double odds = std::exp(-0.3) / (std::exp(0.5) + std::exp(-0.3) + std::exp(1.0));
  c.monte_carlo("class: share of class 1", prob::estimate(second.to(DType::f64)), odds, 0.01);
  moments(c, "count", counted, std::exp(1.1), std::exp(1.1));
  moments(c, "number", drawn, -0.4, 2 * std::exp(-0.4));
  moments(c, "waiting time", waited, std::exp(-0.7), std::exp(-1.4));

  // The gradient of the whole record by what the network put out, along a random direction.
  const Tensor gradient = support::slope([&](const Tensor& at) { return log_record(c, at); }, s);
  const Tensor step = 1e-5 * rng.normal({7});
  const Tensor rise = log_record(c, s + step) - log_record(c, s - step);
  c.exact("gradient along a step / difference", (2.0 * sum(gradient * step) / rise).item(), 1);

  // Samples against the mass and the density they come from.
  const auto histogram = [](const Tensor& x, const std::vector<double>& middles, double width) {
    return support::each(middles, [&](double v) {
      return mean(less(abs(x - v), width / 2).to(DType::f64)).item() / width;
    });
  };
  const auto values = support::grid(-4, 4, 161), times = support::grid(0, 4, 81);
  const auto bins = support::grid(-3.9, 3.9, 40), late = support::grid(0.1, 3.9, 20);
  c.draw({Plot("a count: Poisson", "x", "probability")
              .bars("p(x|z)", slice(mass, 0, 0, 11).to_vector())
              .bars("share of samples", histogram(counted, support::grid(0, 10, 11), 1))
              .names({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}),
          Plot("a number and a waiting time", "x", "density")
              .line("Laplace", values, exp(p.number.log_prob(tensor(values, {161}))).to_vector())
              .points("its samples", bins, histogram(drawn, bins, 0.2))
              .line("Exponential", times, exp(p.wait.log_prob(tensor(times, {81}))).to_vector())
              .points("its samples", late, histogram(waited, late, 0.2))
              .key("top left")});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C54",
       .title = "A product of exponential-family outputs",
       .source = "inference notes S0, the decoder p(x|z)",
       .mutants = {{"no_factorial", "log x! is left out of the Poisson likelihood"},
                   {"mean_for_rate", "the waiting time's rate is taken for its mean"}}},
      program);
}
