// jensen_discrete: the logarithm of a mean is at least the mean of the logarithms
// C12, UDL equation 17.11 and figure 17.4
//
//     log sum_i w_i y_i  >=  sum_i w_i log y_i        for weights w on the simplex and y > 0
//
// The difference is Jensen's gap. It is 0 only when all points with a weight are equal, for log is
// strictly concave. The ELBO is this inequality with w = q(z|x) and y = p(x, z) / q(z|x).
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

using Function = Tensor (*)(Arg);

/// f of the mean minus the mean of f, for each row of weights and points [n, k].
Tensor gap(Function f, const Tensor& weights, const Tensor& points) {
  return f(sum(weights * points, -1)) - sum(weights * f(points), -1);
}

/// Six points as in the figure, exp(kSix); kSix scaled to the standard deviation 1.
const std::vector<double> kSix = {-1.0, -0.7, -0.2, 0.3, 0.6, 1.0};
Tensor unit_spread() {
  const Tensor six = tensor(kSix, {6});
  return six / sqrt(mean(square(six - mean(six))));
}

// --- claims

void claims(Concept& c, Function f) {
  Rng rng = c.rng("points");
  const std::int64_t n = c.choose(10000, 1000), k = 6;
  const Tensor weights = softmax(2.0 * rng.normal({n, k}));
  const Tensor gaps = gap(f, weights, exp(rng.normal({n, k})));
  c.at_least("smallest gap of random weights and points", -max(-gaps).item(), 1e-9);

  // Equal points: the mean of log is the log of the mean, whatever the weights.
  const Tensor equal = exp(rng.normal({n, 1})) * ones({n, k});
  c.identity("largest gap of equal points", max(abs(gap(f, weights, equal))).item(), 0, 1e-12);
  // All weight on one point: nothing is averaged.
  c.identity("gap of all weight on one point", gap(f, tensor({1, 0, 0}), tensor({3, 1, 2})).item(),
             0);
  // For a small spread the gap is half the variance of log y.
  const double small = 0.01;
  c.within("gap / half the variance of log y, spread 0.01",
           gap(f, full({6}, 1.0 / 6), exp(small * unit_spread())).item() / (0.5 * small * small),
           0.99, 1.01);
}

// --- picture

/// The six points, and how the gap grows with the standard deviation of their logs.
std::vector<Plot> picture() {
  const std::vector<double> x = support::grid(0.25, 3, 200), spread = support::grid(0, 1.2, 31);
  std::vector<double> sizes, half_variances;
  for (const double s : spread) {
    sizes.push_back(gap(log, full({6}, 1.0 / 6), exp(s * unit_spread())).item());
    half_variances.push_back(0.5 * s * s);
  }
  const Tensor six = tensor(kSix, {6});
  const double at = mean(exp(six)).item();
  return {Plot("the points lie on the curve, their mean below it", "y", "log y")
              .line("log y", x, support::each(x, [](double v) { return std::log(v); }))
              .points("six points", exp(six).to_vector(), kSix)
              .points("mean of log y at mean of y", {at}, {mean(six).item()})
              .points("log of mean of y", {at}, {std::log(at)})
              .key("bottom right"),
          Plot("the gap grows with the spread", "standard deviation of log y", "nats")
              .line("Jensen's gap", spread, sizes)
              .dashed("half the variance of log y", spread, half_variances)
              .y_range(0, 0.8)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const Function f = c.broken("convex") ? static_cast<Function>(exp) : static_cast<Function>(log);
  claims(c, f);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C12",
                         .title = "Jensen's inequality for the logarithm, discrete",
                         .source = "UDL equation 17.11, figure 17.4",
                         .mutants = {{"convex", "a convex function in place of log"}}},
                        program);
}
