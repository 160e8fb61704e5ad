// posterior_collapse: a latent whose direction varies less than the decoder's noise says nothing
// C115, UDL notes; Bowman et al. 2015; Lucas et al. 2019
//
//     latent k is used  <=>  lambda_k > sigma^2         then |W_k|^2 = lambda_k - sigma^2, KL_k = log(lambda_k / sigma^2) / 2
//
// lambda_k are the eigenvalues of the data's covariance. The likelihood of the linear model is largest there, too: the bound
// is not to blame, and with a noise that is learned no latent collapses.
#include "concepts/collapse/posterior_collapse.hpp"

#include "concepts/collapse/collapse_network.hpp"
#include "concepts/collapse/linear_data.hpp"
#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::LinearData, concepts::LinearOptimum, concepts::LinearTraining, concepts::LinearVae;
using support::Concept, support::Plot;

namespace {

// --- wrong versions

using Meter = Tensor (*)(const prob::Normal& q, Rng& rng);

/// Var_x z: that of a collapsed latent is the prior's, 1.
Tensor of_samples(const prob::Normal& q, Rng& rng) { return vae::latent_activity(q.sample(rng)); }

/// Of one small minibatch.
Tensor of_eight(const prob::Normal& q, Rng&) { return vae::latent_activity(slice(q.loc, 0, 0, 8)); }

/// The network's decoder keeps its noise, whatever was asked for.
double always_1(double /*sigma2*/) { return 1; }

// --- claims

double as_asked(double sigma2) { return sigma2; }
Tensor of_means(const prob::Normal& q, Rng&) { return vae::collapse_report(q).activity; }
double above(const Tensor& t) { return sum(where(less(t, 0.01), 0.0, ones_like(t))).item(); }

struct Measured {
  std::int64_t latents;
  std::vector<double> sigma2, active, kl, activity;  // linear; activity of each latent at the last
  std::vector<double> network_sigma2, network_active;
};

void claims_of_linear(Concept& c, const LinearData& d, double sigma2, const LinearTraining& how,
                      Meter meter, Measured& m) {
  LinearVae vae(d.mean, m.latents, sigma2);
  nn::init::torch_default(vae, c.rng("init"));
  concepts::train(vae, d, how);
  const LinearOptimum best(d.eigenvalues, sigma2, m.latents);
  const NoGrad no_grad;
  Rng rng = c.rng("meter");
  const concepts::MeanBound bound = vae.mean_bound(d.covariance);
  const prob::Normal q = vae.encode(d.test());
  const Tensor activity = meter(q, rng), kl = vae::collapse_report(q).kl;
  const auto name = [&](const char* what) { return fmt::format("sigma^2 {}: {}", sigma2, what); };
  c.within(name("best bound - bound, nats"), best.bound - bound.elbo().item(), -1e-3, 0.05);
  c.exact(name("active latents, eigenvalues above"), above(activity), best.active, 0);
  c.exact(name("latents with KL, eigenvalues above"), above(kl), best.active, 0);
  c.within(name("sum of the activities / exact"), sum(activity).item() / best.activity, 0.9, 1.1);
  c.within(name("log p(x) - bound, nats"), vae.mean_log_px(d.covariance) - bound.elbo().item(), 0,
           0.05);
  fmt::print("sigma^2 {}: KL {:.4f} nats (best {:.4f}), bound {:.3f}, of test images {:.3f}\n",
             sigma2, sum(bound.kl).item(), best.kl, bound.elbo().item(),
             vae.mean_bound(d.of_test).elbo().item());
  m.sigma2.push_back(sigma2), m.active.push_back(above(activity));
  m.kl.push_back(sum(bound.kl).item()), m.activity = activity.to_vector();
}

void claims_of_learned_noise(Concept& c, const LinearData& d, LinearTraining how,
                             std::int64_t latents) {
  LinearVae vae(d.mean, latents, 1);
  nn::init::torch_default(vae, c.rng("init"));
  how.learned_noise = true;
  concepts::train(vae, d, how);
  const NoGrad no_grad;
  c.within("learned sigma^2 / mean eigenvalue left out",
           std::exp(vae.log_sigma2.value().item()) / d.discarded(latents), 0.99, 1.02);
  c.exact("learned sigma^2: active latents",
          above(vae::collapse_report(vae.encode(d.test())).activity), static_cast<double>(latents),
          0);
}

/// A variance, and how far a network's active latents may lie from the eigenvalues above it.
struct Asked {
  double sigma2, slack;
};
/// A network has no formula. Yet no latent is worth its KL above every eigenvalue, and more are the smaller the noise.
void claims_of_network(Concept& c, const LinearData& d, const std::vector<Asked>& asked,
                       double (*noise)(double), Measured& m) {
  for (const auto& [sigma2, slack] : asked) {
    m.network_sigma2.push_back(sigma2);
    m.network_active.push_back(concepts::active_in_network(c, d, m.latents, noise(sigma2)));
    const double above_it = LinearOptimum(d.eigenvalues, sigma2, m.latents).active;
    c.within(fmt::format("network, sigma^2 {}: active (eigenvalues above: {})", sigma2, above_it),
             m.network_active.back(), std::max(0.0, above_it - slack), above_it + slack);
  }
  c.within(
      fmt::format("network: active at sigma^2 {} - at {}", asked.back().sigma2, asked[1].sigma2),
      m.network_active.back() - m.network_active[1], c.choose(4, 1), 15);
}

// --- picture

std::vector<Plot> picture(const LinearData& d, const Measured& m) {
  std::vector<double> at, steps, nats;
  for (double log_s = std::log(0.1); log_s < std::log(8); log_s += 0.005) {
    const LinearOptimum best(d.eigenvalues, std::exp(log_s), m.latents);
    at.push_back(std::exp(log_s));
    steps.push_back(best.active);
    nats.push_back(best.kl);
  }
  return {Plot(fmt::format("active latents of {}", m.latents), "sigma^2 of the decoder", "active")
              .line("eigenvalues above sigma^2", at, steps)
              .points("linear VAE", m.sigma2, m.active)
              .points("network", m.network_sigma2, m.network_active)
              .log_x()
              .y_range(0, 26)
              .key("top right"),
          Plot("what they say", "sigma^2 of the decoder", "KL, nats")
              .line("exact", at, nats)
              .points("linear VAE", m.sigma2, m.kl)
              .log_x()
              .key("top right"),
          Plot(fmt::format("sigma^2 = {}: activity of each latent", m.sigma2.back()), "latent",
               "Var E[z|x]")
              .bars("", m.activity)
              .x_range(-1, static_cast<double>(m.latents))
              .key("off")};
}

// --- program

void program(Concept& c) {
  const Meter meter = c.broken("meter_on_samples")   ? of_samples
                      : c.broken("meter_over_batch") ? of_eight
                                                     : of_means;
  const auto noise_of_network = c.broken("network_keeps_its_noise") ? always_1 : as_asked;
  const bool averaged = c.broken("kl_mean_over_latents");
  Measured m;
  m.latents = c.choose(20, 8);
  LinearTraining how{.steps = c.choose(1500, 700), .rate = 5e-2};
  if (averaged) how.kl_weight = 1.0 / static_cast<double>(m.latents);
  const LinearData d(support::load_images(c, "mnist", 1000, 1000));
  std::vector<double> noise{4, 2};
  std::vector<Asked> of_network{{8, 0}, {4, 4}, {2, 5}};
  if (!c.quick()) noise = {4, 3, 1, 0.5, 2}, of_network = {{8, 0}, {4, 4}, {2, 6}, {1, 4}};
  for (const double sigma2 : noise) claims_of_linear(c, d, sigma2, how, meter, m);
  claims_of_learned_noise(c, d, how, m.latents);
  const DTypeScope f32(DType::f32);
  claims_of_network(c, d, of_network, noise_of_network, m);
  c.draw(picture(d, m));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C115",
       .title = "Posterior collapse",
       .source = "UDL notes; Bowman et al. 2015; Lucas et al. 2019; Burda et al. 2016",
       .mutants = {{"kl_mean_over_latents", "the KL is averaged over the latents"},
                   {"meter_on_samples", "the variance of z, not of its mean"},
                   {"meter_over_batch", "the variance over eight images"},
                   {"network_keeps_its_noise",
                    "the network's decoder has the noise 1 for every sigma^2"}}},
      program);
}
