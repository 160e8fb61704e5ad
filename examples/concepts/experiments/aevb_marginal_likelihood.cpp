// aevb_marginal_likelihood: log p(x) of models that learned in three ways, measured
// C63, AEVB notes S1 (experiments, marginal likelihood)
//
//     log p(x) = log E_s(z)[p(x, z) / s(z)]  ~  log of the mean of p(x, z_k) / s(z_k), z_k from s
//
// Figure 3 of the paper. log p(x) judges a model without its encoder. s has the shape of a short chain.
#include <cmath>

#include "support/aevb.hpp"
#include "support/posterior_chains.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using support::Record;

namespace {

/// Of the first images: log p(x) from 100 samples, how many count, the gain on 10, the gap to the bound.
support::Measured marginal(const Concept& c, vae::Vae& model, const nn::ByteImages& images,
                           const std::string& part) {
  const NoGrad evaluation;
  Rng rng = c.rng("test");
  const Tensor x = nn::image_tensor(images, 0, c.choose(500, 100), nn::Binarize::none, rng);
  const prob::MultivariateNormal s = support::explored_posterior(model, x, rng);
  const auto estimate = [&](int samples) {
    const auto decode = [&](const Tensor& z) { return model.decode(z); };
    return vae::importance_log_px(x, s, model.prior(), decode, rng, samples);
  };
  const vae::LogEvidence from_100 = estimate(100), from_10 = estimate(10);
  const Tensor log_px = from_100.log_px + (c.broken("sum_of_weights") ? std::log(100) : 0);
  const vae::ElboTerms bound = model.elbo(x, rng);
  const auto gap = prob::estimate(log_px - (c.broken("no_kl") ? bound.log_lik : bound.elbo()));
  return {{part, mean(log_px).item()},
          {part + " ESS", mean(from_100.ess).item()},
          {part + " gain", mean(log_px - from_10.log_px).item()},
          {part + " gap", gap.mean.item()},
          {part + " gap, s.e.", gap.standard_error.item()}};
}

std::int64_t few(const Concept& c) { return c.choose(1000, 200); }
std::int64_t many(const Concept& c) { return c.choose(50'000, 1000); }

std::vector<support::AevbRun> runs(const Concept& c) {
  std::vector<support::AevbRun> all;
  const std::int64_t first = c.choose(10'000, 5'000);
  const auto add = [&](std::int64_t images, const char* how, const support::Learner& learner,
                       std::int64_t last = 3'162'300) {
    all.push_back(
        {.name = fmt::format("{} {}", images, how),
         .hidden = c.choose(100, 30),
         .latent = 3,
         .learner = learner,
         .checkpoints = support::log_checkpoints(first, c.choose<std::int64_t>(last, 10'000), 4),
         .images = images});
  };
  for (const std::int64_t images : {few(c), many(c)}) {
    add(images, "AEVB", support::minimise(support::aevb_loss));
    add(images, "wake-sleep", support::minimise(support::wake_sleep_loss));
  }
  const auto walked_on = [&c](vae::Vae& model, const Tensor& x, const Tensor& z) {
    return c.broken("forgotten_prior") ? model.decode(z).log_prob(x)
                                       : support::log_joint(model, x, z);
  };
  // Only for the few: each image has a chain, and each step of it costs ten passes.
  add(few(c), "MCEM", support::monte_carlo_em(walked_on), 1'000'000);
  return all;
}

void program(Concept& c) {
  const Record record = c.record([&](Record& measured) {
    measured.data_rule = c.choose("MNIST, grey pixels", "drawn digits, grey pixels");
    support::learn_all(c, measured, runs(c), [&](auto& model, const auto& data) {
      support::Measured seen = marginal(c, model, data.test, "test");
      seen.merge(marginal(c, model, data.train, "train"));
      return seen;
    });
  });

  const auto panel = [&](std::int64_t images) {
    return Plot(fmt::format("{} training images", images), "training images seen", "log p, nats")
        .log_x()
        .y_range(c.choose(-210, -250), c.choose(-110, -180))
        .key("bottom right");
  };
  Plot left = panel(few(c)), right = panel(many(c));
  for (const support::AevbRun& run : runs(c)) {
    const std::string how = run.name.substr(run.name.find(' ') + 1);
    for (const std::string part : {" test", " train"}) {
      const auto curve = [&](const char* of) { return record.curve(run.name + part + of); };
      const double gap = curve(" gap").last() + 4 * curve(" gap, s.e.").last();
      c.at_least(run.name + part + ": effective samples of 100", curve(" ESS").lowest(), 30);
      c.within(run.name + part + ": log p of 100 - of 10", curve(" gain").highest(), -0.3, 0.3);
      if (how != "MCEM") c.at_least(run.name + part + ": log p - bound + 4 s.e.", gap, 0);
    }
    support::draw_run(run.images == few(c) ? left : right, record, run.name, how);
  }
  for (const std::int64_t images : {few(c), many(c)}) {
    const auto test = [&](auto of) { return record.curve(fmt::format("{} {} test", images, of)); };
    c.within(fmt::format("{} images: AEVB ahead of wake-sleep", images),
             ahead(test("AEVB"), test("wake-sleep")), c.choose(0, -8), 30);
    if (images == few(c))
      c.within("MCEM ahead of AEVB", ahead(test("MCEM"), test("AEVB")), c.choose(-3, 15), 30);
  }
  c.draw({left, right});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C63",
       .title = "The marginal likelihood of AEVB, wake-sleep and Monte Carlo EM",
       .source = "AEVB notes S1, experiments (figure 3 of the paper)",
       .mutants = {{"forgotten_prior", "the chains of the E-step see the likelihood alone"},
                   {"sum_of_weights", "log of the sum of the weights, not of their mean"},
                   {"no_kl", "the reconstruction alone is called the bound"}}},
      program);
}
