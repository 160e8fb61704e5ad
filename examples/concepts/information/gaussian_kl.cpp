// gaussian_kl: the KL between two Gaussians with full covariance
// C10, Pyro/VAE notes S2, section on KL
//
//     KL(N(m0, S0) || N(m1, S1)) = 1/2 (tr(S1^-1 S0) + (m1 - m0)^T S1^-1 (m1 - m0) - k
//                                       + log(det S1 / det S0))
//
// No matrix is inverted and no determinant multiplied out: with S = L L^T (Cholesky) the trace is
// the sum of squares of L1^-1 L0, and log det S = 2 sum_i log L_ii even where det S rounds to 0.
#include <array>
#include <cmath>
#include <numbers>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

struct Gaussian {
  Tensor m, S;  ///< mean [k], covariance [k, k]

  prob::MultivariateNormal law() const { return prob::MultivariateNormal::from_covariance(m, S); }
};

/// What A x + b follows when x follows p.
Gaussian affine(const Tensor& A, const Tensor& b, const Gaussian& p) {
  const Tensor moved = matmul(A, reshape(p.m, {p.m.size(), 1}));
  return {reshape(moved, p.m.shape()) + b, matmul(matmul(A, p.S), A, {.transpose_right = true})};
}

Tensor log_det(const Tensor& S) { return 2.0 * log_det_triangular(cholesky(S)); }

/// The equation, term by term.
double kl(const Gaussian& p, const Gaussian& q) {
  const Tensor L0 = cholesky(p.S), L1 = cholesky(q.S);
  const Tensor d = reshape(q.m - p.m, {p.m.size(), 1});
  const Tensor trace = sum(square(triangular_solve(L1, L0)));
  const Tensor length = sum(square(triangular_solve(L1, d)));
  const double k = static_cast<double>(p.m.size());
  return (0.5 * (trace + length - k + log_det(q.S) - log_det(p.S))).item();
}

// --- wrong versions

/// The trace of S0^-1 S1 where S1^-1 S0 belongs.
double kl_wrong_inverse(const Gaussian& p, const Gaussian& q) {
  const Tensor L0 = cholesky(p.S), L1 = cholesky(q.S);
  const Tensor right = sum(square(triangular_solve(L1, L0)));
  const Tensor wrong = sum(square(triangular_solve(L0, L1)));
  return kl(p, q) + (0.5 * (wrong - right)).item();
}

/// The determinant itself, and then its logarithm: 0 where the number is too small.
double kl_by_determinants(const Gaussian& p, const Gaussian& q) {
  const auto lost = [](const Tensor& S) { return log(exp(log_det(S))) - log_det(S); };
  return kl(p, q) + (0.5 * (lost(q.S) - lost(p.S))).item();
}

// --- claims

void claims(Concept& c, const Gaussian& p, const Gaussian& q, const auto& KL) {
  c.exact("KL(p || q)", KL(p, q), 0.7620673745, 1e-9);
  c.exact("KL(q || p)", KL(q, p), 1.2073330853, 1e-9);
  c.identity("KL(p || q), the library's", prob::kl(p.law(), q.law()).item(), KL(p, q));
  c.identity("KL(p || p)", KL(p, p), 0);

  Rng rng = c.rng("samples");
  const std::int64_t n = c.choose(200000, 20000);
  c.monte_carlo("E_p[log p - log q]", prob::kl_monte_carlo(p.law(), q.law(), n, rng), KL(p, q),
                0.02);
  c.monte_carlo("E_q[log q - log p]", prob::kl_monte_carlo(q.law(), p.law(), n, rng), KL(q, p),
                0.03);

  // Other units, another origin, turned axes: the same KL.
  const Tensor A = tensor({{2.0, -1.0}, {0.5, 3.0}}), b = tensor({-4.0, 7.0});
  c.identity("KL after x -> A x + b of both", KL(affine(A, b, p), affine(A, b, q)), KL(p, q), 1e-9);

  // 100 dimensions of variance 1e-4: det S0 = 1e-400 is 0 in a double, its logarithm is -921.
  const Gaussian small{zeros({100}), 1e-4 * eye(100)}, twice{zeros({100}), 2e-4 * eye(100)};
  c.exact("100 narrow dimensions: 50 (log 2 - 1/2)", KL(small, twice),
          50 * (std::numbers::ln2 - 0.5), 1e-9);
}

// --- picture

/// m + r L (cos t, sin t) for r = 1 and 2; the NaN between them lifts the pen.
std::array<std::vector<double>, 2> ellipses(const Gaussian& of) {
  const Tensor L = cholesky(of.S);
  std::array<std::vector<double>, 2> at;
  for (const double r : {1.0, 2.0}) {
    for (const double t : support::grid(0, 2 * std::numbers::pi, 121)) {
      const double u = r * std::cos(t), v = r * std::sin(t);
      at[0].push_back(of.m.at({0}) + L.at({0, 0}) * u);
      at[1].push_back(of.m.at({1}) + L.at({1, 0}) * u + L.at({1, 1}) * v);
    }
    for (std::vector<double>& axis : at) axis.push_back(std::nan(""));
  }
  return at;
}

std::vector<Plot> picture(const Gaussian& p, const Gaussian& q) {
  const auto of_p = ellipses(p), of_q = ellipses(q);
  std::vector<double> there, back;
  const std::vector<double> factor = support::grid(0.15, 5, 100);
  for (const double t : factor) {
    there.push_back(kl(p, {q.m, t * q.S}));
    back.push_back(kl({q.m, t * q.S}, p));
  }
  return {Plot("p and q at 1 and 2 standard deviations", "x1", "x2")
              .line("p", of_p[0], of_p[1])
              .line("q", of_q[0], of_q[1])
              .x_range(-3, 5)
              .y_range(-3.5, 4)
              .square()
              .key("top left"),
          Plot("a q too narrow, a q too wide", "q's covariance is this times S1", "nats")
              .line("KL(p || q)", factor, there)
              .line("KL(q || p)", factor, back)
              .y_range(0, 6)
              .key("top center")};
}

// --- program

void program(Concept& c) {
  const auto KL = c.broken("inverse")       ? kl_wrong_inverse
                  : c.broken("determinant") ? kl_by_determinants
                                            : kl;
  const Gaussian p{tensor({0.0, 0.0}), tensor({{1.0, 0.6}, {0.6, 2.0}})};
  const Gaussian q{tensor({1.0, -0.5}), tensor({{2.0, 0.3}, {0.3, 1.0}})};
  claims(c, p, q, KL);
  c.draw(picture(p, q));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C10",
                         .title = "KL between Gaussians with full covariance",
                         .source = "Pyro/VAE notes S2, section on KL",
                         .mutants = {{"inverse", "the trace of S0^-1 S1"},
                                     {"determinant", "the logarithm of det S itself"}}},
                        program);
}
