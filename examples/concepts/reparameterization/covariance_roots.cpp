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
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// Of a 2 x 2 matrix, by Cayley and Hamilton: (Sigma + sqrt(det) I) / sqrt(trace + 2 sqrt(det)).
Tensor symmetric_root(const Tensor& sigma) {
  const double root_det = std::exp(0.5 * log_det(sigma).item());
  const double trace = sigma.at({0, 0}) + sigma.at({1, 1});
  return (sigma + root_det * eye(2)) / std::sqrt(trace + 2 * root_det);
}

/// z = mu + A e. Rows of e are noise vectors: e A^T holds A e for each of them.
Tensor sample(const Tensor& root, const Tensor& e) {
  return tensor({1, -0.5}) + matmul(e, transpose(root));
}

Tensor covariance() { return tensor({{1.0, 0.9}, {0.9, 2.0}}); }

// --- wrong versions

Tensor sample_transposed(const Tensor& root, const Tensor& e) { return sample(transpose(root), e); }
Tensor sample_diagonal(const Tensor& root, const Tensor& e) { return sample(root * eye(2), e); }

// --- claims

void claims_of_moments(Concept& c, const auto& sample_of, const Tensor& e) {
  const Tensor sigma = covariance(), l = cholesky(sigma), s = symmetric_root(sigma);
  c.identity("largest |L L^T - Sigma|", max(abs(matmul(l, transpose(l)) - sigma)).item(), 0);
  c.identity("largest |S S - Sigma|", max(abs(matmul(s, s) - sigma)).item(), 0);
  for (const auto& [name, root] : {std::pair("L", l), std::pair("S", s)}) {
    const Tensor centred = sample_of(root, e) - tensor({1, -0.5});
    const Tensor first = slice(centred, 1, 0, 1), second = slice(centred, 1, 1, 2);
    c.monte_carlo(fmt::format("{}: variance of z_1", name), prob::estimate(sum(square(first), 1)),
                  1, 0.006);
    c.monte_carlo(fmt::format("{}: variance of z_2", name), prob::estimate(sum(square(second), 1)),
                  2, 0.012);
    c.monte_carlo(fmt::format("{}: covariance", name), prob::estimate(sum(first * second, 1)), 0.9,
                  0.007);
  }
  // E |L e - S e|^2 is the sum of the squares of L - S.
  const Tensor apart = sum(square(sample_of(l, e) - sample_of(s, e)), 1);
  c.monte_carlo("mean squared distance of the two z of one e", prob::estimate(apart),
                sum(square(l - s)).item(), 0.003);
}

/// The gradient reaches each entry of L: central differences with the same e on both sides.
void claims_of_gradient(Concept& c, const auto& sample_of, const Tensor& e) {
  const Tensor l = cholesky(covariance());
  const auto loss = [&](const Tensor& root) {
    return mean(exp(sum(sample_of(root, e) * tensor({0.3, -0.2}), 1)));
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
}

// --- picture

Plot panel(const std::string& title, const Tensor& root, const Tensor& shown) {
  const Tensor turn = linspace(0, 2 * std::acos(-1.0), 101);
  const Tensor ring = 2.0 * stack({cos(turn), sin(turn)}, 1);
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
}

std::vector<Plot> picture(const Tensor& e) {
  return {panel("Cholesky: z = mu + L e", cholesky(covariance()), e),
          panel("symmetric root: z = mu + S e", symmetric_root(covariance()), e)};
}

// --- program

void program(Concept& c) {
  const auto sample_of = c.broken("transposed") ? sample_transposed
                         : c.broken("diagonal") ? sample_diagonal
                                                : sample;
  Rng rng = c.rng("e");
  const Tensor e = rng.normal({c.choose(1000000, 100000), 2});
  claims_of_moments(c, sample_of, e);
  claims_of_gradient(c, sample_of, slice(e, 0, 0, 100));
  c.draw(picture(slice(e, 0, 0, 400)));
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
