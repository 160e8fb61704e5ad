// thermodynamic_integral: log p(x) is the area under a curve that begins at the ELBO, and its left sums are bounds
// C130, Masrani, Le and Wood 2019, equations 4 to 11; UDL, notes of chapter 17
//
//     pi_beta(z) ~ q(z|x)^(1 - beta) p(x, z)^beta        d/dbeta E_pi_beta[log w] = Var_pi_beta[log w] >= 0
//     log p(x) = integral_0^1 E_pi_beta[log w] dbeta  >=  sum_i (beta_i+1 - beta_i) E_pi_beta_i[log w]
//
// w = p(x, z) / q(z|x). Where every expectation is known: on F1, and on a net of two latent bits.
#include "concepts/bounds/thermodynamic_faults.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/exact/line.hpp"

using namespace concepts;
using support::Concept, support::Plot;
using vae::exact::BinaryNet, vae::exact::Line;

namespace {

// --- model

/// F1 with q = p(z): pi_beta is the posterior of beta observations, and log w is log p(x|z).
double integrand_of_line(double beta) {
  const Line f1 = Line::example();
  const double precision = 1 + 2 * beta;  // the noise has the variance 1/2
  const prob::Normal pi(2 * beta * vae::exact::kLineX / precision, 1 / std::sqrt(precision));
  return f1.expected_log_lik(tensor(vae::exact::kLineX), pi).item();
}

// --- claims

void claims_of_the_line(Concept& c, double (*bound)(const Integrand&, int)) {
  const Integrand f = integrand_of_line;
  const std::vector<std::pair<int, double>> known{
      {1, -3.2623649},  {2, -2.3786149},  {3, -2.1181581}, {5, -1.9287700},
      {10, -1.8003049}, {20, -1.7409500}, {50, -1.7069695}};
  const double log_px = Line::example().log_px(tensor(vae::exact::kLineX)).item();
  for (const auto& [terms, value] : known)
    c.exact(fmt::format("F1: left sum of {}", terms), bound(f, terms), value, 1e-6);
  double rise = 1, above = -1, before = -1e9;
  for (int terms = 1; terms <= 50; ++terms) {
    const double sum = bound(f, terms);
    rise = std::min(rise, sum - std::exchange(before, sum));
    above = std::max(above, sum - log_px);
  }
  c.at_most("F1: left sum - log p(x), largest", above, 0);
  c.at_least("F1: what one term more adds, least", rise, 0);
  c.at_least("F1: point at 1/3 - at 1/2", (f(0) + 2 * f(1.0 / 3)) / 3 - left(f, 2), 0);
  c.exact("F1: right sum of one term", right(f, 1), -1.0934761, 1e-6);
  c.exact("F1: log p(x) - 50 trapezoids", log_px - (left(f, 50) + right(f, 50)) / 2, 2.8e-4, 1e-5);
}

/// The integrand at draws of q, on F1: evenly spread quantiles stand for the draws.
void claim_of_the_weights(Concept& c, const ThermodynamicSteps& steps) {
  const Tensor z = prob::Normal(0.0, 1.0).icdf((linspace(0, 19999, 20000) + 0.5) / 20000.0);
  const Tensor log_w = Line::example().likelihood(z).log_prob(vae::exact::kLineX);
  double off = 0;
  for (const double beta : evenly_spaced(10))
    off = std::max(
        off, std::abs(sum(steps.weights(log_w, beta) * log_w).item() - integrand_of_line(beta)));
  c.exact("F1: E[log w] by draws with weights w^beta, largest difference", off, 0, 2e-3);
}

/// F5a, where every sum over z is written out.
void claim_of_the_slope(Concept& c) {
  const BinaryNet net = BinaryNet::example();
  const Tensor x = BinaryNet::example_x(), logits = tensor({0.5, -0.4});
  const Tensor log_p = net.log_joint(x), log_q = net.factorised(logits), log_w = log_p - log_q;
  Tape tape;
  const Tensor beta = tape.watch(full({1}, 0.3));
  const Tensor pi = softmax((1.0 - beta) * log_q + beta * log_p), integrand = sum(pi * log_w);
  tape.backward(integrand);
  const Tensor variance = sum(pi.detach() * square(log_w - integrand.detach()));
  c.identity("F5a: slope of E[log w], Var[log w]", tape.grad(beta).item(), variance.item());
}

/// By draws and by the sum over all z.
void claim_of_the_gradient(Concept& c, const ThermodynamicSteps& steps) {
  const BinaryNet net = BinaryNet::example();
  const Tensor x = BinaryNet::example_x(), logits = tensor({0.5, -0.4});
  const std::vector<double> betas = log_spaced(0.2, 3);
  Rng rng = c.rng("z");
  const auto slopes = [&](std::int64_t n, bool by_draws) {  // [n, 4], of the logits of q and prior
    Tape tape;
    const Tensor q = tape.watch(broadcast_to(logits, {n, 2}).clone());
    const Tensor prior = tape.watch(broadcast_to(net.prior_logits, {n, 2}).clone());
    const Tensor h = by_draws ? prob::Bernoulli(logits, 1).sample(rng, {2000, n})
                              : reshape(net.states(), {4, 1, 2});
    const Tensor of_q = prob::Bernoulli(q, 1).log_prob(h);
    const Tensor of_p = prob::Bernoulli(prior, 1).log_prob(h) + net.likelihood(h).log_prob(x);
    tape.backward(
        sum(by_draws ? left_sum(of_p, of_q, betas, steps) : enumerated(of_p, of_q, betas)));
    return concat({tape.grad(q), tape.grad(prior)}, 1);
  };
  const Tensor off = slopes(c.choose(1000, 100), true) - slopes(1, false);
  for (const int i : {0, 2})  // not their sum, in which mistakes of both would cancel
    c.monte_carlo(fmt::format("F5a: gradient of {} by 2,000 draws - exact", i ? "p(z)" : "q"),
                  prob::estimate(sum(slice(off, 1, i, i + 2), -1)), 0, 0.01);
}

// --- picture

/// The integrand, and the steps under it.
Plot staircase() {
  const std::vector<double> betas = support::grid(0, 1, 101);
  Plot plot("F1: the area is log p(x)", "beta", "E[log w], nats");
  for (const int terms : {1, 5}) {
    std::vector<double> x, y;
    for (const double beta : evenly_spaced(terms)) {
      x.insert(x.end(), {beta, beta + 1.0 / terms});
      y.insert(y.end(), 2, integrand_of_line(beta));
    }
    plot.line(terms == 1 ? "ELBO" : "left sum, 5 terms", x, y);
  }
  const double log_px = Line::example().log_px(tensor(vae::exact::kLineX)).item();
  return plot.line("E[log w]", betas, support::each(betas, integrand_of_line))
      .dashed("log p(x)", {0, 1}, {log_px, log_px})
      .y_range(-3.5, -0.5)
      .key("top left");
}

// --- program

void program(Concept& c) {
  const auto bound = c.broken("right_sum_as_bound") ? right : left;
  const auto weights = c.broken("weights_not_tempered") ? not_tempered : tempered;
  const bool detached = !c.broken("gradient_through_weights_twice");
  const ThermodynamicSteps steps{weights, detached};
  claims_of_the_line(c, bound);
  claim_of_the_weights(c, steps);
  claim_of_the_slope(c);
  claim_of_the_gradient(c, steps);
  c.draw({staircase()});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C130",
       .title = "The area whose left sums are bounds",
       .source = "Masrani, Le and Wood 2019, equations 4 to 11; UDL 17",
       .mutants = {{"right_sum_as_bound", "the sum of the right ends of the steps"},
                   {"weights_not_tempered", "weights w in the place of w^beta"},
                   {"gradient_through_weights_twice", "by the weights and by the covariance"}}},
      program);
}
