// covariance_roots: every root of a covariance gives the same normal, by different samples
// C46, UDL equation 17.25
//
//     z = mu + A e,   e ~ N(0, I),   A A^T = Sigma      =>      z ~ N(mu, Sigma)
//
// The book writes Sigma^(1/2). The symmetric root S = S^T and the Cholesky factor L (lower
// triangular) both qualify, and so does every L R with a rotation R. Programs take L: it is cheap,
// its diagonal gives the determinant, and any numbers below the diagonal are allowed.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept.hpp"
#include "support/derivative.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// Of a 2 x 2 matrix, by Cayley and Hamilton: (Sigma + sqrt(det) I) / sqrt(trace + 2 sqrt(det)).
Tensor symmetric_root(const Tensor& sigma) {
  const double root_det = std::exp(0.5 * log_det(sigma).item());
  const double trace = sigma.at({0, 0}) + sigma.at({1, 1});
  return (sigma + root_det * eye(2)) / std::sqrt(trace + 2 * root_det);
}

void program(Concept& c) {
  const Tensor mu = tensor({1, -0.5}), sigma = tensor({{1.0, 0.9}, {0.9, 2.0}});
  const Tensor l = cholesky(sigma), s = symmetric_root(sigma);
  c.identity("largest |L L^T - Sigma|", max(abs(matmul(l, transpose(l)) - sigma)).item(), 0);
  c.identity("largest |S S - Sigma|", max(abs(matmul(s, s) - sigma)).item(), 0);

  // Rows of e are noise vectors: e A^T holds A e for each of them.
  const auto sample = [&](const Tensor& root, const Tensor& e) {
    if (c.broken("transposed")) return mu + matmul(e, root);
    if (c.broken("diagonal")) return mu + e * sum(root * eye(2), 1);
    return mu + matmul(e, transpose(root));
  };
  Rng rng = c.rng("e");
  const Tensor e = rng.normal({c.choose(1000000, 100000), 2});
  for (const auto& [name, root] : {std::pair("L", l), std::pair("S", s)}) {
    const Tensor centred = sample(root, e) - mu;
    const Tensor first = slice(centred, 1, 0, 1), second = slice(centred, 1, 1, 2);
    c.monte_carlo(fmt::format("{}: variance of z_1", name), prob::estimate(sum(square(first), 1)),
                  1, 0.006);
    c.monte_carlo(fmt::format("{}: variance of z_2", name), prob::estimate(sum(square(second), 1)),
                  2, 0.012);
    c.monte_carlo(fmt::format("{}: covariance", name), prob::estimate(sum(first * second, 1)), 0.9,
                  0.007);
  }
  // E |L e - S e|^2 is the sum of the squares of L - S.
  const Tensor apart = sum(square(sample(l, e) - sample(s, e)), 1);
  c.monte_carlo("mean squared distance of the two z of one e", prob::estimate(apart),
                sum(square(l - s)).item(), 0.003);

  // The gradient reaches each entry of L: central differences with the same e on both sides.
  const Tensor few = slice(e, 0, 0, 100);
  const auto loss = [&](const Tensor& root) {
    return mean(exp(sum(sample(root, few) * tensor({0.3, -0.2}), 1)));
  };
  const Tensor on_tape = support::slope(loss, l);
  for (const auto& [i, j] : {std::pair(0, 0), std::pair(1, 0), std::pair(1, 1)}) {
    const double h = 1e-5;
    std::vector<double> unit(4);
    unit[static_cast<std::size_t>(2 * i + j)] = h;
    const Tensor step = tensor(unit, {2, 2});
    c.exact(fmt::format("d loss / dL_{}{}", i + 1, j + 1), on_tape.at({i, j}),
            (loss(l + step) - loss(l - step)).item() / (2 * h));
  }

  const Tensor shown = slice(e, 0, 0, 400), turn = linspace(0, 2 * std::acos(-1.0), 101);
  const Tensor ring = 2.0 * stack({cos(turn), sin(turn)}, 1);
  const auto panel = [&](const std::string& title, const Tensor& root) {
    const auto column = [&](const Tensor& noise, int i) {
      return slice(sample(root, noise), 1, i, i + 1).to_vector();
    };
    // The noise vectors (0, 0), (2, 0) and (0, 2).
    const Tensor right = tensor({{0, 0}, {2, 0}}), up = tensor({{0, 0}, {0, 2}});
    return Plot(title, "z_1", "z_2")
        .dots("", column(shown, 0), column(shown, 1))
        .line("e = (2, 0)", column(right, 0), column(right, 1))
        .line("e = (0, 2)", column(up, 0), column(up, 1))
        .dashed("|e| = 2", column(ring, 0), column(ring, 1))
        .x_range(-3.5, 7)
        .y_range(-5, 4)
        .square()
        .key("bottom right");
  };
  c.draw({panel("Cholesky: z = mu + L e", l), panel("symmetric root: z = mu + S e", s)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C46",
                         .title = "Reparameterization with a full covariance",
                         .source = "UDL equation 17.25",
                         .mutants = {{"transposed", "L^T e in place of L e"},
                                     {"diagonal", "only the diagonal of the root"}}},
                        program);
}
