// even_powers_are_convex: for x^2n Jensen's inequality turns round: a variance is never negative
// C16, UDL problem 17.3 and equation 17.31
//
//     d^2 x^(2n) / dx^2 = 2n (2n - 1) x^(2n - 2) >= 0,   so   (E x)^(2n) <= E[x^(2n)]
//
// For n = 1 this is (E x)^2 <= E[x^2], and the gap has a name: E[x^2] - (E x)^2 is the variance.
#include <cmath>

#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

Tensor even_power(const Tensor& x, int n) { return pow(square(x), n); }

/// Of each row of points x under the weights w [count, k], not an estimate from a sample.
Tensor variance(const Tensor& w, const Tensor& x) {
  return sum(w * square(x - sum(w * x, -1, true)), -1);
}

/// Jensen's gap E f(x) - f(E x).
template <class F>
Tensor gap(const F& f, const Tensor& w, const Tensor& x) {
  return sum(w * f(x), -1) - f(sum(w * x, -1));
}

const std::vector<double> kSix = {-0.8, -0.3, 0.3, 0.7, 1.1, 1.4};

// --- wrong versions

Tensor odd_power(const Tensor& x, int n) { return x * even_power(x, n); }
Tensor sample_variance(const Tensor& w, const Tensor& x) { return 6.0 / 5 * variance(w, x); }

// --- claims

void claims(Concept& c, const auto& power, const auto& variance_of) {
  Rng rng = c.rng("points");
  const std::int64_t count = c.choose(10000, 1000), k = 6;
  const Tensor w = softmax(2.0 * rng.normal({count, k})), x = rng.normal({count, k});
  const Tensor line = linspace(-2, 2, 401);
  for (int n = 1; n <= 5; ++n) {
    const auto f = [&](const Tensor& t) { return power(t, n); };
    const double p = 2 * n;
    const Tensor second = support::curvature(f, line, full({}, 1e-5));
    const Tensor formula = p * (p - 1) * pow(square(line), n - 1);
    const double largest = p * (p - 1) * std::pow(2, p - 2);
    c.exact(fmt::format("x^{}: error of f'' / largest f''", 2 * n),
            max(abs(second - formula)).item() / largest, 0);
    c.at_least(fmt::format("x^{}: smallest f'' on [-2, 2]", 2 * n), -max(-second).item(), 0);
    c.at_least(fmt::format("x^{}: smallest gap of random points", 2 * n),
               -max(-gap(f, w, x)).item(), -1e-12);
  }
  // The gap for n = 1 is the variance.
  const Tensor of_square = sum(w * square(x), -1) - square(sum(w * x, -1));
  c.identity("largest |E x^2 - (E x)^2 - variance|", max(abs(of_square - variance_of(w, x))).item(),
             0);
}

// --- picture

std::vector<Plot> picture() {
  const std::vector<double> at = support::grid(-1.5, 1.5, 200);
  const Tensor six = tensor(kSix, {6}), even = full({6}, 1.0 / 6);
  std::vector<double> gaps;
  for (int n = 1; n <= 5; ++n) {
    gaps.push_back(gap([n](const Tensor& t) { return even_power(t, n); }, even, six).item());
  }
  const auto square_of = [](double v) { return v * v; };
  const double m = mean(six).item(), m2 = mean(square(six)).item();
  return {Plot("the mean of the points lies above the curve", "x", "x^2")
              .line("x^2", at, support::each(at, square_of))
              .points("six points", kSix, support::each(kSix, square_of))
              .points("E[x^2] at E[x]", {m}, {m2})
              .points("(E[x])^2", {m}, {m * m})
              .dashed("variance", {m, m}, {m * m, m2})
              .key("top left"),
          Plot("Jensen's gap of the six points", "n", "E[x^2n] - (E x)^2n")
              .bars("", gaps)
              .names({"1", "2", "3", "4", "5"})
              .y_range(0, 8)};
}

// --- program

void program(Concept& c) {
  const auto power = c.broken("odd") ? odd_power : even_power;
  const auto variance_of = c.broken("sample_variance") ? sample_variance : variance;
  claims(c, power, variance_of);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C16",
                         .title = "Even powers are convex, and Jensen's inequality turns round",
                         .source = "UDL problem 17.3, equation 17.31",
                         .mutants = {{"odd", "x^(2n + 1), which is not convex"},
                                     {"sample_variance", "the variance divided by k - 1"}}},
                        program);
}
