// perceptual_loss: a reconstruction should look like x to a classifier, too
// C96, UDL chapter 17, notes and figure 17.13; Lamb, Dumoulin and Courville 2016
//
//     objective = ELBO + sum_l E_q[ log N(d_l(x); d_l(mu(z)), sigma_l^2 I) ]      d_l: layers of a classifier, frozen
//
// A pixel that is wrong costs the same wherever it is; to a classifier some pixels make a 4 of a 9. The second term tells the
// decoder which. It describes x a second time, so the sum is no bound of log p(x): the ELBO is measured beside it.
#include "concepts/decoders/perceptual_loss.hpp"

#include "concepts/decoders/perceptual_measures.hpp"
#include "support/concept/digit_classifier.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"

using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- wrong versions

Tensor cut_off(const Tensor& mu) { return mu.detach(); }
vae::Objective call_it_elbo(const vae::ElboTerms& terms, const Tensor& layers) {
  const Tensor sum = terms.elbo() + layers;
  return {.value = sum, .bound = sum};
}

// --- claims

void claims_of_slopes(Concept& c, const PerceptualSteps& steps) {
  const Slopes close = slopes(steps, 0.1, c.rng("slopes")),
               loose = slopes(steps, 1, c.rng("slopes"));
  c.identity("slope of the classifier", close.classifier, 0);
  c.at_least("slope of the decoder, layers' sigma 0.1 and 1: difference",
             std::abs(close.decoder - loose.decoder), 1e-6);
}

/// F2 with the exact q, where the bound is log p(x), and one layer d(x) = 2 x.
void claims_of_sum(Concept& c, const PerceptualSteps& steps) {
  Rng rng = c.rng("ppca");
  const double sigma = 0.1;
  const auto model = vae::exact::Ppca::random(10, 3, sigma, rng);
  const Tensor x = model.sample(rng, 200).x, log_px = model.log_px(x);
  const Tensor mu = model.likelihood(model.posterior(x).sample(rng, {1000})).loc;
  const Tensor layers = layers_term({2.0 * x}, {2.0 * mu}, {2 * sigma});
  c.monte_carlo("F2: the layer's term", prob::estimate(mean(layers, -1)),
                exact_layer_term(model, x), 0.05);
  const auto sum = steps.report({.log_lik = log_px, .kl = zeros_like(log_px)}, mean(layers, 0));
  c.at_least("F2: objective - log p(x), nats", mean(sum.value - log_px).item(), 1);
  c.identity("F2: reported bound - log p(x), largest", max(abs(sum.bound - log_px)).item(), 0,
             1e-10);
}

/// A trained VAE on the test images, and its test -ELBO. The layers' noise is twice the spread of their units.
struct Trained : Made {
  double neg_elbo;
};
Trained train(const Concept& c, bool told, const nn::Dataset& data, const Judges& judges,
              const PerceptualSteps& steps) {
  std::vector<double> sigma =
      spread(judges.own, data.range(nn::Part::train, 0, 1000, Rng(1)).images);
  for (double& s : sigma) s *= 2;
  PerceptualVae vae({.hidden = {c.choose(400, 100)}, .latent = c.choose(20, 8)}, judges.own, sigma,
                    steps);
  nn::init::torch_default(vae, c.rng("init"));
  vae::MlpVae& model = vae.model;
  const vae::Means means = support::train(vae, told ? vae.play() : vae::bound_of(model), data,
                                          {c.choose(12, 14), 100, 2e-3, c.seed()});
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  return {reconstructions(model, x, judges, c.rng("z")), means.neg_elbo()};
}

void claims_of_training(Concept& c, const Trained& plain, const Trained& told) {
  c.within("test -ELBO, nats: plain", plain.neg_elbo, c.choose(95, 100), c.choose(115, 200));
  c.within("true ELBO lost, nats", told.neg_elbo - plain.neg_elbo, 0, c.choose(5, 15));
  c.within("squared error of pixels: told / plain", told.pixels / plain.pixels,
           c.choose(0.85, 0.95), c.choose(1.03, 1.05));
  for (const std::size_t l : {0u, 1u})
    c.within(fmt::format("distance in layer {}: told / plain", l + 1),
             told.layers[l] / plain.layers[l], 0, c.choose(0.8, l == 0 ? 0.97 : 0.9));
  c.within("mu of the plain VAE: the classifier names it as x", share(plain.same), 0.4, 1);
  c.at_least("... more often with the layers", share(told.same) - share(plain.same), 0.01);
  c.within("another classifier names it as x", plain.other, 0.4, 1);
  c.at_least("... more often with the layers", told.other - plain.other, 0);
}

// --- picture

/// Rows x, mu of the plain VAE, mu of the other, for the test images of these numbers.
Plot sheet(const std::string& title, const std::vector<std::int32_t>& which, const Made& plain,
           const Made& told) {
  const auto n = std::ssize(which);
  const Tensor rows = index_tensor(which, {n});
  const Tensor all =
      concat({take_rows(told.x, rows), take_rows(plain.mu, rows), take_rows(told.mu, rows)}, 0);
  return Plot(title, "", "told    plain    x")
      .images(all.with_shape({3 * n, 28, 28}), static_cast<int>(n));
}

std::vector<Plot> picture(const Made& plain, const Made& told) {
  std::vector<std::int32_t> first, mended;
  for (std::int32_t i = 0; i < plain.x.dim(0); ++i) {
    if (first.size() < 6) first.push_back(i);
    if (mended.size() < 6 && plain.same.at({i}) == 0 && told.same.at({i}) == 1) mended.push_back(i);
  }
  if (mended.empty()) mended = first;
  return {sheet("the first test digits", first, plain, told),
          sheet("plain misread, told not", mended, plain, told),
          Plot("told / plain", "", "ratio")
              .bars("told", {told.pixels / plain.pixels, told.layers[0] / plain.layers[0],
                             told.layers[1] / plain.layers[1],
                             (1 - share(told.same)) / (1 - share(plain.same))})
              .names({"pixels", "layer 1", "layer 2", "misread"})
              .y_range(0, 1.1)
              .key("off")};
}

// --- program

void program(Concept& c) {
  PerceptualSteps steps;
  if (c.broken("classifier_learns_too")) steps.frozen = false;
  if (c.broken("features_of_samples_detached")) steps.judged = cut_off;
  if (c.broken("called_elbo")) steps.report = call_it_elbo;
  claims_of_slopes(c, steps);
  claims_of_sum(c, steps);
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 2000, 500);
  nn::ImageDataset part = data;
  nn::keep_first(part, c.choose(20000, 2000), c.choose(5000, 500));
  part.binarize = data.binarize = c.quick() ? nn::Binarize::threshold : nn::Binarize::dynamic;
  Classifier own(28);
  support::train_classifier(
      c, own, [&](const Tensor& x) { return own.logits(x); }, data, c.choose(3, 5));
  const auto other = support::train_classifier(c, part, c.choose(3, 3));
  const nn::Batch test = support::rows_of(part, nn::Part::test);
  c.at_least("classifier: accuracy, test images",
             share(same_digit(own.logits(test.images), take_rows(eye(10), test.labels))),
             c.choose(0.955, 0.93));
  const Trained plain = train(c, false, part, {own, *other}, steps);
  const Trained told = train(c, true, part, {own, *other}, steps);
  claims_of_training(c, plain, told);
  c.draw(picture(plain, told));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C96",
       .title = "A perceptual loss: layers of a classifier",
       .source = "UDL chapter 17, notes; Lamb, Dumoulin and Courville 2016; model F2",
       .mutants = {{"classifier_learns_too", "the classifier is trained along"},
                   {"features_of_samples_detached", "no gradient from the layers to the decoder"},
                   {"called_elbo", "the objective in the place of the bound"}}},
      program);
}
