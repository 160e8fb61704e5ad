// euler_lagrange: the best function of a functional with a derivative in it solves a differential equation
// C39, notes S2 (calculus of variations: integrals of functions and of their derivatives)
//
//     J[f] = integral of F(x, f, f') dx,     best f:  dF/df = d/dx dF/df'      (Euler and Lagrange)
//
//     F = (f'^2 + f^2) / 2,  f(0) = 0,  f(1) = 1:    f'' = f,  f = sinh x / sinh 1,  J = coth(1) / 2
//
// free_form_q has a functional without f', whose equation is solved point by point. A derivative ties each
// point to its neighbours. Here f is a table on a grid, and gradient ascent knows nothing of equations.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

constexpr std::int64_t kCells = 50;
constexpr double kStep = 1.0 / kCells;

/// J of a table of values at 0, 1/50, .., 1.
Tensor functional(const Tensor& f) {
  const Tensor left = slice(f, 0, 0, kCells), right = slice(f, 0, 1, kCells + 1);
  const Tensor slope = (right - left) / kStep;
  // The square of f over a cell where it is linear.
  const Tensor high = (square(left) + left * right + square(right)) / 3.0;
  return 0.5 * kStep * sum(square(slope) + high);
}

struct Search {
  Tensor best;
  std::vector<std::vector<double>> seen;  ///< the table every 100 steps
};

/// Ascent on -J from x^3, a start that meets the ends and nothing else; the ends stay.
template <class J>
Search search(const J& j, double right_end) {
  Parameter inside("f", slice(pow(linspace(0, 1, kCells + 1), 3), 0, 1, kCells));
  const auto table = [&] {
    return concat({zeros({1}), recorded(inside), full({1}, right_end)}, 0);
  };
  Search found;
  support::ascend(
      {&inside}, [&] { return -j(table()); }, {.steps = 6000, .rate = 0.01, .shrink = 1e-4},
      [&](int step) {
        if (step % 100 == 0) found.seen.push_back(table().to_vector());
      });
  found.best = table();
  return found;
}

Tensor exact_f() {
  const Tensor x = linspace(0, 1, kCells + 1);
  return (exp(x) - exp(-x)) / (2 * std::sinh(1));
}

// --- wrong versions

Tensor without_derivative(const Tensor& f) {
  const Tensor left = slice(f, 0, 0, kCells), right = slice(f, 0, 1, kCells + 1);
  return 0.5 * kStep * sum((square(left) + left * right + square(right)) / 3.0);
}

// --- claims

void claims(Concept& c, const auto& j, const Tensor& f) {
  c.exact("J of the best table - coth(1) / 2", j(f).item(), 0.5 / std::tanh(1), 1e-4);
  c.at_most("largest |f - sinh x / sinh 1|", max(abs(f - exact_f())).item(), 1e-4);
  // The equation, point by point: second differences against the values.
  const auto part = [&](std::int64_t from, std::int64_t to) { return slice(f, 0, from, to); };
  const Tensor bend =
      (part(0, kCells - 1) - 2.0 * part(1, kCells) + part(2, kCells + 1)) / (kStep * kStep);
  c.at_most("largest |f'' - f| on the grid", max(abs(bend - part(1, kCells))).item(), 1e-3);
  // Any other way through the same ends costs more, and the first order of the difference is 0.
  const Tensor wave = sin(3.14159265358979 * linspace(0, 1, kCells + 1));
  const auto change = [&](double e) { return (j(f + e * wave) - j(f)).item(); };
  c.exact("J[f + e sin(pi x)] - J[f], over e^2, for e = 0.1", change(0.1) / 0.01,
          0.25 * (std::pow(3.14159265358979, 2) + 1), 1e-2);
  c.exact("its part of first order", (change(0.1) - change(-0.1)) / 0.2, 0, 1e-4);
}

// --- picture

std::vector<Plot> picture(const Search& found) {
  const std::vector<double> at = linspace(0, 1, kCells + 1).to_vector();
  return {Plot("a table on its way to sinh x / sinh 1", "x", "f(x)")
              .line("start, x^3", at, found.seen.front())
              .line("on the way", at, found.seen.at(2))
              .line("end", at, found.best.to_vector())
              .dashed("sinh x / sinh 1", at, exact_f().to_vector())
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const auto j = c.broken("no_derivative") ? without_derivative : functional;
  const double right_end = c.broken("free_end") ? 0 : 1;
  const Search found = search(j, right_end);
  claims(c, j, found.best);
  c.draw(picture(found));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C39",
                         .title = "The Euler-Lagrange equation of a functional with a derivative",
                         .source = "notes S2, calculus of variations",
                         .mutants = {{"no_derivative", "the functional has no f' in it"},
                                     {"free_end", "the right end is let go"}}},
                        program);
}
