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
#include "concepts/vae/output_families.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Record without_factorial(const Tensor& s) {
  Record p = decode(s);
  p.log_count = [](const prob::Poisson& q, const Tensor& x) { return x * log(q.rate) - q.rate; };
  return p;
}

Record mean_for_rate(const Tensor& s) {
  Record p = decode(s);
  p.wait = prob::Exponential(exp(-output(s, 6)));
  return p;
}

// --- claims

void claims_of_mass(Concept& c, const Record& p) {
  c.exact("class: sum of p", sum(p.kind.probs()).item(), 1);
  c.exact("count: sum of p", sum(exp(p.log_count(p.count, arange(60)))).item(), 1);
  const auto integral = [](const auto& of, const vae::exact::Grid& x) {
    return exp(x.log_integral(of.log_prob(x.points))).item();
  };
  c.exact("number: integral of p", integral(p.number, {-30, 30, 60000}), 1);
  c.exact("waiting time: integral of p", integral(p.wait, {0, 30, 30000}), 1);
}

struct Samples {
  Tensor counted, drawn, waited;
};

/// The links by hand: e^s is the rate, so that the mean waiting time is e^-s.
Samples claims_of_samples(Concept& c, const Record& p, Rng& rng) {
  const Shape n = {c.choose(200000, 30000)};
  const Tensor counted = p.count.sample(rng, n), drawn = p.number.sample(rng, n);
  const Tensor waited = p.wait.sample(rng, n);
  const Tensor second = equal(p.kind.sample(rng, n).to(DType::f64), 1.0);
  const double odds = std::exp(-0.3) / (std::exp(0.5) + std::exp(-0.3) + std::exp(1.0));
  c.monte_carlo("class: share of class 1", prob::estimate(second.to(DType::f64)), odds, 0.01);
  const auto moments = [&](const std::string& name, const Tensor& x, double mean, double variance) {
    c.monte_carlo(name + ": sample mean", prob::estimate(x), mean, 0.02);
    c.monte_carlo(name + ": sample variance", prob::estimate(square(x - mean)), variance, 0.1);
  };
  moments("count", counted, std::exp(1.1), std::exp(1.1));
  moments("number", drawn, -0.4, 2 * std::exp(-0.4));
  moments("waiting time", waited, std::exp(-0.7), std::exp(-1.4));
  return {counted, drawn, waited};
}

/// The gradient of the whole record by what the network put out, along a random direction.
void claims_of_gradient(Concept& c, const auto& decoded, const Tensor& s, Rng& rng) {
  const auto log_p = [&](const Tensor& at) { return log_record(decoded(at)); };
  const Tensor gradient = support::slope(log_p, s), step = 1e-5 * rng.normal({7});
  const Tensor rise = log_p(s + step) - log_p(s - step);
  c.exact("gradient along a step / difference", (2.0 * sum(gradient * step) / rise).item(), 1);
}

// --- picture

/// Samples against the mass and the density they come from.
std::vector<Plot> picture(const Record& p, const Samples& of) {
  const auto histogram = [](const Tensor& x, const std::vector<double>& middles, double width) {
    return support::each(middles, [&](double v) {
      return mean(less(abs(x - v), width / 2).to(DType::f64)).item() / width;
    });
  };
  const auto values = support::grid(-4, 4, 161), times = support::grid(0, 4, 81);
  const auto bins = support::grid(-3.9, 3.9, 40), late = support::grid(0.1, 3.9, 20);
  return {Plot("a count: Poisson", "x", "probability")
              .bars("p(x|z)", exp(p.log_count(p.count, arange(11))).to_vector())
              .bars("share of samples", histogram(of.counted, support::grid(0, 10, 11), 1))
              .names({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}),
          Plot("a number and a waiting time", "x", "density")
              .line("Laplace", values, exp(p.number.log_prob(tensor(values, {161}))).to_vector())
              .points("its samples", bins, histogram(of.drawn, bins, 0.2))
              .line("Exponential", times, exp(p.wait.log_prob(tensor(times, {81}))).to_vector())
              .points("its samples", late, histogram(of.waited, late, 0.2))
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const auto decoded = c.broken("no_factorial")    ? without_factorial
                       : c.broken("mean_for_rate") ? mean_for_rate
                                                   : decode;
  const Tensor s = tensor({0.5, -0.3, 1.0, 1.1, -0.4, -0.2, 0.7});  // what a network might put out
  const Record p = decoded(s);
  claims_of_mass(c, p);
  Rng rng = c.rng("samples");
  const Samples samples = claims_of_samples(c, p, rng);
  claims_of_gradient(c, decoded, s, rng);
  c.draw(picture(p, samples));
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
