// aevb_marginal_likelihood: log p(x) of models that learned in three ways, measured
// C63, AEVB notes S1 (experiments, marginal likelihood)
//
//     log p(x) = log E_s(z)[p(x, z) / s(z)]  ~  log of the mean of p(x, z_k) / s(z_k), z_k from s
//
// Figure 3 of the paper. log p(x) judges a model without its encoder, if s covers all of p(z|x): half of
// the draws are from the normal of a short chain, half from the encoder. A chain alone stays on one top.
#include <cmath>

#include "concepts/experiments/aevb.hpp"
#include "concepts/experiments/aevb_marginal_likelihood.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;
using support::Record;

namespace {

// --- wrong versions

Tensor log_likelihood(support::AevbVae& model, const Tensor& x, const Tensor& z) {
  return model.decode(z).log_prob(x);
}

vae::LogPx sum_of_weights(support::AevbVae& model, const Tensor& x, Rng& rng, int samples) {
  vae::LogPx e = log_px(model, x, rng, samples);
  e.log_px = e.log_px + std::log(samples);
  return e;
}

vae::LogPx by_prior(support::AevbVae& model, const Tensor& x, Rng& rng, int samples) {
  const Tensor z = model.prior().sample(rng, {samples, x.dim(0)});
  return vae::log_px(log_likelihood(model, x, z));
}

Tensor reconstruction(const vae::ElboTerms& terms) { return terms.log_lik; }

/// The mean over pixels for their sum.
Tensor of_a_pixel(const vae::ElboTerms& terms) {
  return terms.log_lik / (28.0 * 28) - (terms.log_lik - terms.elbo());
}

Tensor mean_over_pixels(support::AevbVae& model, const Tensor& x, Rng& noise) {
  return vae::elbo(model, x, noise, {.beta = static_cast<double>(x.dim(1))}).loss();
}

// --- claims

std::int64_t few(const Concept& c) { return c.choose(1000, 200); }
std::int64_t many(const Concept& c) { return c.choose(50'000, 1000); }

std::vector<support::AevbRun> runs(const Concept& c, const Method& by) {
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
    add(images, "AEVB", support::minimise(by.loss));
    add(images, "wake-sleep", support::minimise(support::wake_sleep_loss));
  }
  // Only for the few: each image has a chain, and each step of it costs ten passes.
  add(few(c), "MCEM", support::monte_carlo_em(by.walked_on), 1'000'000);
  return all;
}

/// Of the first images of both halves of the data.
support::Measured look(const Concept& c, const Method& by, support::AevbVae& model,
                       const nn::ImageDataset& data) {
  const auto of = [&](const nn::ByteImages& images, const std::string& part) {
    Rng rng = c.rng("test");
    const Tensor x = nn::image_tensor(images, 0, c.choose(500, 100), nn::Binarize::none, rng);
    return marginal(by, model, x, rng, part);
  };
  support::Measured seen = of(data.test, "test");
  seen.merge(of(data.train, "train"));
  return seen;
}

void claims(Concept& c, const Record& record, const std::vector<support::AevbRun>& all) {
  for (const support::AevbRun& run : all) {
    for (const std::string part : {" test", " train"}) {
      const auto curve = [&](const char* of) { return record.curve(run.name + part + of); };
      c.at_least(run.name + part + ": effective samples of 100", curve(" ESS").lowest(), 20);
      c.within(run.name + part + ": log p of 100 - of 10", curve(" gain").highest(), -0.2, 2);
      if (run.name.ends_with("MCEM")) continue;  // its encoder learns nothing
      c.within(run.name + part + ": log p - bound, mean", curve(" gap").last(), 0, 50);
      c.at_least(run.name + part + ": log p - bound, least of all images",
                 curve(" least gap").lowest(), -2);
    }
  }
  for (const std::int64_t images : {few(c), many(c)}) {
    const auto test = [&](auto of) { return record.curve(fmt::format("{} {} test", images, of)); };
    c.within(fmt::format("{} images: AEVB ahead of wake-sleep", images),
             ahead(test("AEVB"), test("wake-sleep")), c.choose(0, -8), 30);
    if (images == few(c))
      c.within("MCEM ahead of AEVB", ahead(test("MCEM"), test("AEVB")), c.choose(-3, 15), 30);
  }
}

// --- picture

Plot panel(const Record& record, const std::vector<support::AevbRun>& all, std::int64_t images,
           double low, double high) {
  Plot plot(fmt::format("{} training images", images), "training images seen", "log p, nats");
  plot.log_x().y_range(low, high).key("bottom right");
  for (const support::AevbRun& run : all) {
    if (run.images != images) continue;
    support::draw_run(plot, record, run.name, run.name.substr(run.name.find(' ') + 1));
  }
  return plot;
}

// --- program

void program(Concept& c) {
  Method by;
  if (c.broken("forgotten_prior")) by.walked_on = log_likelihood;
  if (c.broken("sum_of_weights")) by.estimate = sum_of_weights;
  if (c.broken("prior_as_proposal")) by.estimate = by_prior;
  if (c.broken("no_kl")) by.bound_of = reconstruction;
  if (c.broken("bound_of_a_pixel")) by.bound_of = of_a_pixel;
  if (c.broken("mean_over_pixels")) by.loss = mean_over_pixels;
  const std::vector<support::AevbRun> all = runs(c, by);
  const Record record = c.record([&](Record& measured) {
    measured.data_rule = c.choose("MNIST, grey pixels", "drawn digits, grey pixels");
    support::learn_all(c, measured, all,
                       [&](auto& model, const auto& data) { return look(c, by, model, data); });
  });
  claims(c, record, all);
  const double low = c.choose(-210, -250), high = c.choose(-110, -180);
  c.draw({panel(record, all, few(c), low, high), panel(record, all, many(c), low, high)});
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
                   {"prior_as_proposal", "draws of the prior in place of chain and encoder"},
                   {"no_kl", "the reconstruction alone is called the bound"},
                   {"bound_of_a_pixel", "the bound averages the reconstruction over pixels"},
                   {"mean_over_pixels", "AEVB averages the error over pixels, not the KL"}}},
      program);
}
