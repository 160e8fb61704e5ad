// property_optimization: search in the latent space for an image with more of a property
// C85, UDL notes (Gomez-Bombarelli et al. 2018)
//
//     p(x, y | z) = p(x|z) N(y; g(z), 0.1^2)       then climb   g(z) + 0.2 log p(z)   from an image's z
//
// There is no gradient from one molecule to a better one, but there is one between their codes. Here
// the molecules are sprites (F6), and the property y is their torque about the middle, size^2 (x - 8),
// in standard deviations of the data: to have more of it, move to the right and grow. What counts is
// not what the model believes, g, but what is measured in the decoded image, if that is a sprite still.
#include "concepts/applications/property_optimization.hpp"

#include "nn/data/sprites.hpp"
#include "nn/init.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- claims

void train(const Concept& c, Model& model, const Tensor& images, const auto& y) {
  nn::init::torch_default(model, c.rng("init"));
  Rng rng = c.rng("training");
  const auto objective = [&] {
    const std::vector<std::int32_t> order = rng.permutation(images.dim(0));
    const Tensor x = take_rows(images, index_tensor(std::span(order).first(128), {128}));
    return bound(model, x, y(x), rng);
  };
  support::ascend(model.parameters(), objective,
                  {.steps = c.choose(4000, 800), .rate = 3e-3, .shrink = 0.01});
}

/// A path of codes [steps, B, 4]: the mean property of its images, measured, and what g says of it.
struct Search {
  Tensor codes;
  std::vector<double> measured, believed;
};

Search follow(Model& model, const Tensor& codes, const auto& y) {
  return {codes, mean(y(model.vae.decode(codes).mean()), -1).to_vector(),
          mean(model.g(codes), -1).to_vector()};
}

void claims(Concept& c, Model& model, const Tensor& images, const Search& with_prior,
            const Search& without) {
  const std::vector<double>&truth = with_prior.measured, &belief = with_prior.believed;
  const auto distance = [&](const Tensor& path) {  // of the last images from all sprites
    const Tensor last = model.vae.decode(slice(path, 0, 200, 201)).mean();
    const Tensor apart = mean(square(reshape(last, {-1, 1, 256}) - images), -1);
    return sqrt(-mean(max(-apart, -1))).item();
  };
  c.within("torque in the images: rise, s.d.", truth.back() - truth.front(), c.choose(2.9, 2.0), 4);
  c.within("at the end: believed - measured", belief.back() - truth.back(), -0.4, 0.4);
  c.at_most("at the end: distance from the nearest sprite", distance(with_prior.codes), 0.12);
  c.within("the same, without / with the prior",
           distance(without.codes) / distance(with_prior.codes), c.choose(1.5, 1.1), 5);
}

// --- picture

/// Three paths with the prior and the same three without it, every 25 steps: [9, 6, 4].
std::vector<Plot> picture(Model& model, const Search& with_prior, const Search& without) {
  const Tensor both = concat({slice(with_prior.codes, 1, 0, 3), slice(without.codes, 1, 0, 3)}, 1);
  const Tensor frames = model.vae.decode(take_rows(both, (arange(9) * 25.0).to(DType::i32))).mean();
  const std::vector<double> steps = support::grid(0, 200, 201);
  return {
      Plot("every 25 steps: rows 1-3 with the prior, 4-6 without", "", "")
          .images(reshape(transpose(frames, {1, 0, 2}), {-1, 16, 16}), 9),
      Plot("torque, size^2 (x - 8), mean of 20 searches", "step", "standard deviations of the data")
          .line("with the prior: measured", steps, with_prior.measured)
          .dashed("believed", steps, with_prior.believed)
          .line("without: measured", steps, without.measured)
          .dashed("believed", steps, without.believed)
          .key("bottom right")};
}

// --- program

void program(Concept& c) {
  const double prior_weight = c.broken("prior_forgotten") ? 0 : 0.2;
  const DTypeScope f32(DType::f32);
  const Tensor images = nn::all_sprites({.positions = c.choose(12, 8), .sizes = 4}).flat();
  const Tensor deviation = sqrt(mean(square(torque(images))));  // their mean is 0
  const auto y = [&](const Tensor& of) { return torque(of) / deviation; };
  vae::VaeConfig config{.rows = 16, .cols = 16, .hidden = {128, 128}, .latent = 4};
  config.activation = Activation::tanh;
  config.decoder = vae::DecoderKind::gaussian;
  config.decoder_scale = 0.2;
  Model model(config);
  train(c, model, images, y);
  // From 20 images of the left half: x is the factor that changes slowest.
  const Tensor left = (arange(20) * static_cast<double>(images.dim(0) / 40)).to(DType::i32);
  const Tensor start = model.vae.encode(take_rows(images, left)).loc;
  const Search with_prior = follow(model, search(model, start, prior_weight), y);
  const Search without = follow(model, search(model, start, 0), y);
  claims(c, model, images, with_prior, without);
  c.draw(picture(model, with_prior, without));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C85",
       .title = "Optimising a property of sprites in the latent space",
       .source = "UDL notes; Gomez-Bombarelli et al. 2018; sprites F6",
       .mutants = {{"prior_forgotten", "climbs g alone, to where nothing was ever encoded"}}},
      program);
}
