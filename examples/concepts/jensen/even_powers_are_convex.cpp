// even_powers_are_convex: for x^2n Jensen's inequality turns round: a variance is never negative
// C16, UDL problem 17.3 and equation 17.31
//
//     d^2 x^(2n) / dx^2 = 2n (2n - 1) x^(2n - 2) >= 0,   so   (E x)^(2n) <= E[x^(2n)]
//
// For n = 1 this is (E x)^2 <= E[x^2], and the gap has a name: E[x^2] - (E x)^2 is the variance.
#include <cmath>

#include "support/concept.hpp"
#include "support/derivative.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

void program(Concept& c) {
  Rng rng = c.rng("points");
  const std::int64_t count = c.choose(10000, 1000), k = 6;
  const Tensor w = softmax(2.0 * rng.normal({count, k}));
  const Tensor x = rng.normal({count, k});
  const Tensor even = full({k}, 1.0 / static_cast<double>(k));
  const Tensor six = tensor({-0.8, -0.3, 0.3, 0.7, 1.1, 1.4});
  const Tensor line = linspace(-2, 2, 401);

  std::vector<double> gaps;
  for (int n = 1; n <= 5; ++n) {
    const auto power = [n, odd = c.broken("odd")](const Tensor& t) {
      const Tensor even_power = pow(square(t), n);
      return odd ? t * even_power : even_power;
    };
    const double p = 2 * n;
    const Tensor second = support::curvature(power, line, full({}, 1e-5));
    const Tensor formula = p * (p - 1) * pow(square(line), n - 1);
    const double largest = p * (p - 1) * std::pow(2, p - 2);
    c.exact(fmt::format("x^{}: error of f'' / largest f''", 2 * n),
            max(abs(second - formula)).item() / largest, 0);
    c.at_least(fmt::format("x^{}: smallest f'' on [-2, 2]", 2 * n), -max(-second).item(), 0);
    const Tensor gap = sum(w * power(x), -1) - power(sum(w * x, -1));
    c.at_least(fmt::format("x^{}: smallest gap of random points", 2 * n), -max(-gap).item(),
               -1e-12);
    gaps.push_back(sum(even * power(six)).item() - power(sum(even * six)).item());
  }

  // The gap for n = 1 is the variance of the weights' distribution, not an estimate from a sample.
  const Tensor centre = sum(w * x, -1, true);
  const Tensor variance = sum(w * square(x - centre), -1);
  const double factor = c.broken("sample_variance") ? 6.0 / 5 : 1.0;
  const Tensor gap = sum(w * square(x), -1) - square(sum(w * x, -1));
  c.identity("largest |E x^2 - (E x)^2 - variance|", max(abs(gap - factor * variance)).item(), 0);

  const std::vector<double> at = support::grid(-1.5, 1.5, 200);
  const std::vector<double> points = six.to_vector();
  const auto square_of = [](double v) { return v * v; };
  const double m = mean(six).item(), m2 = mean(square(six)).item();
  c.draw({Plot("the mean of the points lies above the curve", "x", "x^2")
              .line("x^2", at, support::each(at, square_of))
              .points("six points", points, support::each(points, square_of))
              .points("E[x^2] at E[x]", {m}, {m2})
              .points("(E[x])^2", {m}, {m * m})
              .dashed("variance", {m, m}, {m * m, m2})
              .key("top left"),
          Plot("Jensen's gap of the six points", "n", "E[x^2n] - (E x)^2n")
              .bars("", gaps)
              .names({"1", "2", "3", "4", "5"})
              .y_range(0, 8)});
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
