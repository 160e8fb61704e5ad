// thermodynamic: where to put the steps of a thermodynamic bound, and how bits learn from it
// C130, Masrani, Le and Wood 2019, sections 5 to 7; UDL, notes of chapter 17
//
//     log p(x)  >=  sum_i (beta_i+1 - beta_i) E_pi_beta_i[log w]        pi_beta ~ q^(1 - beta) p^beta
//     d E_pi_beta[log w] = E[d log w] + Cov[log w, (1 - beta) d log q + beta d log p]
//
// Where does one point between 0 and 1 pay most? The gradient is a covariance, so latents may be bits; with one step it
// is REINFORCE. The model is in thermodynamic.hpp.
#include "concepts/bounds/thermodynamic_faults.hpp"
#include "concepts/discrete/train_bits.hpp"
#include "nn/init.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"
#include "vae/models/mlp.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

using Bound = Tensor (*)(const Tensor& log_w, std::span<const double> betas);

/// A VAE, and its left sums of two steps, by the place of the point between 0 and 1.
void measure_vae(const Concept& c, const nn::ImageDataset& data, Bound bound, Record& r) {
  vae::MlpVae model({.hidden = {c.choose(200, 40)}, .latent = c.choose(20, 5)});
  nn::init::torch_default(model, c.rng("vae"));
  support::train(model, vae::bound_of(model), data,
                 {c.choose(5, 3), c.choose(100, 20), 1e-3, c.seed(), support::kConstantRate});
  const NoGrad no_grad;
  Rng rng = c.rng("draws");
  const Tensor x = data.range(nn::Part::test, 0, c.choose(100, 20), rng).images;
  const Tensor log_w = vae::log_weights(model, x, rng, 1000);
  r.numbers["VAE, ELBO"] = mean(log_w).item();
  for (const std::int64_t draws : {10, 1000})  // of the same, in groups of ten or all together
    for (const double beta : support::grid(0.05, 0.95, 19))
      r.add(fmt::format("VAE, {} draws", draws), beta,
            mean(bound(reshape(log_w, {draws, -1}), std::vector<double>{0, beta})).item());
}

/// A net of bits, trained on the left sum of `betas`, or by wake-sleep without any.
void train_net(const Concept& c, const nn::ImageDataset& data, const std::string& name,
               const std::vector<double>& betas, Record& r) {
  BeliefNet net(two_layers_of_bits(c));
  const int samples = c.choose(10, 5);
  const auto play = [&](const nn::Batch& b, Rng& rng) {
    return betas.empty() ? wake_sleep(net, b.images, rng, samples)
                         : thermodynamic(net, b.images, rng, samples, betas);
  };
  train_bits(c, name, net, net, play, data, c.choose(100, 20), r);
}

void claims_of_training(Concept& c, const Record& r) {
  for (const auto& [draws, low, high] : {std::tuple{"10", 0.3, 0.4}, {"1000", 0.4, 0.5}}) {
    const auto& sums = r.curve(fmt::format("VAE, {} draws", draws));
    const auto best = std::max_element(sums.y.begin(), sums.y.end()) - sums.y.begin();
    c.within(fmt::format("VAE: best place of one point, by {} draws", draws),
             sums.x[static_cast<std::size_t>(best)], c.choose(low, 0.1), c.choose(high, 0.45));
  }
  const double thermodynamic = r.number("thermodynamic, L_500");
  c.within("bits: -L_500, nats a test digit", -thermodynamic, c.choose(91, 170),
           c.choose(123, 250));
  const auto ahead_of = [&](const std::string& other, double low, double high) {
    c.within("bits: L_500, thermodynamic - " + other, thermodynamic - r.number(other + ", L_500"),
             c.choose(low, -10.0), c.choose(high, 30.0));
  };
  ahead_of("wake-sleep", 7.6, 10.3);
  ahead_of("REINFORCE", 0, 2);
}

// --- picture

Plot places(const Record& r) {
  Plot plot("VAE: one point between 0 and 1", "its place beta", "left sum, nats a digit");
  for (const std::string draws : {"1000", "10"}) {
    const auto& sums = r.curve("VAE, " + draws + " draws");
    plot.line(draws + " draws", sums.x, sums.y);
  }
  return plot.dashed("ELBO", {0, 1}, {r.number("VAE, ELBO"), r.number("VAE, ELBO")})
      .y_range(-97.5, -92)
      .key("top right");
}

Plot learning(const Record& r) {
  std::vector<double> ahead;
  for (const std::string name : {"thermodynamic", "REINFORCE"})
    ahead.push_back(r.number(name + ", L_500") - r.number("wake-sleep, L_500"));
  return Plot("a net of bits: ahead of wake-sleep", "", "L_500, nats a test digit")
      .bars("", ahead)
      .names({"thermodynamic", "REINFORCE"})
      .y_range(0, 10);
}

// --- program

void program(Concept& c) {
  const Bound bound =
      c.broken("weights_not_tempered") ? bound_not_tempered : vae::thermodynamic_bound;
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 100);
    data.binarize = nn::Binarize::threshold;
    measured.data_rule = c.choose("MNIST, thresholded pixels", "drawn digits, thresholded pixels");
    measure_vae(c, data, bound, measured);
    train_net(c, data, "thermodynamic", log_spaced(0.1, 3), measured);
    train_net(c, data, "REINFORCE", {0}, measured);
    train_net(c, data, "wake-sleep", {}, measured);
  });
  claims_of_training(c, r);
  c.draw({places(r), learning(r)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C130",
                         .title = "The thermodynamic variational objective",
                         .source = "Masrani, Le and Wood 2019, sections 5 to 7; UDL 17",
                         .mutants = {{"weights_not_tempered", "weights w in the place of w^beta"}}},
                        program);
}
