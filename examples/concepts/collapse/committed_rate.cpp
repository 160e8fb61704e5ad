// committed_rate: two floors under the KL, one by the choice of the prior and one by the objective
// C117, UDL notes; Razavi et al. 2019, delta-VAE; Kingma et al. 2016, free bits
//
//     KL(q || p) >= delta = [(n - 2) log(1 + alpha^2) - log(1 - alpha^2)] / 2       for every q with independent z_1 .. z_n
//
// A prior with memory and a posterior without it can never agree, so z always says something, and the bound stays a bound. Free
// bits charge each group of latents max(lambda, KL): below lambda the KL has no gradient, which invites q to use it.
#include "concepts/collapse/committed_rate_faults.hpp"
#include "concepts/collapse/few_digits.hpp"
#include "nn/init.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train_images.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::committed_rate, concepts::RateVae, concepts::SlowPrior;
using support::Concept, support::Plot, support::Record;

namespace {

constexpr SlowPrior kSlow{.alpha = 0.5};
constexpr double kFloor = 0.5;  // nats a group

// --- claims

void claims_of_rate(Concept& c, double planted) {
  const std::tuple<int, double, double> known[] = {{8, 0.9, 2.6103461392},
                                                   {8, 0.5, 0.8132716902},
                                                   {16, 0.95, 5.6661331258},
                                                   {49, 0.9, 14.7735464674}};
  for (const auto& [n, alpha, delta] : known) {
    const SlowPrior p{.groups = n, .width = 1, .alpha = alpha * planted};
    const prob::Normal q = concepts::closest_q(p, c.rng("q"));
    const std::string name = fmt::format("{} groups, alpha {}: ", n, alpha);
    c.exact(name + "delta, nats", committed_rate(n, alpha), delta, 1e-9);
    c.exact(name + "least KL found", kl(q, p).item(), delta, 1e-8);
    const double ends = 1 - alpha * alpha;
    c.exact(name + "its variance inside", square(q.scale).at({0, n / 2}), ends / (2 - ends), 1e-3);
  }
  Rng rng = c.rng("q");
  const prob::Normal q(0.3 * rng.normal({10000, 7}), exp(0.5 * rng.normal({10000, 7}) - 0.2), 1);
  const SlowPrior p{.width = 1, .alpha = 0.9 * planted};
  c.at_least("10,000 random q: least KL - delta, nats",
             -max(-kl(q, p)).item() - committed_rate(7, 0.9), 0);
}

/// Two images, three groups: below the floor; above it on average, one image below; above it.
void claims_of_free_bits(Concept& c, const auto& charged, const auto& bound) {
  Parameter kl("kl", tensor({{0.2, 0.1, 3.0}, {0.4, 2.0, 5.0}}));
  Tape tape;
  const Tensor nats = charged(1.0 * kl, 0.5);
  tape.backward(nats);
  const auto slope = kl.grad().to_vector();
  c.exact("charged: 0.5 + 1.05 + 4, nats", nats.item(), 5.55, 1e-12);
  c.identity("slope of a group below the floor", std::abs(slope[0]) + std::abs(slope[3]), 0);
  c.identity("slope of a group above it, times the batch", slope[1] + slope[4], 1);
  c.identity("slope of the image below the floor in it", slope[1], 0.5);
  RateVae model(8, kSlow);
  nn::init::torch_default(model, c.rng("small"));
  model.charged = charged, model.bound = bound;
  Rng rng = c.rng("noise"), again = rng;
  const Tensor x = zeros({5, 196});
  const Tensor bounds = model.free_bits(x, 50, rng).bound - vae::elbo(model, x, again).elbo();
  c.identity("free bits: reported bound - ELBO", mean(bounds).item(), 0, 1e-9);
}

void train(const Concept& c, const nn::ImageDataset& data, const std::string& name,
           const SlowPrior& prior, double floor, Record& r) {
  RateVae model(c.choose(200, 50), prior);
  const auto play = [&](const nn::Batch& b, Rng& rng) -> vae::Objective {
    if (floor > 0) return model.free_bits(b.images, floor, rng);
    return vae::elbo(model, b.images, rng);
  };
  support::train_images(c, name, model, play, data,
                        {.epochs = c.choose(5, 3), .batch = c.choose(25, 20), .lr = 5e-3}, r);
  const NoGrad no_grad;
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  const Tensor nats = mean(kl_of_groups(model.encode(x), prior), 0);
  for (int g = 0; g < prior.groups; ++g) r.add(name, g + 1, nats.at({g}));
}

void claims_of_training(Concept& c, const Record& r) {
  const auto last = [&](const std::string& name) { return r.curve(name).last(); };
  const double delta = 4 * committed_rate(7, kSlow.alpha);
  c.within("plain: KL, nats", last("plain, kl"), 0, c.choose(1.0, 20.0));
  c.at_least("committed rate: KL - 4 delta, nats", last("committed rate, kl") - delta, 0);
  c.within("committed rate: -ELBO - plain, nats",
           last("committed rate, -ELBO") - last("plain, -ELBO"), c.choose(-0.2, -20.0),
           c.choose(2.0, 20.0));
  c.within("-ELBO, plain", last("plain, -ELBO"), c.choose(39.0, 20.0), c.choose(40.5, 200.0));
  c.within("free bits: least KL of a group / floor", r.curve("free bits").lowest() / kFloor,
           c.choose(0.8, 0.0), c.choose(1.2, 20.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot plot("KL of each group of 4 latents", "group", "nats");
  for (const std::string name : {"plain", "committed rate", "free bits"})
    plot.bars(name, r.curve(name).y);
  plot.dashed("floor of free bits", {-0.5, 6.5}, {kFloor, kFloor});
  return {plot.names({"1", "2", "3", "4", "5", "6", "7"}).y_range(0, 1.5)};
}

// --- program

void program(Concept& c) {
  const double planted = c.broken("prior_independent") ? 0 : 1;
  const auto charged = c.broken("max_per_datum")  ? concepts::floor_for_each_image
                       : c.broken("mask_to_zero") ? concepts::nothing_below
                                                  : vae::free_bits;
  const auto bound =
      c.broken("floor_in_bound") ? concepts::bound_with_floor : concepts::elbo_of_groups;
  claims_of_rate(c, planted);
  claims_of_free_bits(c, charged, bound);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::few_digits(c, measured);
    train(c, data, "plain", {}, 0, measured);
    train(c, data, "committed rate", kSlow, 0, measured);
    train(c, data, "free bits", {}, kFloor, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C117",
       .title = "The committed rate, and free bits",
       .source = "UDL notes; Razavi et al. 2019; Kingma et al. 2016",
       .mutants = {{"prior_independent", "the prior has no memory"},
                   {"max_per_datum", "the floor holds for each image, not on average"},
                   {"mask_to_zero", "below the floor nothing is charged"},
                   {"floor_in_bound", "what is charged is reported as the bound"}}},
      program);
}
