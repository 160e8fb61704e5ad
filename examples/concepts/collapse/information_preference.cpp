// information_preference: a decoder that can model the data without z does so
// C119, UDL notes; Chen et al. 2017, Variational Lossy Autoencoder
//
//     code length of x = -log p(x) + KL(q(z|x) || p(z|x))
//
// Whatever goes through z costs the second term, which is 0 only for a perfect q. What the decoder can read off the pixels
// before costs nothing, so it asks z for nothing that it can see itself. The cure is to let it see less.
#include "concepts/collapse/few_digits.hpp"
#include "concepts/collapse/information_preference_faults.hpp"
#include "nn/init.hpp"
#include "support/concept/train_images.hpp"
#include "support/numerics/ascend.hpp"
#include "support/numerics/jacobian.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::CoinVae, concepts::FlowMap, concepts::FlowPrior, concepts::WindowSizes,
    concepts::WindowVae;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

void claims_of_windows(Concept& c, double (*best)(int)) {
  const double known[] = {-5.545177, -3.992902, -3.615485, -3.404730,
                          -3.336662, -3.301915, -3.291695, -3.288190};
  double largest = 0;
  for (int w = 0; w < 8; ++w) largest = std::max(largest, std::abs(best(w) - known[w]));
  c.exact("best without z, windows of 0 to 7 bits: largest error, nats", largest, 0, 1e-6);
}

/// The bound and the KL that a VAE with a binary z reaches.
std::pair<double, double> learn(const Concept& c, int window, int first_encoded) {
  CoinVae model(window, first_encoded);
  nn::init::torch_default(model, c.rng("coin"));
  support::ascend(model.parameters(), [&] { return model.terms().elbo; },
                  {.steps = 2500, .rate = 0.1});
  const auto [elbo, kl] = model.terms();
  return {elbo.item(), kl.item()};
}

void claims_of_coin(Concept& c) {
  const double entropy = concepts::entropy_of_bits(0, concepts::kBits);
  c.exact("H(x) of eight bits, nats", entropy, 3.2881903993);
  const auto [none, kl_none] = learn(c, 0, 0);
  c.exact("a bit sees none, with z: bound", none, -entropy, 0.01);
  c.exact("a bit sees none: KL, nats", kl_none, 0.6875266122, 0.01);
  const auto [all, kl_all] = learn(c, 7, 7);
  c.exact("a bit sees all before, q the last bit alone: bound", all, -entropy, 0.01);
  c.at_most("a bit sees all before, q the last bit alone: KL", kl_all, 1e-3);
}

/// The bound for the same draws, flow in the prior of z and flow in q(e|x): there its volume is that of the tape's slopes.
void claims_of_flow(Concept& c, FlowMap from_noise, FlowMap volume) {
  FlowPrior flow(4);
  nn::init::torch_default(flow, c.rng("flow"));
  Rng rng = c.rng("z");
  const Tensor x = less(rng.uniform({50, 4}), 0.5).to(DType::f64);
  const prob::Normal q(rng.normal({50, 4}), exp(0.3 * rng.normal({50, 4})), 1);
  const Tensor z = q.sample(rng), e = flow.to_noise(z), log_det_e = volume(flow, z);
  const auto z_of = [&](const Tensor& at) { return from_noise(flow, at); };
  const Tensor log_det_z = support::log_abs_det(support::jacobian(z_of, e));
  const auto log_lik = [&](const Tensor& logits) { return prob::Bernoulli(logits, 1).log_prob(x); };
  const Tensor log_p_e = prob::StandardNormal({4}, 1).log_prob(e);
  const Tensor of_prior = log_lik(z) + log_p_e + log_det_e - q.log_prob(z);
  const Tensor of_posterior = log_lik(z_of(e)) + log_p_e - (q.log_prob(z) + log_det_z);
  c.identity("log |de/dz| of the flow + log |dz/de| of the tape's slopes, largest",
             max(abs(log_det_e + log_det_z)).item(), 0, 1e-10);
  c.identity("bound, flow in the prior - flow in the posterior, largest",
             max(abs(of_prior - of_posterior)).item(), 0, 1e-10);
}

void train(const Concept& c, const nn::ImageDataset& data, std::int64_t radius,
           Tensor (*passed)(const Tensor&), Record& r) {
  WindowVae model({.hidden = c.choose(200, 50), .radius = radius});
  model.passed = passed;
  const std::string name = fmt::format("radius {}", radius);
  support::train_images(c, name, model, vae::bound_of(model), data,
                        {.epochs = c.choose(5, 3), .batch = c.choose(25, 20), .lr = 5e-3}, r);
  for (const std::string part : {"kl", "-ELBO"})
    r.add(part, static_cast<double>(2 * radius), r.curve(name + ", " + part).last());
}

void claims_of_training(Concept& c, const Record& r) {
  const auto& kl = r.curve("kl").y;
  const auto& bound = r.curve("-ELBO").y;
  c.within("KL, a pixel sees none - 2 rows", kl[0] - kl[1], c.choose(2.0, -10.0),
           c.choose(2.7, 10.0));
  c.within("KL, a pixel sees 2 rows, nats", kl[1], c.choose(3.0, 0.3), c.choose(3.9, 50.0));
  c.within("KL, a pixel sees all before, nats", kl[2], 0, c.choose(1.1, 50.0));
  c.within("-ELBO, a pixel sees 2 rows", bound[1], c.choose(40.1, 20.0), c.choose(41.0, 200.0));
  c.within("-ELBO, a pixel sees all before", bound[2], c.choose(39.3, 20.0), c.choose(40.1, 200.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  std::vector<double> w, alone, with;
  for (int k = 0; k < concepts::kBits; ++k) {
    w.push_back(k), alone.push_back(concepts::best_without_z(k));
    with.push_back(-concepts::entropy_of_bits(0, concepts::kBits));
  }
  const auto& kl = r.curve("kl");
  std::vector<std::string> names;
  std::vector<double> pixels;
  for (std::size_t k = 0; k < kl.x.size(); ++k) {
    names.push_back(fmt::format("{:.0f}", std::min(kl.x[k], 13.0)));
    pixels.push_back(r.curve("-ELBO").y[k] - kl.y[k]);
  }
  return {Plot("eight bits: what z is worth", "bits before that a bit sees", "best bound, nats")
              .band("worth of z", w, alone, with)
              .line("with z: -H(x)", w, with)
              .line("without z", w, alone)
              .key("bottom right"),
          Plot("digits: KL, nats", "rows above that a pixel sees", "nats")
              .bars("", kl.y)
              .names(names)
              .y_range(0, 6.5)
              .key("off"),
          Plot("digits: -ELBO, nats in z and in pixels", "rows above that a pixel sees", "nats")
              .bars("z: KL", kl.y)
              .bars("pixels: -log p(x|z)", pixels)
              .stacked()
              .y_range(0, 60)
              .names(names)};
}

// --- program

void program(Concept& c) {
  const auto best =
      c.broken("window_off_by_one") ? concepts::best_with_one_more : concepts::best_without_z;
  const auto passed = c.broken("z_detached") ? concepts::detached : concepts::as_it_is;
  const auto from_noise = c.broken("prior_flow_inverse") ? concepts::from_noise_at_once
                                                         : concepts::from_noise_one_by_one;
  const auto volume = c.broken("log_det_sign")       ? concepts::log_det_of_inverse
                      : c.broken("log_det_at_noise") ? concepts::log_det_at_noise
                                                     : concepts::log_det_at_z;
  claims_of_windows(c, best);
  claims_of_coin(c);
  claims_of_flow(c, from_noise, volume);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::few_digits(c, measured);
    for (const std::int64_t radius : {0, 1, 13}) train(c, data, radius, passed, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C119",
       .title = "Information preference",
       .source = "UDL notes; Chen et al. 2017",
       .mutants = {{"window_off_by_one", "a bit sees one bit more than it says"},
                   {"z_detached", "the encoder gets no gradient from the likelihood"},
                   {"prior_flow_inverse", "the flow is inverted in one pass"},
                   {"log_det_sign", "the volume of the flow is that of its inverse"},
                   {"log_det_at_noise", "the volume of the flow is taken at the noise"}}},
      program);
}
