// log_is_concave: the second derivative of log is negative, so it lies below every tangent
// C15, UDL problem 17.2
//
//     d^2 log x / dx^2 = -1 / x^2 < 0
//
// A function that bends down everywhere lies below its tangents: log x <= log a + (x - a) / a. Put
// a = E[y] and x = y and take the mean of both sides: the last term is 0, and Jensen's inequality
// is what remains. This is its whole proof.
#include <cmath>
#include <numeric>

#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// How far the tangent that touches log at a lies above it at x.
Tensor tangent_above_log(const Tensor& a, const Tensor& slope_at_a, const Tensor& x) {
  return log(a) + slope_at_a * (x - a) - log(x);
}

/// The slope of f at the points a [n, 1] where its tangents touch.
template <class F>
Tensor slope_at_contact(const F& f, const Tensor& a, const Tensor&) {
  return support::slope(f, a);
}

// --- wrong versions

Tensor log_10(const Tensor& x) { return log(x) / 2.302585092994046; }

template <class F>
Tensor slope_elsewhere(const F& f, const Tensor&, const Tensor& x) {
  return support::slope(f, x);
}

// --- claims

void claims(Concept& c, const auto& log_x, const auto& slope_of) {
  // From 0.01 to 100. The step shrinks with x, since the curvature changes with it.
  const Tensor x = exp(linspace(std::log(0.01), std::log(100), 401));
  const Tensor second = support::curvature(log_x, x, 1e-5 * x);
  c.exact("largest |x^2 f''(x) + 1|", max(abs(square(x) * second + 1.0)).item(), 0);
  c.at_most("largest second derivative from 0.01 to 100", max(second).item(), -0.99e-4);

  // Every tangent against every point: a [401, 1], x [401].
  const Tensor a = reshape(x, {-1, 1});
  const Tensor above = tangent_above_log(a, slope_of(log_x, a, x), x);
  c.at_least("smallest distance of a tangent above log x", -max(-above).item(), -1e-12);
  // It touches only at its own point.
  const Tensor elsewhere = where(equal(a, x), full({}, 1.0), above);
  c.at_least("smallest distance away from its own point", -max(-elsewhere).item(), 1e-4);

  // The mean of a tangent at the mean: Jensen's right side can be read off it.
  Rng rng = c.rng("points");
  const Tensor y = exp(rng.normal({1000}));
  const Tensor m = mean(y);
  const Tensor tangent = log(m) + (y - m) / m;
  c.identity("mean of the tangent at E y - log E y", mean(tangent).item() - log(m).item(), 0);
  c.at_least("log E y - E log y", log(m).item() - mean(log(y)).item(), 0.1);
}

// --- picture

std::vector<Plot> picture() {
  const std::vector<double> at = support::grid(0.08, 4, 200);
  const auto log_of = [](double v) { return std::log(v); };
  Plot curve("log lies below its tangents", "x", "log x");
  curve.line("log x", at, support::each(at, log_of));
  for (const double p : {0.4, 1.0, 2.5}) {
    const std::vector<double> ends = {p - 0.6 * p, p + 1.2};
    curve.dashed("", ends, support::each(ends, [p](double v) { return std::log(p) + v / p - 1; }));
  }
  const std::vector<double> points = {0.3, 0.6, 1.1, 1.7, 2.6, 3.6}, ends = {0.2, 4};
  const double centre = 1.65;  // the mean of the points
  const auto tangent_at = [=](double v) { return std::log(centre) + v / centre - 1; };
  const std::vector<double> on_curve = support::each(points, log_of);
  const double average = std::accumulate(on_curve.begin(), on_curve.end(), 0.0) / 6;
  return {curve.y_range(-2.5, 2).key("bottom right"),
          Plot("E[log y] is below the tangent at E[y]", "y", "log y")
              .line("log y", at, support::each(at, log_of))
              .points("six points y", points, on_curve)
              .dashed("tangent at E[y]", ends, support::each(ends, tangent_at))
              .points("E[log y]", {centre}, {average})
              .points("mean of the tangent: log E[y]", {centre}, {std::log(centre)})
              .y_range(-2.5, 2)
              .key("bottom right")};
}

// --- program

void program(Concept& c) {
  using Function = Tensor (*)(const Tensor&);
  const Function natural = [](const Tensor& x) { return log(x); };
  const Function log_x = c.broken("decimal") ? log_10 : natural;
  const auto slope_of =
      c.broken("wrong_point") ? slope_elsewhere<Function> : slope_at_contact<Function>;
  claims(c, log_x, slope_of);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C15",
       .title = "The logarithm is concave",
       .source = "UDL problem 17.2",
       .mutants = {{"decimal", "log to base 10 where the natural logarithm is meant"},
                   {"wrong_point", "the tangent's slope taken at x, not where it touches"}}},
      program);
}
