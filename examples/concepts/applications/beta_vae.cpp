// beta_vae: a weight on the KL trades the error of a reconstruction against the size of the code
// C79, UDL equation 17.30 and the text of figure 17.14
//
//     objective(beta) = E_q[log p(x|z)] - beta KL(q(z|x) || p(z))
//
// For a linear VAE with noise sigma^2 it is beta times the bound of a VAE with noise beta sigma^2. So the
// best columns of W are known: |W_k|^2 = eigenvalue k - beta sigma^2, and where that is not positive the
// latent is switched off. And for beta < 1 the objective is no lower bound of log p(x): it can exceed it.
#include <algorithm>

#include "autograd/ops.hpp"
#include "concepts/applications/beta_vae.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- claims

double log_px_on_line() {
  return vae::exact::Line::example().log_px(tensor(vae::exact::kLineX)).item();
}

void claims_of_line(Concept& c) {
  const prob::Normal best = best_on_line(vae::exact::Line::example(), 0.5);
  const double log_px = log_px_on_line();
  c.exact("F1, beta = 0.5: best mean", best.loc.item(), 1.04, 1e-12);
  c.exact("F1, beta = 0.5: best variance", best.variance().item(), 0.2, 1e-12);
  c.exact("F1, beta = 0.5: best objective", best_objective(0.5), -1.3127244);
  c.at_least("F1, beta = 0.5: best objective - log p(x)", best_objective(0.5) - log_px, 0.3);
  c.exact("F1, beta = 1: best objective = log p(x)", best_objective(1), log_px, 1e-12);
}

struct Curve {
  std::vector<double> rate, error;
};

/// `kl_weight` is the share of beta that training gives to the KL.
Curve claims_of_training(Concept& c, double kl_weight) {
  Rng rng = c.rng("data");
  const Tensor e = rng.normal({500, kOutputs});
  const Tensor x = (e - mean(e, 0)) * sqrt(tensor({20.0, 10.0, 3.0, 0.3, 0.3, 0.3}));
  const std::vector<double> eigenvalues = vae::exact::fit_ppca(x, kLatents).eigenvalues.to_vector();
  // From the largest beta down, each from where the one before ended.
  LinearVae vae(c.rng("start"));
  const std::vector<double> betas{8, 4, 2, 1, 0.5};
  Curve of;
  for (const double beta : betas) {
    train(vae, x, kl_weight * beta, 3000);
    const vae::ElboTerms terms = vae.terms(x, beta);
    of.rate.push_back(mean(terms.kl.total()).item());
    of.error.push_back(-mean(terms.log_lik).item());
    std::vector<double> lengths = sum(square(vae.weight.value()), 0).to_vector();
    std::sort(lengths.rbegin(), lengths.rend());
    for (std::size_t k = 0; k < lengths.size(); ++k) {
      c.exact(fmt::format("beta = {}: |W_{}|^2", beta, k + 1), lengths[k],
              std::max(eigenvalues[k] - beta, 0.0), 1e-3);
    }
  }
  for (std::size_t i = 1; i < betas.size(); ++i) {
    c.at_least(fmt::format("beta = {}: KL rises by, nats", betas[i]), of.rate[i] - of.rate[i - 1],
               0.1);
    c.at_least(fmt::format("beta = {}: error falls by", betas[i]), of.error[i - 1] - of.error[i],
               0.1);
  }
  return of;
}

// --- picture

std::vector<Plot> picture(const Curve& of) {
  const std::vector<double> b = support::grid(0.1, 3, 100);
  const double log_px = log_px_on_line();
  return {Plot("a linear VAE with beta = 8, 4, 2, 1, 0.5", "KL, nats", "-E log p(x|z), nats")
              .line("", of.rate, of.error)
              .points("", of.rate, of.error)
              .note("beta = 8", of.rate[0] + 0.1, of.error[0])
              .x_range(0, 5),
          Plot("below beta = 1 it is no bound (F1)", "beta", "nats")
              .line("best objective", b, support::each(b, best_objective))
              .dashed("log p(x)", {0.1, 3}, {log_px, log_px})};
}

// --- program

void program(Concept& c) {
  // A KL averaged over latents is a KL with its weight divided by their number.
  const double kl_weight = c.broken("kl_mean_over_latents") ? 1.0 / kLatents : 1;
  claims_of_line(c);
  c.draw(picture(claims_of_training(c, kl_weight)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C79",
       .title = "The beta-VAE: rate against distortion, and no bound for beta < 1",
       .source = "UDL equation 17.30; models F1, F2",
       .mutants = {{"kl_mean_over_latents", "the KL is averaged over latents, not summed"}}},
      program);
}
