// family_limits: the best q of a family that is too small is too narrow, and a gap remains
// C38, UDL equation 17.20 and figure 17.8; notes S2
//
//     posterior N(m, Lambda^-1), q = N(mu, diag(sigma^2)):
//     best q has mu = m, sigma_j^2 = 1 / Lambda_jj
//     and leaves KL = (sum_j log Lambda_jj - log det Lambda) / 2
//
// 1 / Lambda_jj is the variance of z_j when the other latents are known. The marginal variance is
// larger: KL(q || posterior) makes q stay inside, and a single hump choose one peak of several. S2
// writes sigma^2 I for this covariance: its derivation is right for each element, not for one sigma.
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// Adam up the hill of elbo(q), q = N(mu, sigma^2), with steps that shrink.
template <class Elbo>
prob::Normal best(const Tensor& mean, const Tensor& scale, int event_dims, const Elbo& elbo) {
  Parameter mu("mu", mean), log_sigma("log sigma", log(scale));
  support::ascend({&mu, &log_sigma},
                  [&] { return elbo(prob::Normal(mu, exp(log_sigma), event_dims)); },
                  {.steps = 2000, .shrink = 1e-4, .beta2 = 0.9});
  return {mu.value(), exp(log_sigma.value()), event_dims};
}

/// A linear model of two latents whose posterior has the correlation rho.
Ppca correlated(double rho) {
  const double scale = 1.2 / (1 - rho);  // large enough for Lambda - I to be a square W^T W
  const Tensor lambda = scale * tensor({{1, -2 * rho}, {-2 * rho, 4}});
  return {transpose(cholesky(lambda - eye(2))), zeros({2}), tensor(1.0)};
}

Tensor observed() { return tensor({1.0, 2.0}); }  // of the linear models
Tensor on_curve() { return tensor({0.9, -0.9}); }

prob::Normal best_diagonal(const Ppca& model) {
  return best(zeros({2}), ones({2}), 1,
              [&](const prob::Normal& q) { return model.elbo(observed(), q); });
}

/// One hump for three: gradient ascent ends on the peak where it begins.
Tensor elbo_on_curve(const prob::Normal& q) { return Curve::example().elbo(on_curve(), q); }
prob::Normal one_hump(double start) { return best(tensor(start), tensor(0.1), 0, elbo_on_curve); }

// --- wrong versions

prob::Normal marginal_variances(const Ppca& model) {
  const prob::MultivariateNormal posterior = model.posterior(observed());
  return {posterior.loc, sqrt(posterior.variance()), 1};
}
prob::Normal one_sigma_for_all(const Ppca& model) {
  return best(zeros({2}), tensor(1.0), 1,
              [&](const prob::Normal& q) { return model.elbo(observed(), q); });
}
prob::Normal mean_at_rest(const Ppca& model) { return {zeros({2}), best_diagonal(model).scale, 1}; }

/// H(q) = log sigma + 1/2 log(2 pi e): a search does not need the constant, a bound does.
Tensor elbo_without_constant(const prob::Normal& q) {
  return elbo_on_curve(q) - 0.5 * std::log(2 * std::numbers::pi * std::numbers::e);
}

// --- claims

void claims_of_correlation(Concept& c, const auto& fit_of, double rho, double printed) {
  const Ppca model = correlated(rho);
  const prob::MultivariateNormal posterior = model.posterior(observed());
  const prob::Normal fit = fit_of(model);
  const double gap = (model.log_px(observed()) - model.elbo(observed(), fit)).item();
  const std::string name = fmt::format("rho = {}: ", rho);
  c.exact(name + "gap", gap, -0.5 * std::log(1 - rho * rho), 1e-4);
  c.exact(name + "gap, as printed", gap, printed, 1e-4);
  c.exact(name + "variance of q / marginal variance of z_1",
          fit.variance().at({0}) / posterior.covariance().at({0, 0}), 1 - rho * rho, 1e-4);
  c.exact(name + "mean of q - posterior mean", max(abs(fit.loc - posterior.loc)).item(), 0, 1e-4);
}

void claims_of_peaks(Concept& c, const auto& elbo_of, double start, double known) {
  const double gap = (Curve::example().log_px(on_curve()) - elbo_of(one_hump(start))).item();
  c.exact(fmt::format("three peaks, started at {}: gap", start), gap, known, 1e-4);
}

// --- picture

/// Points on the ellipse of one standard deviation around a mean.
void ellipse(Plot& plot, const std::string& name, const Tensor& mean, const Tensor& l) {
  const std::vector<double> turn = support::grid(0, 2 * std::numbers::pi, 80);
  const Tensor angle = tensor(turn, {80});
  const Tensor on = matmul(stack({cos(angle), sin(angle)}, 1), l, {.transpose_right = true}) + mean;
  plot.line(name, slice(on, 1, 0, 1).to_vector(), slice(on, 1, 1, 2).to_vector());
}

std::vector<Plot> picture() {
  Plot left("best diagonal q: inside the posterior, not around it", "z_1", "z_2");
  const prob::MultivariateNormal posterior = correlated(0.9).posterior(observed());
  const prob::Normal fit = best_diagonal(correlated(0.9));
  ellipse(left, "posterior", posterior.loc, posterior.scale_tril);
  ellipse(left, "q", fit.loc, eye(2) * sqrt(fit.variance()));

  const Curve curve = Curve::example();
  const auto shown = [](const Tensor& values) {
    return slice(values, 0, 540, 880).to_vector();  // z from -2.6 to 0.8
  };
  const Tensor z = curve.grid.points;
  Plot right("three peaks, one hump: q takes one", "z", "density");
  right.line("posterior", shown(z), shown(exp(curve.log_posterior(on_curve()))));
  for (const double start : {-1.6, 0.2}) {
    const prob::Normal q = one_hump(start);
    const double gap = (curve.log_px(on_curve()) - elbo_on_curve(q)).item();
    right.line(fmt::format("best q from {}: gap {:.2f} nats", start, gap), shown(z),
               shown(exp(q.log_prob(z))));
  }
  return {left.square().key("bottom right"), right.key("top left").y_range(0, 9)};
}

// --- program

void program(Concept& c) {
  const auto fit_of = c.broken("match_moments")  ? marginal_variances
                      : c.broken("one_sigma")    ? one_sigma_for_all
                      : c.broken("mean_at_rest") ? mean_at_rest
                                                 : best_diagonal;
  const auto elbo_of = c.broken("no_constant") ? elbo_without_constant : elbo_on_curve;
  claims_of_correlation(c, fit_of, 0.5, 0.1438410);
  claims_of_correlation(c, fit_of, 0.9, 0.8303656);
  claims_of_correlation(c, fit_of, 0.99, 1.9585178);
  claims_of_peaks(c, elbo_of, -1.6, 1.516050);
  claims_of_peaks(c, elbo_of, 0.2, 0.386983);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C38",
       .title = "the limits of a Gaussian q",
       .source = "UDL equation 17.20, figure 17.8; S2",
       .mutants = {{"match_moments", "the marginal variances of the posterior are taken"},
                   {"one_sigma", "sigma^2 I (S2) is taken for a diagonal covariance"},
                   {"mean_at_rest", "the means of q are not learned"},
                   {"no_constant", "three peaks: the ELBO without the constant of q's entropy"}}},
      program);
}
