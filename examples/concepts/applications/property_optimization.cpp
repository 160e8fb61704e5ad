// property_optimization: search in the latent space for an image with more of a property
// C85, UDL notes (Gomez-Bombarelli et al. 2018)
//
//     p(x, y | z) = p(x|z) N(y; g(z), 0.1^2)       then climb   g(z) + 0.2 log p(z)   from an image's z
//
// There is no gradient from one molecule to a better one, but there is one between their codes. Here
// the molecules are sprites (F6), and the property y is their torque about the middle, size^2 (x - 8),
// in standard deviations of the data: to have more of it, move to the right and grow. What counts is
// not what the model believes, g, but what is measured in the decoded image, if that is a sprite still.
#include "nn/init.hpp"
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/exact/sprites.hpp"
#include "vae/variants/mlp.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

struct Model : nn::Module {
  nn::Child<vae::MlpVae> vae;
  nn::Child<nn::Linear> h{*this, "h", 4, 32, Activation::tanh}, out{*this, "out", 32, 1};

  explicit Model(const vae::VaeConfig& config) : vae(*this, "vae", config) {}
  Tensor g(const Tensor& z) { return sum(out(h(z)), -1); }  // [..., 4] -> [...]
};

/// The property of images [..., 256].
Tensor torque(const Tensor& images) {
  const auto of = vae::exact::measure_sprites(reshape(images, {-1, 16, 16}));
  return reshape(square(of.size) * (of.x - 8.0), images.shape().without(-1));
}

/// The bound of log p(x, y), averaged over images [B, 256] with the property y [B].
Tensor bound(Model& model, const Tensor& x, const Tensor& y, Rng& rng) {
  const prob::Normal q = model.vae.encode(x);
  const Tensor z = q.rsample(rng);
  const prob::Normal property(model.g(z), tensor(0.1));
  return mean(model.vae.decode(z).log_prob(x) + property.log_prob(y) -
              prob::kl(q, model.vae.prior()));
}

/// The codes on the way from z [B, 4]: [steps, B, 4].
Tensor search(Model& model, const Tensor& start, double prior_weight) {
  Parameter z("z", start);
  std::vector<Tensor> path;
  const auto objective = [&] {
    return sum(model.g(1.0 * z) + prior_weight * model.vae.prior().log_prob(1.0 * z));
  };
  support::climb({&z}, objective, {.steps = 201, .rate = 0.04, .shrink = 1},
                 [&](int) { path.push_back(z.value().clone()); });
  return stack(path, 0);
}

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const Tensor images = vae::exact::all_sprites({.positions = c.choose(12, 8), .sizes = 4}).flat();
  const Tensor deviation = sqrt(mean(square(torque(images))));  // their mean is 0
  const auto y = [&](const Tensor& of) { return torque(of) / deviation; };
  vae::VaeConfig config{.rows = 16, .cols = 16, .hidden = {128, 128}, .latent = 4};
  config.activation = Activation::tanh;
  config.decoder = vae::DecoderKind::gaussian;
  config.decoder_scale = 0.2;
  Model model(config);
  nn::init::torch_default(model, c.rng("init"));
  Rng rng = c.rng("training");
  const auto objective = [&] {
    const std::vector<std::int32_t> order = rng.permutation(images.dim(0));
    const Tensor x = take_rows(images, index_tensor(std::span(order).first(128), {128}));
    return bound(model, x, y(x), rng);
  };
  support::climb(model.parameters(), objective,
                 {.steps = c.choose(4000, 800), .rate = 3e-3, .shrink = 0.01});

  // From 20 images of the left half: x is the factor that changes slowest.
  const Tensor left = (arange(20) * static_cast<double>(images.dim(0) / 40)).to(DType::i32);
  const Tensor start = model.vae.encode(take_rows(images, left)).loc;
  const Tensor with_prior = search(model, start, c.broken("prior_forgotten") ? 0 : 0.2);
  const Tensor without = search(model, start, 0);
  const auto decode = [&](const Tensor& path) { return model.vae.decode(path).mean(); };
  const auto measured = [&](const Tensor& path) { return mean(y(decode(path)), -1).to_vector(); };
  const auto believed = [&](const Tensor& path) { return mean(model.g(path), -1).to_vector(); };
  const auto distance = [&](const Tensor& path) {  // of the last images from all sprites
    const Tensor last = reshape(decode(slice(path, 0, 200, 201)), {-1, 1, 256});
    return sqrt(-mean(max(-mean(square(last - images), -1), -1))).item();
  };
  const std::vector<double> truth = measured(with_prior), belief = believed(with_prior);
  c.at_least("torque in the images: rise, s.d.", truth.back() - truth.front(), 2);
  c.within("at the end: believed - measured", belief.back() - truth.back(), -0.4, 0.4);
  c.at_most("at the end: distance from the nearest sprite", distance(with_prior), 0.12);
  c.at_least("the same, without / with the prior", distance(without) / distance(with_prior), 1.1);

  // Three paths with the prior and the same three without it, every 25 steps: [9, 6, 4].
  const Tensor both = concat({slice(with_prior, 1, 0, 3), slice(without, 1, 0, 3)}, 1);
  const Tensor frames = decode(take_rows(both, (arange(9) * 25.0).to(DType::i32)));
  const std::vector<double> steps = support::grid(0, 200, 201);
  c.draw({Plot("three sprites, every 25 steps; below without the prior", "", "")
              .images(reshape(transpose(frames, {1, 0, 2}), {-1, 16, 16}), 9),
          Plot("their torque, mean of 20", "step", "standard deviations of the data")
              .line("with the prior: measured", steps, truth)
              .dashed("believed", steps, belief)
              .line("without: measured", steps, measured(without))
              .dashed("believed", steps, believed(without))
              .key("bottom right")});
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
