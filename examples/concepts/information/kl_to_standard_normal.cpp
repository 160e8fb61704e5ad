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
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

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

// --- wrong versions

Tensor s2_of_sigma(const Tensor& mu, const Tensor& var) { return s2(mu, sqrt(var)); }
Tensor s2_mean_over_latents(const Tensor& mu, const Tensor& var) {
  return s2(mu, var) / static_cast<double>(mu.dim(-1));
}

// --- claims

/// S2's derivation in two dimensions, line by line, each integral a sum over a grid.
void claims_of_the_derivation(Concept& c, const auto& last_line) {
  const Tensor mu = tensor({0.8, -0.4}), sigma = tensor({0.5, 1.2}), var = square(sigma);
  const double expected = last_line(mu, var).item(), log_det = sum(log(var)).item();
  const auto line = [&](const char* name, double KL) { c.exact(name, KL, expected, 1e-8); };
  const vae::exact::Grid axis(-12, 12, 400);
  const Tensor z = plane(axis, axis);  // [160000, 2]
  const prob::Normal q(mu, sigma, 1), of_each(mu, sigma);
  const Tensor mass = exp(q.log_prob(z)) * (axis.step() * axis.step());
  const Tensor log_prior = prob::StandardNormal({2}, 1).log_prob(z);
  line("line 1: integral of ln(q / p) q", sum((q.log_prob(z) - log_prior) * mass).item());
  const Tensor bracket = square(z - mu) / var - square(z);  // of each dimension
  const Tensor ratio = std::exp(-0.5 * log_det) * exp(-0.5 * sum(bracket, -1));
  line("line 2: q / p as one exponential", sum(log(ratio) * mass).item());
  line("line 3: ln(q / p) written out",
       sum((-0.5 * log_det - 0.5 * sum(bracket, -1)) * mass).item());
  const Tensor q_each = exp(of_each.log_prob(z)) * axis.step();
  const Tensor product = slice(q_each, 1, 0, 1) * slice(q_each, 1, 1, 2);
  line("line 4: ln|S| out of the integral, q a product",
       -0.5 * log_det - 0.5 * sum(sum(bracket, -1, true) * product).item());
  line("line 5: the sum over d out of the integral",
       -0.5 * log_det - 0.5 * sum(sum(bracket * product, 0)).item());
  // From here on each dimension is by itself: the others integrate to 1.
  const Tensor z_d = reshape(axis.points, {-1, 1}), q_d = exp(of_each.log_prob(z_d)) * axis.step();
  line("line 6: integrals over one z_d each",
       -0.5 * log_det - 0.5 * sum((square(z_d - mu) / var - square(z_d)) * q_d).item());
  line("line 7: 1 - integral of z_d^2",
       -0.5 * log_det - 0.5 * sum(1.0 - sum(square(z_d) * q_d, 0)).item());
  Rng rng = c.rng("line 8");
  const Tensor squares = square(q.sample(rng, {c.choose(1000000, 100000)}));
  c.monte_carlo("line 8: 1 - E z_d^2, sampled",
                prob::estimate(-0.5 * log_det - 0.5 * sum(1.0 - squares, -1)), expected, 0.01);
  line("line 9: E z_d^2 = sigma_d^2 + mu_d^2",
       -0.5 * log_det - 0.5 * sum(1.0 - (var + square(mu))).item());
  line("line 10 is the library's KL", normal_kl_standard(mu, sigma, 1).item());
}

void claims(Concept& c, const auto& KL_of) {
  Rng rng = c.rng("posteriors");
  const Tensor mu = rng.normal({64, 5}), sigma = exp(0.5 * rng.normal({64, 5}));
  const Tensor var = square(sigma), KL = KL_of(mu, var);
  c.identity("largest |S1 - S2|", max(abs(-s1(mu, var) - KL)).item(), 0);
  const Tensor Sigma = reshape(var, {64, 1, 5}) * eye(5);
  c.identity("largest |17.24 - S2|", max(abs(udl(mu, Sigma) - KL)).item(), 0);
  c.identity("largest |the library's fused op - S2|",
             max(abs(normal_kl_standard(mu, sigma, 1) - KL)).item(), 0);
  claims_of_the_derivation(c, KL_of);

  // What training feels: dKL/dmu = mu, dKL/dlog sigma^2 = (sigma^2 - 1) / 2.
  Tape tape;
  const Tensor m = tape.watch(mu), log_var = tape.watch(2.0 * log(sigma));
  tape.backward(sum(KL_of(m, exp(log_var))));
  c.identity("largest |dKL/dmu - mu|", max(abs(tape.grad(m) - mu)).item(), 0);
  c.identity("largest |dKL/dlog sigma^2 - (sigma^2 - 1) / 2|",
             max(abs(tape.grad(log_var) - 0.5 * (var - 1.0))).item(), 0);
}

// --- picture

/// KL = level where mu^2 = 2 level + 1 + log sigma^2 - sigma^2.
std::vector<Plot> picture() {
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
  return {contours.points("N(0, 1): 0", {0}, {0}).x_range(-3, 3).y_range(-3, 3)};
}

// --- program

void program(Concept& c) {
  const auto KL = c.broken("sigma_for_variance")  ? s2_of_sigma
                  : c.broken("mean_over_latents") ? s2_mean_over_latents
                                                  : s2;
  claims(c, KL);
  c.draw(picture());
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
