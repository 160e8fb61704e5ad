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
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

/// Adam up the hill of elbo(mean, scale), with steps that shrink.
template <class Elbo>
prob::Normal best(const Tensor& mean, const Tensor& scale, int event_dims, Elbo&& elbo) {
  Parameter mu("mu", mean), log_sigma("log sigma", log(scale));
  support::climb({&mu, &log_sigma},
                 [&] { return elbo(prob::Normal(1.0 * mu, exp(log_sigma), event_dims)); },
                 {.steps = 2000, .shrink = 1e-4, .beta2 = 0.9});
  return {mu.value(), exp(log_sigma.value()), event_dims};
}

/// A linear model of two latents whose posterior has the correlation rho.
Ppca correlated(double rho) {
  const double scale = 1.2 / (1 - rho);  // large enough for Lambda - I to be a square W^T W
  const Tensor lambda = scale * tensor({{1, -2 * rho}, {-2 * rho, 4}});
  return {transpose(cholesky(lambda - eye(2))), zeros({2}), tensor(1.0)};
}

/// Points on the ellipse of one standard deviation around a mean.
void ellipse(Plot& plot, const std::string& name, const Tensor& mean, const Tensor& l) {
  const std::vector<double> turn = support::grid(0, 2 * std::numbers::pi, 80);
  const Tensor angle = tensor(turn, {80});
  const Tensor on = matmul(stack({cos(angle), sin(angle)}, 1), l, {.transpose_right = true}) + mean;
  plot.line(name, slice(on, 1, 0, 1).to_vector(), slice(on, 1, 1, 2).to_vector());
}

void program(Concept& c) {
  const Tensor x = tensor({1.0, 2.0});
  Plot left("best diagonal q: inside the posterior, not around it", "z_1", "z_2");
  for (const auto& [rho, printed] :
       {std::pair{0.5, 0.1438410}, {0.9, 0.8303656}, {0.99, 1.9585178}}) {
    const Ppca model = correlated(rho);
    const prob::MultivariateNormal posterior = model.posterior(x);
    const Tensor covariance = posterior.covariance();
    const prob::Normal fit = c.broken("match_moments")
                                 ? prob::Normal(posterior.loc, sqrt(posterior.variance()), 1)
                                 : best(zeros({2}), c.broken("one_sigma") ? tensor(1.0) : ones({2}),
                                        1, [&](const auto& q) { return model.elbo(x, q); });
    const double gap = (model.log_px(x) - model.elbo(x, fit)).item();
    const std::string name = fmt::format("rho = {}: ", rho);
    c.exact(name + "gap", gap, -0.5 * std::log(1 - rho * rho), 1e-4);
    c.exact(name + "gap, as printed", -0.5 * std::log(1 - rho * rho), printed, 1e-6);
    c.exact(name + "variance of q / marginal variance of z_1",
            fit.variance().at({0}) / covariance.at({0, 0}), 1 - rho * rho, 1e-4);
    c.exact(name + "mean of q - posterior mean", max(abs(fit.loc - posterior.loc)).item(), 0, 1e-4);
    if (rho == 0.9) {
      ellipse(left, "posterior", posterior.loc, posterior.scale_tril);
      ellipse(left, "q", fit.loc, eye(2) * sqrt(fit.variance()));
    }
  }

  // One hump for three: gradient ascent ends on the peak where it begins.
  const Curve curve = Curve::example();
  const Tensor x2 = tensor({0.9, -0.9}), z = curve.grid.points;
  const Tensor density = exp(curve.log_posterior(x2));
  Plot right("three peaks, one hump: q takes one", "z", "density");
  const auto shown = [](const Tensor& values) {
    return slice(values, 0, 540, 880).to_vector();  // z from -2.6 to 0.8
  };
  right.line("posterior", shown(z), shown(density));
  for (const double start : {-1.6, 0.2}) {
    const prob::Normal fit =
        best(tensor(start), tensor(0.1), 0, [&](const auto& q) { return curve.elbo(x2, q); });
    const double gap = (curve.log_px(x2) - curve.elbo(x2, fit)).item();
    c.at_least(fmt::format("three peaks, started at {}: gap", start), gap, 0.1);
    right.line(fmt::format("best q from {}: gap {:.2f} nats", start, gap), shown(z),
               shown(exp(fit.log_prob(z))));
  }
  c.draw({left.square().key("bottom right"), right.key("top left").y_range(0, 9)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C38",
       .title = "the limits of a Gaussian q",
       .source = "UDL equation 17.20, figure 17.8; S2",
       .mutants = {{"match_moments", "the marginal variances of the posterior are taken"},
                   {"one_sigma", "sigma^2 I (S2) is taken for a diagonal covariance"}}},
      program);
}
