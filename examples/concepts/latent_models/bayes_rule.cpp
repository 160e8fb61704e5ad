// bayes_rule: a prior becomes a posterior when the data are seen, and the evidence is what divides
// C20, UDL equation 17.19, notes S0, S1, S2, S3
//
//     p(z|x) = p(x|z) p(z) / p(x),     posterior = likelihood times prior over evidence
//
// The rule is a product and a division; all the difficulty is in the evidence p(x), a sum over
// everything that could have been. Where z has few values, or one dimension, that sum can be taken,
// and every method for larger models can be measured by it.
#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Grid;

namespace {

// --- model

/// log p(z = s|x) for each state s, from the logarithms [S] of likelihood and prior.
Tensor bayes(const Tensor& log_likelihood, const Tensor& log_prior) {
  const Tensor log_joint = log_likelihood + log_prior, log_evidence = logsumexp(log_joint, -1);
  return log_joint - log_evidence;
}

// --- wrong versions

/// The base-rate fallacy.
Tensor likelihood_alone(const Tensor& log_likelihood, const Tensor&) {
  return log_likelihood - logsumexp(log_likelihood, -1);
}
Tensor not_divided(const Tensor& log_likelihood, const Tensor& log_prior) {
  return log_likelihood + log_prior;
}

// --- claims

void claims(Concept& c, const auto& posterior_of) {
  // A test that finds 90 % of the ill and alarms 5 % of the healthy, when 1 % are ill.
  const Tensor ill = log(tensor({0.01, 0.99})), alarm = log(tensor({0.9, 0.05}));
  const Tensor once = posterior_of(alarm, ill);
  c.identity("p(ill | alarm) of a table: 2/13", exp(once).at({0}), 2.0 / 13);
  // Today's posterior is tomorrow's prior.
  c.identity("two alarms, one after the other or at once", exp(posterior_of(alarm, once)).at({0}),
             exp(posterior_of(2.0 * alarm, ill)).at({0}));

  // The line of F1, on a grid over z: what Bayes' rule gives is N(0.8666666667, 1/3).
  const auto line = vae::exact::Line::example();
  const Grid grid(-8, 8, 1600);
  const Tensor& z = grid.points;
  const Tensor prior = grid.log_mass(line.prior(z.shape()).log_prob(z));
  const Tensor likelihood = line.likelihood(z).log_prob(tensor(vae::exact::kLineX));
  const Tensor posterior = exp(posterior_of(likelihood, prior));
  const double mean = sum(posterior * z).item();
  c.identity("sum of the grid posterior", sum(posterior).item(), 1);
  c.exact("its mean", mean, 0.8666666667, 1e-9);
  c.exact("its variance", sum(posterior * square(z - mean)).item(), 1.0 / 3, 1e-9);
}

// --- picture

std::vector<Plot> picture() {
  const auto line = vae::exact::Line::example();
  const std::vector<double> zs = support::grid(-3, 3.5, 200);
  const Tensor at = tensor(zs, {200}), x = tensor(vae::exact::kLineX);
  const auto curve = [](const Tensor& log_density) { return exp(log_density).to_vector(); };
  return {Plot("prior times likelihood, scaled to one", "z", "density")
              .line("prior p(z)", zs, curve(line.prior({200}).log_prob(at)))
              .line("likelihood p(x = 1.3|z)", zs, curve(line.likelihood(at).log_prob(x)))
              .line("posterior p(z|x = 1.3)", zs, curve(line.posterior(x).log_prob(at)))
              .y_range(0, 0.95)
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const auto posterior_of = c.broken("no_prior")      ? likelihood_alone
                            : c.broken("no_evidence") ? not_divided
                                                      : bayes;
  claims(c, posterior_of);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C20",
       .title = "Bayes' rule",
       .source = "UDL equation 17.19; notes S0, S1, S2, S3; model F1",
       .mutants = {{"no_prior", "the likelihood is taken for the posterior: the base-rate fallacy"},
                   {"no_evidence", "likelihood times prior, not divided by the evidence"}}},
      program);
}
