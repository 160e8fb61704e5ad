// capacity: the KL is held at a number of nats that grows, and latents open one after the other
// C144, Burgess et al. 2018, equation 8
//
//     E log p(x|z) - gamma |E KL(q(z|x) || p(z)) - C(t)|
//
// With gamma above the worth of a nat the optimum has KL = C. For a linear VAE it is then on the rate-distortion curve of a
// normal x: KL_k = max(0, log(lambda_k / theta) / 2), where the level theta makes the sum C. With a smaller gamma it is a
// beta-VAE, beta = gamma, as long as the KL of that one is above C.
#include "concepts/collapse/capacity.hpp"

#include "concepts/collapse/capacity_faults.hpp"
#include "concepts/collapse/capacity_measures.hpp"
#include "concepts/collapse/capacity_runs.hpp"
#include "support/concept/images.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

constexpr double kGamma = 6;  // above the largest eigenvalue: sigma = 1

// --- claims

void claims_of_water(Concept& c) {
  const std::vector<double> two{4, 1, 0.5};
  c.exact("eigenvalues 4, 1: with log 2 nats the level is", WaterFilling(two, 2, std::log(2)).level,
          1, 1e-12);
  const WaterFilling both(two, 2, std::log(4));
  c.exact("with log 4 nats", both.level, 0.5, 1e-12);
  c.exact("KL of the second latent", both.kl[1], 0.5 * std::log(2), 1e-12);
  c.exact("squared error, with one eigenvalue that has no latent", both.error, 1.5, 1e-12);
}

struct Linear {
  std::vector<double> C, error;           ///< trained
  std::vector<std::vector<double>> each;  ///< KL of the latents, falling
};
Linear claims_of_linear(Concept& c, const LinearData& d, Hold hold) {
  const std::int64_t K = c.choose(20, 8);
  Linear all;
  for (const double C : c.quick() ? std::vector{1.0, 3.0} : std::vector{0.5, 1.0, 2.0, 4.0, 8.0}) {
    LinearVae vae(d.mean, K, 1);
    nn::init::torch_default(vae, c.rng("init"));
    hold_linear(vae, d, C, kGamma, c.choose(3000, 700), hold);
    const HeldLinear got = measure(vae, d);
    const WaterFilling best(d.eigenvalues, K, C);
    double off = 0;
    for (std::size_t k = 0; k < got.each.size(); ++k)
      off = std::max(off, std::abs(got.each[k] - best.kl[k]));
    const std::string name = fmt::format("C = {}: ", C);
    c.within(name + "KL - C, nats", got.kl - C, -0.02, 0.02);
    c.within(name + "squared error / least", got.error / best.error, 0.9999, c.choose(1.01, 1.02));
    c.at_most(name + "KL of a latent - exact, largest", off, c.choose(0.2, 0.4));
    all.C.push_back(C), all.error.push_back(got.error), all.each.push_back(got.each);
  }
  return all;
}

/// gamma = 1 cannot hold a VAE below its own KL.
void claim_of_small_gamma(Concept& c, const LinearData& d, Hold hold) {
  const std::int64_t K = c.choose(20, 8);
  LinearVae vae(d.mean, K, 1);
  nn::init::torch_default(vae, c.rng("init"));
  hold_linear(vae, d, 0.5, 1, c.choose(1500, 700), hold);
  c.within("gamma = 1, C = 0.5: KL / that of a VAE",
           sum(vae.mean_bound(d.covariance).kl).item() / LinearOptimum(d.eigenvalues, 1, K).kl,
           0.98, 1.02);
}

void claims_of_sprites(Concept& c, const Record& r) {
  c.at_most("sprites: |KL - C(t)| of test images after a fifth of the epochs, largest",
            off_capacity(r, "capacity"), c.choose(1.0, 4.0));
  c.at_least("latents in use: at the end - after a tenth",
             in_use(r, "capacity", 1) - in_use(r, "capacity", 0.1), c.choose(2, 0));
  c.at_least("-log p(x|z): beta = 4 - capacity, nats",
             r.curve("beta = 4, -log p(x|z)").last() - r.curve("capacity, -log p(x|z)").last(),
             c.choose(1.0, -5.0));
  c.within("test -ELBO: capacity - beta = 4, nats",
           r.curve("capacity, -ELBO").last() - r.curve("beta = 4, -ELBO").last(), c.choose(0, -60),
           c.choose(3, 20));
}

// --- picture

std::vector<Plot> picture(const LinearData& d, const Linear& linear, const Record& r) {
  const std::vector<double> C = support::grid(0, 8, 161);
  const auto latents = static_cast<std::int64_t>(linear.each[0].size());
  Plot opened("linear VAE of digits: each latent", "C, nats", "KL of a latent, nats");
  for (std::size_t k = 0; k < 6; ++k) {
    std::vector<double> trained;
    for (const auto& each : linear.each) trained.push_back(each[k]);
    const auto of = [&](double nats) { return WaterFilling(d.eigenvalues, latents, nats).kl[k]; };
    opened.line("", C, support::each(C, of)).same_colour().points("", linear.C, trained);
  }
  const auto error = [&](double nats) { return WaterFilling(d.eigenvalues, latents, nats).error; };
  Plot sprites("sprites: each latent while C grows", "C(t), nats", "KL, nats");
  const auto& capacity = r.curve("capacity, C").y;
  for (int k = 1; r.curves.contains(fmt::format("capacity, KL of z_{}", k)); ++k)
    sprites.line(fmt::format("z_{}", k), capacity,
                 r.curve(fmt::format("capacity, KL of z_{}", k)).y);
  return {
      opened.x_range(0, 8),
      Plot("the least error for C nats", "C, nats", "squared error of an image")
          .line("exact", C, support::each(C, error))
          .points("trained", linear.C, linear.error)
          .x_range(0, 8)
          .key("top right"),
      sprites.dashed("sum", capacity, r.curve("capacity, KL").y).y_range(0, 20).key("top left")};
}

// --- program

void program(Concept& c) {
  const Hold hold = c.broken("squared")           ? squared
                    : c.broken("without_abs")     ? without_abs
                    : c.broken("for_each_latent") ? for_each_latent
                                                  : held;
  claims_of_water(c);
  const LinearData d(support::load_images(c, "mnist", 600, 200));
  const Linear linear = claims_of_linear(c, d, hold);
  claim_of_small_gamma(c, d, hold);
  const DTypeScope f32(DType::f32);
  Record r;
  const nn::TensorDataset sprites =
      split_sprites({.positions = c.choose(16, 5), .sizes = c.choose(4, 2)}, c.rng("sprites"));
  const SpriteTraining how{
      c.choose(60, 40), c.choose(200, 50), c.choose(8, 4), c.choose(12.0, 6.0), 50, c.seed()};
  train_sprites(
      sprites, "capacity",
      [&](const vae::ElboTerms& terms, double C) { return at_capacity(terms, C, how.gamma, hold); },
      how, r);
  train_sprites(
      sprites, "beta = 4",
      [](vae::ElboTerms terms, double) -> vae::Objective {
        terms.beta = 4;
        return terms;
      },
      how, r);
  claims_of_sprites(c, r);
  c.draw(picture(d, linear, r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C144",
                         .title = "A capacity for the KL that grows",
                         .source = "Burgess et al. 2018, equation 8; models F2, F6",
                         .mutants = {{"squared", "the squared distance to C"},
                                     {"without_abs", "KL - C without the absolute value"},
                                     {"for_each_latent", "C is meant for each latent"}}},
                        program);
}
