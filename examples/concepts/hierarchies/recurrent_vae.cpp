// recurrent_vae: a VAE for each step of a sequence, given what a recurrent network remembers
// C109, Chung, Kastner, Dinh, Goel, Courville and Bengio 2015, equations 5 to 11; UDL, notes of chapter 17
//
//     z_t ~ p(z_t|h),   x_t ~ p(x_t|z_t, h),   h' = GRU([x_t, z_t], h)
//     log p(x) >= sum_t E log p(x_t|z_t, h) - KL(q(z_t|x_t, h) || p(z_t|h))
//
// Learned on F7, whose log p(x) the Kalman filter gives. The noise of x_t is known, so z_t must carry the
// rest of what is not yet known of x_t: 0.351 nats a step. The model is in recurrent_vae.hpp.
#include "concepts/hierarchies/recurrent_vae.hpp"

#include <cmath>

#include "concepts/hierarchies/recurrent_vae_faults.hpp"
#include "concepts/hierarchies/train_sequences.hpp"
#include "prob/monte_carlo.hpp"
#include "vae/exact/chain.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;
using vae::exact::Chain;

namespace {

using ChainVrnn = Vrnn<KnownNoise>;

constexpr std::int64_t kSteps = 20;          // of a sequence
constexpr double kLogPxOfAStep = -0.965644;  // on average, by the Kalman filter

// --- claims

/// Entropy of N(m, v), nats.
double entropy(double v) { return prob::Normal(0.0, std::sqrt(v)).entropy().item(); }

/// Mean over the steps of Cov(x_t, x_{t+lag}): of F7, of drawn sequences.
double mean_covariance(const Chain& chain, std::int64_t lag) {
  double sum = 0;
  for (std::int64_t t = 1; t + lag <= kSteps; ++t) sum += chain.covariance(t, t + lag).item();
  return sum / static_cast<double>(kSteps - lag);
}
double mean_covariance(const Tensor& x, std::int64_t lag) {
  return mean(slice(x, 1, 0, kSteps - lag) * slice(x, 1, lag, kSteps)).item();
}

void note(Record& r, const std::string& name, const Tensor& of_sequences) {
  const prob::Estimate a_step = prob::estimate(of_sequences / static_cast<double>(kSteps));
  r.numbers[name] = a_step.mean.item();
  r.numbers[name + ", standard error"] = a_step.standard_error.item();
}

/// Trains the right model; `plant` puts wrong steps into it before it is measured.
void measure(const Concept& c, Record& r, void (*plant)(ChainVrnn&)) {
  const DTypeScope f32(DType::f32);
  const Chain chain = Chain::example();
  Rng train = c.rng("train"), test = c.rng("test"), rng = c.rng("measure");
  const Tensor x = chain.sample(test, 4000, kSteps).x;
  const nn::TensorDataset data({chain.sample(train, c.choose(20000, 2000), kSteps).x}, {x});
  ChainVrnn model({.frame = 1, .latent = 2, .features = 32, .state = 32});
  const auto play = [&](const nn::Batch& b, Rng& noise) { return model.elbo(b.images, noise); };
  train_sequences(c, model, play, data, "F7", {c.choose(20, 12), c.choose(100, 50), 5e-3}, r);
  plant(model);
  const NoGrad no_grad;
  const Tensor bound = model.elbo(x, rng).elbo(), log_px = chain.log_px(x);
  note(r, "log p(x)", log_px);
  note(r, "bound - log p(x)", bound - log_px);
  const Tensor drawn = model.generate(c.choose(20000, 10000), kSteps, rng);
  for (const std::int64_t lag : {0, 1})
    r.add("covariance, of samples / of F7", static_cast<double>(lag),
          mean_covariance(drawn, lag) / mean_covariance(chain, lag));
}

void claims_of_the_model(Concept& c, const Record& r) {
  const Chain chain = Chain::example();
  double without_time = 0;
  for (std::int64_t t = 1; t <= kSteps; ++t)
    without_time -= entropy(chain.covariance(t, t).item()) / kSteps;
  c.monte_carlo("log p(x) of the test sequences, nats a step", r.number("log p(x)"),
                r.number("log p(x), standard error"), kLogPxOfAStep, 0.01);
  c.at_most("bound - log p(x), nats a step", r.number("bound - log p(x)"),
            4 * r.number("bound - log p(x), standard error"));
  c.at_least("bound - log p(x), nats a step", r.number("bound - log p(x)"), -0.05);
  c.exact("best model that ignores time, nats a step", without_time, -1.378662, 1e-5);
  const double bound = r.number("bound - log p(x)") + r.number("log p(x)");
  c.at_least("bound - that of it, nats a step", bound - without_time, 0.3);
  c.within("KL / what x_t tells about z_t, 0.351 nats a step",
           r.curve("F7, KL").last() / (-kLogPxOfAStep - entropy(chain.noise_cov.item())), 0.8, 1.3);
  const std::vector<double>& ratio = r.curve("covariance, of samples / of F7").y;
  c.within("samples: variance / that of F7", ratio[0], c.choose(0.95, 0.9), c.choose(1.05, 1.1));
  c.within("samples: covariance of neighbours / that of F7", ratio[1], c.choose(0.95, 0.9),
           c.choose(1.05, 1.1));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot curve("F7: the bound rises to log p(x)", "epoch", "nats a step");
  const auto& bound = r.curve("F7");
  const double last = bound.x.back();
  curve.line("bound of the test sequences", bound.x, bound.y);
  curve.dashed("log p(x), Kalman filter", {1, last}, {kLogPxOfAStep, kLogPxOfAStep});
  curve.dashed("the best model that ignores time", {1, last}, {-1.378662, -1.378662});
  return {curve.y_range(-1.5, -0.9).key("center right")};
}

// --- program

void program(Concept& c) {
  void (*plant)(ChainVrnn&) = [](ChainVrnn&) {};
  if (c.broken("prior_standard")) plant = [](ChainVrnn& m) { m.kl = kl_to_standard; };
  if (c.broken("missing_log_two_pi"))
    plant = [](ChainVrnn& m) { m.log_lik = log_lik_without_log_two_pi; };
  if (c.broken("mean_fed_back")) plant = [](ChainVrnn& m) { m.fed_back = mean_fed_back; };
  const Record r = c.record([&](Record& measured) {
    measured.data_rule = "sequences of F7";
    measure(c, measured, plant);
  });
  claims_of_the_model(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C109",
       .title = "VRNN: a recurrent VAE learns a chain",
       .source = "Chung et al. 2015, equations 5 to 11; UDL 17; model F7",
       .mutants = {{"prior_standard", "the KL is to N(0, I), not to the learned prior"},
                   {"missing_log_two_pi", "log p(x_t|z_t, h) without its constant"},
                   {"mean_fed_back", "samples: the state reads decoder means"}}},
      program);
}
