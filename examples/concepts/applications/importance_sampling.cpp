// importance_sampling: log p(x) from samples of q(z|x), each weighed by p(z) / q(z|x)
// C67, UDL equation 17.28 and notebook 17.3
//
//     p(x) = E_q[w]  ~  1/N sum_n w_n,      w_n = p(x | z_n) p(z_n) / q(z_n),    z_n ~ q
//
// The prior as proposal wastes nearly all samples on z that do not explain x. The best one is the
// posterior: there w is p(x), the same for every z. An encoder is close to it, so that its weights
// vary little; the effective sample size (sum w)^2 / sum w^2 says how little.
#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/inference/importance.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Ppca;

namespace {

/// The function of the notebook: it is large where N(0, 1) hardly ever looks.
Tensor f(const Tensor& y) { return 20.446 * exp(-square(square(y - 3.0))); }

/// Two proposals for E f(y), y ~ N(0, 1): that density itself, and one that sits where f does.
void notebook(Concept& c) {
  const prob::Normal p(tensor(0.0), tensor(1.0));
  const vae::exact::Grid y(-10, 10, 4000);
  const double exact_mean = sum(f(y.points) * exp(p.log_prob(y.points)) * y.step()).item();
  c.exact("E f(y), by a sum over a grid", exact_mean, 0.4316417233, 1e-10);

  const std::int64_t n = c.choose(2000000, 400000);
  const auto with = [&](const char* name, double loc, double variance) {
    const prob::Normal q(tensor(loc), tensor(1.0));
    Rng rng = c.rng(name);
    const auto [mean, error, samples] =
        prob::estimate(c.broken("upside_down") ? vae::importance_terms(f, q, p, n, rng)  // q / p
                                               : vae::importance_terms(f, p, q, n, rng));
    c.monte_carlo(fmt::format("E f(y) from {}", name), mean.item(), error.item(), exact_mean, 0.01);
    const double measured = square(error).item() * static_cast<double>(samples);
    c.within(fmt::format("variance of one sample of {} / exact", name), measured / variance, 0.9,
             1.1);
    return measured;
  };
  const double naive = with("N(0, 1)", 0, 5.743008), better = with("N(3, 1)", 3, 0.311704);
  c.within("naive variance / variance with N(3, 1)", naive / better, 0.85 * 18.42, 1.15 * 18.42);
}

/// log w [N, B] of N samples of q for each row of x [B, D].
template <class Q>
Tensor log_weights(const Concept& c, const Ppca& model, const Tensor& x, const Q& q, std::int64_t n,
                   Rng& rng) {
  const Tensor z = q.sample(rng, {n});
  if (c.broken("prior_forgotten")) return model.likelihood(z).log_prob(x) - q.log_prob(z);
  return model.log_joint(x, z) - q.log_prob(z);
}

void program(Concept& c) {
  notebook(c);
  Rng fixed(1);  // one model, whatever the seed
  const Ppca model = Ppca::random(10, 3, 1.0, fixed);
  Rng rng = c.rng("latents");
  const Tensor x = model.sample(rng, c.choose(64, 32)).x;
  const Tensor exact = model.log_px(x);
  const std::int64_t n = 10000;

  // The encoder: independent latents, each with its variance under the posterior.
  const prob::MultivariateNormal posterior = model.posterior(x);
  const prob::Normal encoder(posterior.loc, sqrt(posterior.variance()), 1);
  const Tensor log_w = log_weights(c, model, x, encoder, n, rng);
  const Tensor log_w_prior = log_weights(c, model, x, model.prior({x.dim(0)}), n, rng);
  // Mean error over the x, with the first samples of each.
  const auto error = [&](const Tensor& weights, std::int64_t samples) {
    return mean(abs(prob::log_mean_exp(slice(weights, 0, 0, samples)) - exact)).item();
  };
  c.at_most("encoder: mean error of log p(x), 10^4 samples", error(log_w, n), 0.01);
  c.at_least("prior: its error / the encoder's", error(log_w_prior, n) / error(log_w, n), 5);

  // ESS / N tends to 1 / E_q[(p(z|x) / q)^2] = sqrt(det R det(2I - R)), R the posterior's correlations.
  const Tensor deviation = slice(encoder.scale, 0, 0, 1);  // [1, 3], the same for every x
  const Tensor r = posterior.covariance() / (deviation * transpose(deviation));
  const double efficiency = exp(0.5 * (log_det(r) + log_det(2.0 * eye(3) - r))).item();
  const double ess = mean(vae::effective_sample_size(log_w)).item();
  c.within("encoder: effective sample size / N", ess / 10000, 0.94 * efficiency, 1.06 * efficiency);
  // The posterior itself: w has no variance at all.
  const Tensor constant = log_weights(c, model, x, posterior, 100, rng);
  c.identity("posterior: largest |log w - log p(x)|", max(abs(constant - exact)).item(), 0, 1e-9);

  const std::vector<double> at{1, 3, 10, 30, 100, 300, 1000, 3000, 10000};
  const auto errors = [&](const Tensor& weights) {
    return support::each(at, [&](double k) { return error(weights, static_cast<int>(k)); });
  };
  const Tensor y = linspace(-3, 9, 300);
  const auto density = [&](double loc) {
    return exp(prob::Normal(tensor(loc), tensor(1.0)).log_prob(y));
  };
  const std::vector<double> zero(300, 0), at_y = y.to_vector();
  c.draw({Plot("E f(y): where the samples are wanted", "y", "density")
              .band("f p", at_y, zero, (f(y) * density(0)).to_vector())
              .line("p = N(0, 1)", at_y, density(0).to_vector())
              .line("q = N(3, 1)", at_y, density(3).to_vector()),
          Plot("log p(x) of PPCA", "samples N", "mean error, nats")
              .line("from the prior", at, errors(log_w_prior))
              .line("from the encoder", at, errors(log_w))
              .log_x()
              .log_y()});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C67",
       .title = "Importance sampling of log p(x), with the encoder as proposal",
       .source = "UDL equation 17.28, notebook 17.3; model F2",
       .mutants = {{"upside_down", "p and q change places: samples of p, weights q / p"},
                   {"prior_forgotten", "the weight of a sample lacks p(z)"}}},
      program);
}
