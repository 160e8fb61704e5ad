// importance_sampling: log p(x) from samples of q(z|x), each weighed by p(z) / q(z|x)
// C67, UDL equation 17.28 and notebook 17.3
//
//     p(x) = E_q[w]  ~  1/N sum_n w_n,      w_n = p(x | z_n) p(z_n) / q(z_n),    z_n ~ q
//
// The prior as proposal wastes nearly all samples on z that do not explain x. The best one is the
// posterior: there w is p(x), the same for every z. An encoder is close to it, so that its weights
// vary little; the effective sample size (sum w)^2 / sum w^2 says how little.
#include "concepts/applications/importance_sampling.hpp"

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor f_squared_once(const Tensor& y) { return 20.446 * exp(-square(y - 3.0)); }

/// p and q change places.
Tensor upside_down(Tensor (*of)(const Tensor&), const prob::Normal& p, const prob::Normal& q,
                   std::int64_t n, Rng& rng) {
  return vae::importance_terms(of, q, p, n, rng);
}

Tensor not_divided(Tensor (*of)(const Tensor&), const prob::Normal& p, const prob::Normal& q,
                   std::int64_t n, Rng& rng) {
  const Tensor y = q.sample(rng, {n});
  return of(y) * exp(p.log_prob(y));
}

Tensor log_weights_without_prior(const Ppca& model, const Tensor& x, const Tensor& z,
                                 const Tensor& log_q) {
  return model.likelihood(z).log_prob(x) - log_q;
}

/// sum w / max w.
Tensor by_largest(const Tensor& log_w) { return exp(logsumexp(log_w, 0) - max(log_w, 0)); }

// --- claims

/// Two proposals for E f(y), y ~ N(0, 1): that density itself, and one that sits where f does.
void claims_of_notebook(Concept& c, Tensor (*of)(const Tensor&), const auto& terms) {
  const prob::Normal p(tensor(0.0), tensor(1.0));
  const vae::exact::Grid y(-10, 10, 4000);
  const double exact_mean = sum(of(y.points) * exp(p.log_prob(y.points)) * y.step()).item();
  c.exact("E f(y), by a sum over a grid", exact_mean, 0.4316417233, 1e-10);

  const auto with = [&](const char* name, double loc, double variance) {
    const prob::Normal q(tensor(loc), tensor(1.0));
    Rng rng = c.rng(name);
    const auto [mean, error, samples] =
        prob::estimate(terms(of, p, q, c.choose(2000000, 400000), rng));
    c.monte_carlo(fmt::format("E f(y) from {}", name), mean.item(), error.item(), exact_mean, 0.01);
    const double measured = square(error).item() * static_cast<double>(samples);
    c.within(fmt::format("variance of one sample of {} / exact", name), measured / variance, 0.9,
             1.1);
    return measured;
  };
  const double naive = with("N(0, 1)", 0, 5.743008), better = with("N(3, 1)", 3, 0.311704);
  c.within("naive variance / variance with N(3, 1)", naive / better, 0.85 * 18.42, 1.15 * 18.42);
}

/// log w [N, B] by the encoder and by the prior.
struct Weights {
  Tensor encoder, prior;
};

/// The mean error over the x, with the first samples of each.
double error(const Tensor& log_w, const Tensor& exact, std::int64_t samples) {
  return mean(abs(prob::log_mean_exp(slice(log_w, 0, 0, samples)) - exact)).item();
}

Weights claims_of_ppca(Concept& c, const Ppca& model, const Tensor& x, const auto& log_w,
                       const auto& ess_of, Rng& rng) {
  const Tensor exact = model.log_px(x);
  const auto weights = [&](const auto& q, std::int64_t n) {
    const Tensor z = q.sample(rng, {n});
    return log_w(model, x, z, q.log_prob(z));
  };
  // The encoder: independent latents, each with its variance under the posterior.
  const prob::MultivariateNormal posterior = model.posterior(x);
  const prob::Normal encoder(posterior.loc, sqrt(posterior.variance()), 1);
  const std::int64_t n = 10000;
  const Tensor by_encoder = weights(encoder, n), by_prior = weights(model.prior({x.dim(0)}), n);
  c.at_most("encoder: mean error of log p(x), 10^4 samples", error(by_encoder, exact, n), 0.01);
  c.within("prior: its error / the encoder's",
           error(by_prior, exact, n) / error(by_encoder, exact, n), c.choose(8.0, 2.5),
           c.choose(40.0, 60.0));

  // ESS / N tends to 1 / E_q[(p(z|x) / q)^2] = sqrt(det R det(2I - R)), R the posterior's correlations.
  const Tensor deviation = slice(encoder.scale, 0, 0, 1);  // [1, 3], the same for every x
  const Tensor r = posterior.covariance() / (deviation * transpose(deviation));
  const double efficiency = exp(0.5 * (log_det(r) + log_det(2.0 * eye(3) - r))).item();
  c.monte_carlo("encoder: effective sample size / N", prob::estimate(ess_of(by_encoder) / 10000),
                efficiency, 0.02);
  c.identity("weights 1 and 3: effective sample size", ess_of(log(tensor({1, 3}))).item(),
             16.0 / 10);
  // The posterior itself: w has no variance at all.
  c.identity("posterior: largest |log w - log p(x)|",
             max(abs(weights(posterior, 100) - exact)).item(), 0, 1e-9);
  return {by_encoder, by_prior};
}

// --- picture

std::vector<Plot> picture(const Weights& of, const Tensor& exact) {
  const std::vector<double> at{1, 3, 10, 30, 100, 300, 1000, 3000, 10000};
  const auto errors = [&](const Tensor& log_w) {
    return support::each(at, [&](double k) { return error(log_w, exact, static_cast<int>(k)); });
  };
  const Tensor y = linspace(-3, 9, 300);
  const auto density = [&](double loc) {
    return exp(prob::Normal(tensor(loc), tensor(1.0)).log_prob(y));
  };
  const std::vector<double> zero(300, 0), at_y = y.to_vector();
  return {Plot("E f(y): where the samples are wanted", "y", "density")
              .band("f p", at_y, zero, (f(y) * density(0)).to_vector())
              .line("p = N(0, 1)", at_y, density(0).to_vector())
              .line("q = N(3, 1)", at_y, density(3).to_vector()),
          Plot("log p(x) of PPCA", "samples N", "mean error, nats")
              .line("from the prior", at, errors(of.prior))
              .line("from the encoder", at, errors(of.encoder))
              .log_x()
              .log_y()};
}

// --- program

void program(Concept& c) {
  const auto of = c.broken("another_f") ? f_squared_once : f;
  const auto terms = c.broken("upside_down")   ? upside_down
                     : c.broken("not_divided") ? not_divided
                                               : weighed;
  const auto log_w = c.broken("prior_forgotten") ? log_weights_without_prior : log_weights;
  const auto ess_of = c.broken("ess_by_largest") ? by_largest : effective;
  claims_of_notebook(c, of, terms);
  Rng fixed(1);  // one model, whatever the seed
  const Ppca model = Ppca::random(10, 3, 1.0, fixed);
  Rng rng = c.rng("latents");
  const Tensor x = model.sample(rng, c.choose(64, 32)).x;
  c.draw(picture(claims_of_ppca(c, model, x, log_w, ess_of, rng), model.log_px(x)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C67",
       .title = "Importance sampling of log p(x), with the encoder as proposal",
       .source = "UDL equation 17.28, notebook 17.3; model F2",
       .mutants = {{"upside_down", "p and q change places: samples of p, weights q / p"},
                   {"not_divided", "f p of the samples, not divided by q"},
                   {"another_f", "f with a square where the notebook has a fourth power"},
                   {"prior_forgotten", "the weight of a sample lacks p(z)"},
                   {"ess_by_largest", "sum w / max w is taken for the effective sample size"}}},
      program);
}
