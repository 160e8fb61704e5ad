// similarity_loss: reconstructions judged by structural similarity, which sees edges before it sees light
// C96, Snell, Ridgeway, Liao, Roads, Mozer and Zemel 2017; Wang, Simoncelli and Bovik 2003
//
//     objective = E_q[ -lambda (1 - MS-SSIM(x, mu(z))) ] - KL(q(z|x) || p(z))
//
// A squared error counts a change of light as it counts noise of the same size. Structural similarity compares, window by
// window, how pixels vary together. It is no log p(x|z): the ELBO is measured beside it. The model is in similarity_loss.hpp.
#include "concepts/decoders/similarity_loss.hpp"

#include "nn/data/strokes.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train_images.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/models/latent_model.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

/// Light alone: how bright each image is on the whole.
Tensor of_light(const Tensor& x, const Tensor& mu) {
  const Tensor a = mean(x, {1, 2}), b = mean(mu, {1, 2});
  return (2.0 * a * b + 1e-4) / (square(a) + square(b) + 1e-4);
}

// --- claims

using Similarity = decltype(SimilaritySteps::similarity);

/// Two changes of an image with one squared error: all pixels lighter, and noise.
void claims_of_changes(Concept& c, const Similarity& similarity) {
  const nn::ByteImages drawn = nn::draw_strokes(1, 0, 100);
  const Tensor grey = nn::image_tensor(drawn, 0, 100, nn::Binarize::none, Rng(1));
  const Tensor x = 0.2 + 0.6 * reshape(grey, {100, 28, 28});
  Rng rng = c.rng("noise");
  const Tensor sign = 2.0 * less(rng.uniform(x.shape()), 0.5).to(DType::f64) - 1.0;
  const Tensor lighter = x + 0.1, noisy = x + 0.1 * sign;
  c.exact("an image and itself", mean(similarity(x, x)).item(), 1);
  c.exact("squared error: lighter / noisy",
          (mean(square(lighter - x)) / mean(square(noisy - x))).item(), 1);
  c.within("similarity: lighter", mean(similarity(x, lighter)).item(), 0.97, 1);
  c.within("similarity: noisy", mean(similarity(x, noisy)).item(), 0.85, 0.96);
}

/// What a VAE makes of the test images.
void measure(const Concept& c, const std::string& name, const vae::Play& play,
             SimilarityVae& trained, const nn::Dataset& data, Record& r) {
  support::train_images(c, name, trained, play, data,
                        {.epochs = c.choose(10, 8), .lr = c.choose(2e-3, 5e-3)}, r);
  const NoGrad no_grad;
  Rng rng = c.rng("z");
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  const Tensor mu = vae::reconstruct(static_cast<vae::MlpVae&>(trained.model), x, rng);
  const Shape shape{x.dim(0), 28, 28};
  r.numbers[name + ", similarity"] =
      mean(vae::structural_similarity(reshape(x, shape), reshape(mu, shape))).item();
  r.numbers[name + ", squared error"] = mean(sum(square(mu - x), -1)).item();
  r.numbers[name + ", edges"] = (mean(vae::laplacian_energy(reshape(mu, shape))) /
                                 mean(vae::laplacian_energy(reshape(x, shape))))
                                    .item();
  support::keep_grey_images(r, name, slice(mu, 0, 0, 8));
  support::keep_grey_images(r, "x", slice(x, 0, 0, 8));
}

void claims_of_training(Concept& c, const Record& r) {
  const auto of = [&](const std::string& what) { return r.number(what); };
  c.within("similarity of reconstructions: plain VAE", of("plain, similarity"), c.choose(0.8, 0.4),
           1);
  c.within("told - plain", of("told, similarity") - of("plain, similarity"), c.choose(0.022, 0.02),
           c.choose(0.031, 0.4));
  c.within("energy of edges, of x = 1: told / plain", of("told, edges") / of("plain, edges"),
           c.choose(1.3, 1.0), c.choose(1.75, 60.0));
  c.within("true ELBO lost, nats", r.curve("told, -ELBO").last() - r.curve("plain, -ELBO").last(),
           c.choose(9.6, 1.0), c.choose(13.0, 60.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  const Tensor all =
      concat({support::kept_grey_images(r, "x", 28), support::kept_grey_images(r, "plain", 28),
              support::kept_grey_images(r, "told", 28)},
             0);
  return {Plot("x; plain VAE; told of similarity", "", "").images(all, 8)};
}

// --- program

void program(Concept& c) {
  SimilaritySteps steps;
  if (c.broken("light_alone")) steps.similarity = of_light;
  if (c.broken("sign")) steps.sign = -1;
  if (c.broken("called_elbo")) steps.own_bound = false;
  claims_of_changes(c, steps.similarity);
  const Record r = c.record([&](Record& measured) {
    const DTypeScope f32(DType::f32);
    measured.data_rule = "grey digits";
    nn::ImageDataset data = support::load_images(c, "mnist", 1000, 200);
    nn::keep_first(data, c.choose(10000, 1000), c.choose(2000, 200));
    const vae::VaeConfig sizes{.hidden = {c.choose(400, 100)}, .latent = c.choose(20, 8)};
    SimilarityVae plain(sizes, 0, steps), told(sizes, 500, steps);
    measure(c, "plain", vae::bound_of(static_cast<vae::MlpVae&>(plain.model)), plain, data,
            measured);
    measure(c, "told", told.play(), told, data, measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C96",
                         .title = "Structural similarity as a loss",
                         .source = "Snell et al. 2017; Wang, Simoncelli and Bovik 2003",
                         .mutants = {{"light_alone", "brightness is compared, and nothing else"},
                                     {"sign", "what is alike is punished"},
                                     {"called_elbo", "the objective in the place of the bound"}}},
                        program);
}
