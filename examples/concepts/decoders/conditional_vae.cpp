// conditional_vae: what the label says, z need not
// C92, UDL chapter 17, notes; Sohn, Lee and Yan 2015
//
//     log p(x|y) >= E_q(z|x,y)[ log p(x|z,y) ] - KL(q(z|x,y) || p(z))
//
// The label goes into both networks. For digits z is then left with how they are written: slant, width, thickness.
// Nothing forbids z to say the digit once more; it only costs KL and wins nothing. The model is in vae/models/conditional.hpp.
#include "concepts/decoders/conditional_measures.hpp"
#include "concepts/decoders/conditional_vae_faults.hpp"
#include "nn/init.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"

using namespace concepts;
using support::Concept, support::Plot;

namespace {

// --- claims

vae::ConditionalSizes sizes_of(const Concept& c) {
  return {.hidden = {c.choose(400, 100)}, .latent = c.choose(10, 8)};
}
double train(const Concept& c, ConditionalVae& model, const vae::Play& play, const nn::Dataset& d) {
  const support::Training how{c.choose(30, 20), c.choose(50, 25), c.choose(1e-3, 2e-3), c.seed()};
  nn::init::torch_default(model, c.rng("init"));
  return support::train(model, play, d, how).neg_elbo();
}

/// A label that is always the same says nothing.
void claims_of_constant_label(Concept& c, const ConditionalSteps& steps) {
  ConditionalVae model({.hidden = {30}, .latent = 5});
  model.to_encoder = steps.to_encoder, model.to_decoder = steps.to_decoder;
  vae::MlpVae plain({.hidden = {30}, .latent = 5});
  nn::init::torch_default(model, c.rng("init"));
  copy_without_label(model, plain);
  const Tensor x = c.rng("x").uniform({8, 784}), y = slice(eye(10), 0, 0, 1);
  Rng one(3), same(3);
  const Tensor bound = vae::elbo(model.given(broadcast_to(y, {8, 10})), x, one).elbo();
  c.identity("always the label 0: bound - that of a plain VAE, largest",
             max(abs(bound - vae::elbo(plain, x, same).elbo())).item(), 0, 1e-10);
}

void claims_of_bound(Concept& c, double plain, double told) {
  c.within("test -ELBO, nats: plain VAE", plain, c.choose(102, 110), c.choose(107, 150));
  c.within("told the label", told, c.choose(95, 110), c.choose(100, 150));
  c.within("plain - told, nats", plain - told, c.choose(5.6, 0.3), c.choose(7.7, 12.0));
}

void claims_of_probe(Concept& c, ConditionalVae& plain, ConditionalVae& model,
                     const nn::ImageDataset& data) {
  for (const std::int64_t hidden : {0, 100}) {
    const vae::ProbeOptions options{.hidden = hidden, .steps = c.choose(1500, 300)};
    const std::int64_t n = c.choose(20000, 1000);
    const double in_plain = digit_in_z(plain, false, data, n, options);
    const std::string probe = hidden == 0 ? "linear probe" : "probe with a hidden layer";
    c.within(probe + ": digits found in z of the plain VAE", in_plain, 0.5, 1);
    c.at_least("... more than in z of the one that is told",
               in_plain - digit_in_z(model, true, data, n, options), 0.05);
  }
}

void claims_of_samples(Concept& c, ConditionalVae& model, const nn::ImageDataset& data) {
  const nn::Batch train = support::rows_of(data, nn::Part::train);
  const nn::Batch test = support::rows_of(data, nn::Part::test);
  const auto classifier = vae::train_probe(
      train.images, train.labels, 10, {.hidden = 200, .steps = c.choose(2500, 200), .rate = 2e-3});
  c.at_least("classifier: accuracy, test images",
             vae::probe_accuracy(*classifier, test.images, test.labels), 0.97);
  const std::int64_t n = c.choose(500, 100);
  Rng rng = c.rng("samples");
  const Tensor images = model.under_all_labels(rng.normal({n, model.sizes.latent}));
  std::vector<std::int32_t> asked;
  for (std::int64_t i = 0; i < 10 * n; ++i) asked.push_back(static_cast<std::int32_t>(i % 10));
  c.at_least("draws of the prior: the classifier finds the label that was asked for",
             vae::probe_accuracy(*classifier, reshape(images, {10 * n, 784}),
                                 index_tensor(asked, {10 * n})),
             c.choose(0.87, 0.4));
}

void claims_of_style(Concept& c, ConditionalVae& model, const nn::ImageDataset& data) {
  const auto [slant, thickness] = style_kept(model, data, c.choose(1000, 200));
  c.at_least("slant of x, and of its z under nine other labels: correlation", slant, 0.7);
  c.at_least("thickness: the same", thickness, c.choose(0.7, 0.2));
}

// --- picture

std::vector<Plot> picture(ConditionalVae& model, const nn::Batch& test) {
  const NoGrad no_grad;
  const std::int64_t n = 8;
  const Tensor x = slice(test.images, 0, 0, n), y = slice(model.one_hot(test.labels), 0, 0, n);
  const Tensor all = model.under_all_labels(model.given(y).encode(x).loc);
  const Tensor sheet = concat({reshape(x, {n, 1, 784}), all}, 1);
  return {Plot("left: x; right: its z under each label", "", "")
              .images(sheet.with_shape({n * 11, 28, 28}), 11)};
}

// --- program

void program(Concept& c) {
  const ConditionalSteps steps = c.broken("label_not_in_encoder") ? concepts::label_not_in_encoder()
                                 : c.broken("label_not_in_decoder")
                                     ? concepts::label_not_in_decoder()
                                 : c.broken("labels_shuffled") ? concepts::labels_shuffled()
                                                               : ConditionalSteps{};
  claims_of_constant_label(c, steps);
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset all = support::load_images(c, "mnist", 2000, 500);
  nn::ImageDataset data = all;
  nn::keep_first(data, c.choose(60000, 2000), c.choose(10000, 500));
  data.binarize = c.quick() ? nn::Binarize::threshold : nn::Binarize::dynamic;
  ConditionalVae plain(sizes_of(c)), model(sizes_of(c));
  model.to_encoder = steps.to_encoder, model.to_decoder = steps.to_decoder;
  const auto nothing = [](const Tensor& y) { return 0.0 * y; };  // the plain VAE of the same size
  const double of_plain = train(c, plain, with_label(plain, nothing), data);
  const double told = train(c, model, with_label(model, steps.of_batch), data);
  claims_of_bound(c, of_plain, told);
  const nn::Batch test = support::rows_of(data, nn::Part::test);
  claims_of_probe(c, plain, model, data);
  c.at_least("another label, the same image: q moves by, nats", move_by_label(model, test), 0.5);
  claims_of_samples(c, model, all);
  claims_of_style(c, model, data);
  c.draw(picture(model, test));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C92",
                         .title = "The conditional VAE",
                         .source = "UDL chapter 17, notes; Sohn, Lee and Yan 2015",
                         .mutants = {{"label_not_in_encoder", "q(z|x)"},
                                     {"label_not_in_decoder", "p(x|z)"},
                                     {"labels_shuffled", "the label of the image before"}}},
                        program);
}
