// reconstruction_and_prior: the ELBO's two terms pull apart, and beta sets where they balance
// C37, UDL section 17.4.2; notes S3
//
//     -ELBO  =  D + R,      D = -E_q[log p(x | z)]  (reconstruction),   R = KL(q || p(z))  (prior)
//
// R = 0 only for q = prior: q knows nothing of x. The smallest D has q on one point. The q that
// minimises D + beta R, for each beta, is the curve of the best D for each R; its slope is -beta.
// On the line that q is the posterior of a model with the noise s^2 beta.
#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/kl.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

Tensor distortion(const Line& line, const prob::Normal& q) {
  return -line.expected_log_lik(tensor(kLineX), q);
}
Tensor rate(const Line& line, const prob::Normal& q) { return prob::kl(q, line.prior().normal()); }

/// beta times the KL is a likelihood to the power 1 / beta: the noise grows to s^2 beta.
prob::Normal best_q(const Line& line, double beta) {
  return Line{line.w, line.s * std::sqrt(beta)}.posterior(tensor(kLineX));
}

/// The largest derivative of D + beta R by the parameters of q: 0 where q is the best one.
template <class Rate>
double slope(const Rate& rate_of, const Line& line, const prob::Normal& q, double beta) {
  Tape tape;
  const Tensor mean = tape.watch(q.loc), log_scale = tape.watch(log(q.scale));
  const prob::Normal at(mean, exp(log_scale));
  tape.backward(distortion(line, at) + beta * rate_of(line, at));
  return std::max(std::abs(tape.grad(mean).item()), std::abs(tape.grad(log_scale).item()));
}

struct Curve {
  std::vector<double> betas, rates, distortions, sums;
};
constexpr std::size_t kOne = 30;  // the middle of the 61 betas is 1

// --- wrong versions

Tensor rate_swapped(const Line& line, const prob::Normal& q) {
  return prob::kl(line.prior().normal(), q);
}
prob::Normal posterior_for_every_beta(const Line& line, double) { return best_q(line, 1); }

// --- claims

Curve claims_of_the_curve(Concept& c, const auto& rate_of, const auto& q_of) {
  const Line line = Line::example();
  const double log_px = line.log_px(tensor(kLineX)).item();
  Curve curve{.betas = support::each(support::grid(std::log(0.02), std::log(50), 61),
                                     [](double b) { return std::exp(b); }),
              .rates = {},
              .distortions = {},
              .sums = {}};
  auto& [betas, rates, distortions, sums] = curve;
  double steepest = 0, rises = 0;
  for (const double beta : betas) {
    const prob::Normal q = q_of(line, beta);
    const double D = distortion(line, q).item(), R = rate_of(line, q).item();
    steepest = std::max(steepest, slope(rate_of, line, q, beta));
    if (!rates.empty() && (R >= rates.back() || D <= distortions.back())) ++rises;
    rates.push_back(R);
    distortions.push_back(D);
    sums.push_back(D + R);
  }
  c.identity("61 betas: largest derivative of D + beta R at its best q", steepest, 0, 1e-10);
  c.exact("61 betas: times that R rose or D fell", rises, 0);
  c.at_least("61 betas: smallest D + R + log p(x)",
             *std::min_element(sums.begin(), sums.end()) + log_px, -1e-12);
  c.identity("beta = 1: D + R is -log p(x)", sums[kOne], -log_px);
  const double chord =
      (distortions[kOne + 1] - distortions[kOne - 1]) / (rates[kOne + 1] - rates[kOne - 1]);
  c.within("slope of the curve at beta = 1", chord, -1.02, -0.98);
  return curve;
}

/// R = 0 at q = prior, and nowhere else.
void claims_of_the_rate(Concept& c, const auto& rate_of) {
  const auto R = [&](double mean, double scale) {
    return rate_of(Line::example(), prob::Normal(mean, scale)).item();
  };
  c.identity("R of q = prior", R(0, 1), 0);
  c.at_least("smallest R of four q beside the prior",
             std::min({R(0.1, 1), R(-0.1, 1), R(0, 1.1), R(0, 0.9)}), 1e-3);
}

// --- picture

std::vector<Plot> picture(const Curve& curve) {
  const double log_px = Line::example().log_px(tensor(kLineX)).item();
  const std::vector<double> tangent{0, 1.2};
  const std::vector<double> on_it = support::each(tangent, [&](double r) { return -log_px - r; });
  return {Plot("the best reconstruction for each rate", "R = KL(q || prior), nats",
               "D = -E log p(x|z), nats")
              .line("best q for each beta", curve.rates, curve.distortions)
              .dashed("D + R = -log p(x)", tangent, on_it)
              .points("beta = 1: the posterior", {curve.rates[kOne]}, {curve.distortions[kOne]})
              .x_range(0, 2.5)
              .y_range(0, 4),
          Plot("beta moves the balance", "beta", "nats")
              .line("D", curve.betas, curve.distortions)
              .line("R", curve.betas, curve.rates)
              .dashed("D + R", curve.betas, curve.sums)
              .log_x()
              .key("center right")};
}

// --- program

void program(Concept& c) {
  const auto rate_of = c.broken("swap_kl") ? rate_swapped : rate;
  const auto q_of = c.broken("beta_once") ? posterior_for_every_beta : best_q;
  const Curve curve = claims_of_the_curve(c, rate_of, q_of);
  claims_of_the_rate(c, rate_of);
  c.draw(picture(curve));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C37",
                         .title = "the reconstruction term against the prior term",
                         .source = "UDL section 17.4.2; S3",
                         .mutants = {{"swap_kl", "KL(prior || q) in place of KL(q || prior)"},
                                     {"beta_once", "the posterior is taken for every beta"}}},
                        program);
}
