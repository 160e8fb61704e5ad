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
#include "prob/kl.hpp"
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/elbo.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr std::int64_t kOutputs = 6, kLatents = 3;

struct LinearVae {
  Parameter weight, encoder, log_s;  // W [D, K] with sigma = 1; z ~ N(x A, s^2) with A [D, K]

  explicit LinearVae(Rng rng)
      : weight("W", 0.5 * rng.normal({kOutputs, kLatents})),
        encoder("A", 0.1 * rng.normal({kOutputs, kLatents})),
        log_s("log_s", zeros({kLatents})) {}

  /// Both parts for each x [N, D], in closed form: E_q|x - W z|^2 = |x - W mu|^2 + sum_k s_k^2 |W_k|^2.
  vae::ElboTerms terms(const Tensor& x, double beta) {
    const prob::Normal q(matmul(x, encoder), exp(log_s), 1);
    const Tensor mean_image = matmul(q.loc, weight, {.transpose_right = true});
    return {.log_lik = prob::Normal(mean_image, tensor(1.0), 1).log_prob(x) -
                       0.5 * sum(square(weight) * square(q.scale)),
            .kl = prob::kl(q, prob::StandardNormal(q.shape(), 1)),
            .beta = beta};
  }
};

void train(LinearVae& vae, const Tensor& x, double beta, int steps) {
  support::climb({&vae.weight, &vae.encoder, &vae.log_s},
                 [&] { return mean(vae.terms(x, beta).objective()); },
                 {.steps = steps, .rate = 0.03, .shrink = 0.01});
}

/// On the line, log p(x|z) / beta + log p(z) is again a Gaussian in z: the best q is known.
prob::Normal best_on_line(const vae::exact::Line& line, double beta) {
  const Tensor signal = square(line.w / line.s) / beta;
  const Tensor loc = vae::exact::kLineX / line.w * signal / (1.0 + signal);
  return {loc, 1.0 / sqrt(1.0 + signal)};
}

void program(Concept& c) {
  // No bound below 1.
  const auto line = vae::exact::Line::example();
  const Tensor x0 = tensor(vae::exact::kLineX);
  const auto objective = [&](double beta) {
    const prob::Normal q = best_on_line(line, beta);
    return (line.expected_log_lik(x0, q) - beta * prob::kl(q, line.prior())).item();
  };
  const double log_px = line.log_px(x0).item();
  c.exact("F1, beta = 0.5: best mean", best_on_line(line, 0.5).loc.item(), 1.04, 1e-12);
  c.exact("F1, beta = 0.5: best variance", best_on_line(line, 0.5).variance().item(), 0.2, 1e-12);
  c.exact("F1, beta = 0.5: best objective", objective(0.5), -1.3127244);
  c.at_least("F1, beta = 0.5: best objective - log p(x)", objective(0.5) - log_px, 0.3);
  c.exact("F1, beta = 1: best objective = log p(x)", objective(1), log_px, 1e-12);

  Rng rng = c.rng("data");
  const Tensor e = rng.normal({500, kOutputs});
  const Tensor x = (e - mean(e, 0)) * sqrt(tensor({20.0, 10.0, 3.0, 0.3, 0.3, 0.3}));
  const std::vector<double> eigenvalues = vae::exact::fit_ppca(x, kLatents).eigenvalues.to_vector();
  // From the largest beta down, each from where the one before ended.
  LinearVae vae(c.rng("start"));
  const std::vector<double> betas{8, 4, 2, 1, 0.5};
  std::vector<double> rate, error;
  for (const double beta : betas) {
    // A KL averaged over latents is a KL with its weight divided by their number.
    train(vae, x, c.broken("kl_mean_over_latents") ? beta / kLatents : beta, 3000);
    const vae::ElboTerms terms = vae.terms(x, beta);
    rate.push_back(mean(terms.kl).item());
    error.push_back(-mean(terms.log_lik).item());
    std::vector<double> lengths = sum(square(vae.weight.value()), 0).to_vector();
    std::sort(lengths.rbegin(), lengths.rend());
    for (std::size_t k = 0; k < lengths.size(); ++k) {
      c.exact(fmt::format("beta = {}: |W_{}|^2", beta, k + 1), lengths[k],
              std::max(eigenvalues[k] - beta, 0.0), 1e-3);
    }
  }
  for (std::size_t i = 1; i < rate.size(); ++i) {
    c.at_least(fmt::format("beta = {}: KL rises by, nats", betas[i]), rate[i] - rate[i - 1], 0.1);
    c.at_least(fmt::format("beta = {}: error falls by", betas[i]), error[i - 1] - error[i], 0.1);
  }
  const std::vector<double> b = support::grid(0.1, 3, 100);
  c.draw({Plot("a linear VAE with beta = 8, 4, 2, 1, 0.5", "KL, nats", "-E log p(x|z), nats")
              .line("", rate, error)
              .points("", rate, error)
              .note("beta = 8", rate[0] + 0.1, error[0])
              .x_range(0, 5),
          Plot("below beta = 1 it is no bound (F1)", "beta", "nats")
              .line("best objective", b, support::each(b, objective))
              .dashed("log p(x)", {0.1, 3}, {log_px, log_px})});
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
