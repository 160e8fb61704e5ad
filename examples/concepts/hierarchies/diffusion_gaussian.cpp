// diffusion_gaussian: a diffusion is a VAE of T layers, and its bound is exact where the data are normal
// C133, S2, UDL 17; Ho, Jain and Abbeel 2020; Kingma, Salimans, Poole and Ho 2021
//
//     -ELBO = KL(q(x_T|x_0) || N(0, 1)) + sum_t>1 KL(q(x_t-1|x_t, x_0) || p(x_t-1|x_t)) - E log p(x_0|x_1)
//
// q adds noise and learns nothing. With the exact mean in p, the gap that is left is the variance of its steps, and T.
#include "concepts/hierarchies/diffusion_gaussian_faults.hpp"
#include "concepts/hierarchies/gaussian_gaps.hpp"
#include "support/concept/concept.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::EndlessDiffusion, concepts::GaussianDiffusion, concepts::NoiseChain;
using concepts::Normal, concepts::DiffusionTerm;
using support::Concept, support::Plot;
using Variance = GaussianDiffusion::Variance;
using LogWeights =
    std::function<Tensor(const GaussianDiffusion&, const Tensor& x, Rng& rng, int samples)>;

namespace {

const EndlessDiffusion kEndless{.first = -5, .last = 13.3, .v = 0.25};

// --- claims

void claims_of_gaps(Concept& c, const Variance& beta, const DiffusionTerm& term) {
  const std::vector<int> steps{30, 50, 100, 300, 1000};
  const std::vector<double> quarter{.037088, .022039, .010961, .003644, .001092},
      hundredth{.521911, .340213, .182080, .063979, .019588};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto gap = [&](double v, const Variance& variance) {
      return concepts::diffusion_gap({NoiseChain(steps[i]), v, variance}, term);
    };
    const std::string at = fmt::format("T = {}: gap, ", steps[i]);
    c.exact(at + "v = 1/4, variance beta_t", gap(0.25, beta), quarter[i], 1e-5);
    c.exact(at + "v = 0.01", gap(0.01, beta), hundredth[i], 1e-5);
    c.identity(at + "v = 1", gap(1, beta), 0, 1e-9);
    c.identity(at + "v = 1/4, exact variance", gap(0.25, concepts::exact_variance), 0, 1e-9);
  }
  const GaussianDiffusion tilde{NoiseChain(1000), 0.25, concepts::beta_tilde_of};
  c.exact("T = 1000: gap, v = 1/4, variance beta-tilde_t", concepts::diffusion_gap(tilde, term),
          0.569926, 1e-5);
}

/// With the variance of q in p, each KL is an error of the noise, weighted.
void claim_of_weights(Concept& c, const DiffusionTerm& term) {
  const GaussianDiffusion d{NoiseChain(100), 0.25, concepts::beta_tilde_of};
  Rng rng = c.rng("x_0 and eps");
  const Tensor x0 = rng.normal({50}), eps = rng.normal({50});
  double largest = 0;
  for (std::size_t t = 2; t <= 100; ++t) {
    const Normal q = d.noised(t, x0);
    const Tensor xt = q.loc + q.scale * eps;
    const Tensor hat = (xt - std::sqrt(d.chain.kept[t]) * d.denoise(t, xt)) / q.scale;
    const double weight = 0.5 * std::expm1(d.chain.gamma(t) - d.chain.gamma(t - 1));
    const Tensor off = term(d, t, x0, eps) - weight * square(eps - hat);
    largest = std::max(largest, max(abs(off)).item());
  }
  c.identity("KL - expm1(gamma_t - gamma_t-1) |eps - eps-hat|^2 / 2, largest", largest, 0, 1e-10);
}

void claims_of_endless_steps(Concept& c) {
  const auto& [first, last, v] = kEndless;
  const double area = kEndless.half_area([](double g) { return kEndless.error(g); });
  c.exact("T to infinity: half the area under E|eps - eps-hat|^2", area,
          0.5 * std::log((1 + std::exp(-first) * v) / (1 + std::exp(-last) * v)));
  c.exact("the same as a number", area, 1.8201501028);
  double before = kEndless.of_steps(3);
  for (const int T : {10, 30, 100, 1000}) {
    c.within(fmt::format("T = {}: sum of the KLs, nats", T), kEndless.of_steps(T), area, before);
    before = kEndless.of_steps(T);
  }
}

/// Nothing of diffusion is in this estimate: only encode, prior and decode.
void claim_of_vae(Concept& c, const Variance& beta, const LogWeights& log_weights) {
  const NoGrad no_grad;
  const GaussianDiffusion d{NoiseChain(30), 0.25, beta};
  Rng rng = c.rng("paths");
  const Tensor x = std::sqrt(d.v) * rng.normal({20000});
  c.monte_carlo("T = 30: mean log weight of a VAE with these layers",
                prob::estimate(reshape(log_weights(d, x, rng, 1), {-1})),
                -concepts::exact_nll(d.v) - 0.037088, 0.02);
}

void claim_of_learning(Concept& c) {
  concepts::NoiseNet net;
  Rng rng = c.rng("learning");
  concepts::learn_noise(net, kEndless, c.choose(8000, 2000), rng);
  c.within("a network that learned the noise: nats above the exact bound",
           concepts::learned_gap(net, kEndless, rng), 0, c.choose(0.01, 0.1));
}

// --- picture

std::vector<Plot> picture() {
  const DiffusionTerm term = &GaussianDiffusion::term;
  Plot gaps("the gap for normal data", "T", "log p(x) - ELBO, nats");
  const std::vector<double> steps{30, 50, 100, 200, 300, 500, 1000};
  const auto curve = [&](const std::string& name, double v, const Variance& variance) {
    gaps.line(name, steps, support::each(steps, [&](double T) {
                return concepts::diffusion_gap({NoiseChain(int(T)), v, variance}, term);
              }));
  };
  curve("v = 1/4, tilde beta", 0.25, concepts::beta_tilde_of);
  curve("v = 0.01, beta", 0.01, concepts::beta_of);
  curve("v = 1/4, beta", 0.25, concepts::beta_of);

  Plot each("T = 100, variance beta: the terms of the bound", "t", "KL of step t, nats");
  const auto t = support::grid(2, 100, 99);
  for (const double v : {1.0, 0.25, 0.01}) {
    const auto nats = concepts::diffusion_terms({NoiseChain(100), v, concepts::beta_of}, term);
    each.line(fmt::format("v = {}", v), t, {nats.begin() + 2, nats.end()});
  }

  Plot area("T to infinity: twice the bound is an area", "gamma = -log SNR", "E|eps - eps-hat|^2");
  const auto gamma = support::grid(kEndless.first, kEndless.last, 200);
  const auto error = support::each(gamma, [](double g) { return kEndless.error(g); });
  area.band("3.64 nats", gamma, std::vector<double>(gamma.size(), 0.0), error);
  return {gaps.log_x().log_y().x_range(28, 1100).y_range(1e-5, 10).key("bottom left"),
          each.log_x().log_y().x_range(1.8, 110).key("bottom left"), area.y_range(0, 1.05)};
}

// --- program

void program(Concept& c) {
  const DiffusionTerm term = c.broken("t_stays")                ? concepts::term_of_last_t
                             : c.broken("simple_loss_reported") ? concepts::simple_loss
                                                                : concepts::term_of;
  const Variance beta = c.broken("log_forgotten")          ? concepts::log_forgotten
                        : c.broken("last_step_beta_tilde") ? concepts::last_step_beta_tilde
                                                           : concepts::beta_of;
  const LogWeights log_weights =
      c.broken("entropy_left_out") ? concepts::entropy_left_out : concepts::log_weights_of;
  claims_of_gaps(c, beta, term);
  claim_of_weights(c, term);
  claims_of_endless_steps(c);
  claim_of_vae(c, beta, log_weights);
  claim_of_learning(c);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C133",
       .title = "Diffusion is a VAE of T layers: exact for normal data",
       .source = "S2, UDL 17; Ho et al. 2020; Kingma et al. 2021",
       .mutants = {{"t_stays", "every term of the sum is that of t = T"},
                   {"log_forgotten", "the log-variance of p is its variance"},
                   {"entropy_left_out", "log p(x, z) without log q(z|x)"},
                   {"simple_loss_reported", "the unweighted error of the noise as the bound"},
                   {"last_step_beta_tilde", "p(x_0|x_1) is nearly deterministic"}}},
      program);
}
