// kl_to_standard_normal: the KL term of every VAE, in the three spellings of the notes
// C11, AEVB notes S1, last equation; Pyro/VAE notes S2, section on VAE; UDL equation 17.24
//
//     S1    -KL = 1/2 sum_d (1 + log sigma_d^2 - mu_d^2 - sigma_d^2)
//     S2     KL = -1/2 sum_d (ln sigma_d^2 + 1 - sigma_d^2 - mu_d^2)
//     17.24  KL = 1/2 (Tr[Sigma] + mu^T mu - D - log |det Sigma|)       Sigma = diag(sigma_d^2)
//
// q = N(mu, diag(sigma^2)) against N(0, I). S2 writes sigma^2 I; each latent has a sigma of its own.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

Tensor s1(const Tensor& mu, const Tensor& var) {
  return 0.5 * sum(1.0 + log(var) - square(mu) - var, -1);
}
Tensor s2(const Tensor& mu, const Tensor& var) {
  return -0.5 * sum(log(var) + 1.0 - var - square(mu), -1);
}
/// With the whole matrix Sigma, [..., D, D].
Tensor udl(const Tensor& mu, const Tensor& Sigma) {
  const std::int64_t D = mu.dim(-1);
  const Tensor trace = sum(Sigma * eye(D), {-2, -1});
  return 0.5 * (trace + sum(mu * mu, -1) - static_cast<double>(D) - log_det(Sigma));
}

/// S2's derivation in two dimensions, line by line, each integral a sum over a grid.
void derivation(Concept& c, const Tensor& mu, const Tensor& sigma, double expected) {
  const vae::exact::Grid axis(-12, 12, 400);
  const Tensor z = plane(axis, axis);  // [160000, 2]
  const double area = axis.step() * axis.step();
  const prob::Normal q(mu, sigma, 1);
  const prob::StandardNormal prior({2}, 1);
  const Tensor q_of_z = exp(q.log_prob(z)), var = square(sigma);
  const double log_det = sum(log(var)).item();

  const Tensor log_ratio = q.log_prob(z) - prior.log_prob(z);
  c.exact("line 1: integral of ln(q / p) q", sum(log_ratio * q_of_z).item() * area, expected, 1e-8);
  const Tensor bracket = square(z - mu) / var - square(z);  // of each dimension
  c.exact("line 3: ln(q / p) written out",
          sum((-0.5 * log_det - 0.5 * sum(bracket, -1)) * q_of_z).item() * area, expected, 1e-8);
  c.exact("line 5: ln|S| and the sum taken out of the integral",
          -0.5 * log_det - 0.5 * sum(sum(bracket * reshape(q_of_z, {-1, 1}), 0)).item() * area,
          expected, 1e-8);

  // From here on each dimension is by itself: the others integrate to 1.
  double squares = 0, ones_less = 0, moments = 0;
  for (std::int64_t d = 0; d < 2; ++d) {
    const double m = mu.at({d}), s = sigma.at({d});
    const Tensor qd = exp(prob::Normal(tensor(m), tensor(s)).log_prob(axis.points)) * axis.step();
    const Tensor in_units = square(axis.points - m) / (s * s), of_z = square(axis.points);
    squares += sum((in_units - of_z) * qd).item();
    ones_less += 1 - sum(of_z * qd).item();
    moments += 1 - (s * s + m * m);
  }
  c.exact("line 6: integrals over one z_d each", -0.5 * log_det - 0.5 * squares, expected, 1e-8);
  c.exact("line 7: 1 - integral of z_d^2", -0.5 * log_det - 0.5 * ones_less, expected, 1e-8);
  c.exact("line 9: E z_d^2 = sigma_d^2 + mu_d^2", -0.5 * log_det - 0.5 * moments, expected, 1e-8);
}

void program(Concept& c) {
  Rng rng = c.rng("posteriors");
  const Tensor mu = rng.normal({64, 5}), sigma = exp(0.5 * rng.normal({64, 5}));
  const Tensor var = c.broken("sigma_for_variance") ? sigma : square(sigma);
  const Tensor KL = c.broken("mean_over_latents") ? s2(mu, var) / 5.0 : s2(mu, var);
  c.identity("largest |S1 - S2|", max(abs(-s1(mu, square(sigma)) - KL)).item(), 0);
  const Tensor Sigma = reshape(square(sigma), {64, 1, 5}) * eye(5);
  c.identity("largest |17.24 - S2|", max(abs(udl(mu, Sigma) - KL)).item(), 0);
  c.identity("largest |the library's fused op - S2|",
             max(abs(normal_kl_standard(mu, sigma, 1) - KL)).item(), 0);

  const Tensor mu2 = tensor({0.8, -0.4}), sigma2 = tensor({0.5, 1.2});
  derivation(c, mu2, sigma2, s2(mu2, square(sigma2)).item());

  // What training feels: dKL/dmu = mu, dKL/dlog sigma^2 = (sigma^2 - 1) / 2.
  Tape tape;
  const Tensor m = tape.watch(mu), log_var = tape.watch(2.0 * log(sigma));
  tape.backward(sum(s2(m, c.broken("sigma_for_variance") ? exp(0.5 * log_var) : exp(log_var))));
  c.identity("largest |dKL/dmu - mu|", max(abs(tape.grad(m) - mu)).item(), 0);
  c.identity("largest |dKL/dlog sigma^2 - (sigma^2 - 1) / 2|",
             max(abs(tape.grad(log_var) - 0.5 * (square(sigma) - 1.0))).item(), 0);

  // KL = level where mu^2 = 2 level + 1 + log sigma^2 - sigma^2.
  Plot contours("KL of one latent: wide costs more than narrow", "mu", "log sigma");
  for (const double level : {0.1, 0.5, 1.0, 2.0}) {
    std::vector<double> x, y;
    for (const double turn : support::grid(-1, 1, 4001)) {  // down on the left, up on the right
      const double log_s = 4 * std::fabs(turn) - 3;
      const double squared = 2 * level + 1 + 2 * log_s - std::exp(2 * log_s);
      if (squared < 0) continue;
      x.push_back(std::copysign(std::sqrt(squared), turn));
      y.push_back(log_s);
    }
    x.push_back(x.front());
    y.push_back(y.front());
    contours.line(fmt::format("{} nats", level), x, y);
  }
  c.draw({contours.points("N(0, 1): 0", {0}, {0}).x_range(-3, 3).y_range(-3, 3)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C11",
       .title = "KL of a diagonal Gaussian to N(0, I), three spellings",
       .source = "AEVB notes S1, last equation; Pyro/VAE notes S2; UDL equation 17.24",
       .mutants = {{"sigma_for_variance", "sigma where sigma^2 belongs"},
                   {"mean_over_latents", "the mean over latents in place of their sum"}}},
      program);
}
