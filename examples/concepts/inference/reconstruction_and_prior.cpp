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
#include "support/concept.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

struct Balance {
  Tensor distortion, rate;
};

Balance balance(Concept& c, const Line& line, const prob::Normal& q) {
  const prob::Normal prior = line.prior().normal();
  return {-line.expected_log_lik(tensor(kLineX), q),
          c.broken("swap_kl") ? prob::kl(prior, q) : prob::kl(q, prior)};
}

/// The largest derivative of D + beta R by the parameters of q: 0 where q is the best one.
double slope(Concept& c, const Line& line, const prob::Normal& q, double beta) {
  Tape tape;
  const Tensor mean = tape.watch(q.loc), log_scale = tape.watch(log(q.scale));
  const auto [distortion, rate] = balance(c, line, {mean, exp(log_scale)});
  tape.backward(distortion + beta * rate);
  return std::max(std::abs(tape.grad(mean).item()), std::abs(tape.grad(log_scale).item()));
}

void program(Concept& c) {
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  const double log_px = line.log_px(x).item();
  const std::vector<double> betas = support::each(support::grid(std::log(0.02), std::log(50), 61),
                                                  [](double b) { return std::exp(b); });
  std::vector<double> rates, distortions, sums;
  double steepest = 0, rises = 0;
  for (const double beta : betas) {
    // beta times the KL is a likelihood to the power 1 / beta: the noise grows to s^2 beta.
    const double noise = c.broken("beta_once") ? 1 : beta;
    const prob::Normal q = Line{line.w, line.s * std::sqrt(noise)}.posterior(x);
    const auto [distortion, rate] = balance(c, line, q);
    steepest = std::max(steepest, slope(c, line, q, beta));
    if (!rates.empty() && (rate.item() >= rates.back() || distortion.item() <= distortions.back()))
      ++rises;
    rates.push_back(rate.item());
    distortions.push_back(distortion.item());
    sums.push_back(distortion.item() + rate.item());
  }
  c.identity("61 betas: largest derivative of D + beta R at its best q", steepest, 0, 1e-10);
  c.exact("61 betas: times that R rose or D fell", rises, 0);
  c.at_least("61 betas: smallest D + R + log p(x)",
             *std::min_element(sums.begin(), sums.end()) + log_px, -1e-12);
  const std::size_t one = 30;  // the middle of the betas is 1
  c.identity("beta = 1: D + R is -log p(x)", sums[one], -log_px);
  const double chord =
      (distortions[one + 1] - distortions[one - 1]) / (rates[one + 1] - rates[one - 1]);
  c.within("slope of the curve at beta = 1", chord, -1.02, -0.98);

  // R = 0 at q = prior, and nowhere else.
  const auto rate_of = [&](double mean, double scale) {
    return balance(c, line, {tensor(mean), tensor(scale)}).rate.item();
  };
  c.identity("R of q = prior", rate_of(0, 1), 0);
  c.at_least("smallest R of four q beside the prior",
             std::min({rate_of(0.1, 1), rate_of(-0.1, 1), rate_of(0, 1.1), rate_of(0, 0.9)}), 1e-3);

  const std::vector<double> tangent{0, 1.2};
  const std::vector<double> on_it = support::each(tangent, [&](double r) { return -log_px - r; });
  c.draw({Plot("the best reconstruction for each rate", "R = KL(q || prior), nats",
               "D = -E log p(x|z), nats")
              .line("best q for each beta", rates, distortions)
              .dashed("D + R = -log p(x)", tangent, on_it)
              .points("beta = 1: the posterior", {rates[one]}, {distortions[one]})
              .x_range(0, 2.5)
              .y_range(0, 4),
          Plot("beta moves the balance", "beta", "nats")
              .line("D", betas, distortions)
              .line("R", betas, rates)
              .dashed("D + R", betas, sums)
              .log_x()
              .key("center right")});
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
