// latent_manifold: the whole of a two-dimensional latent space on one sheet, and the way through it
// C76, AEVB notes S1 (the paper's figure 4), UDL section 17.8.3
//
//     z_ij = (Phi^-1(p_i), Phi^-1(p_j)),   p_i = (i + 1/2) / 20       Phi: the normal CDF
//
// The prior gives each of these 400 cells the same mass, so the sheet shows what the model generates,
// in the proportions in which it does. Neighbours look alike: the decoder is continuous. So the way
// from one digit to another leads over digits, where the mean of two images is two digits at once.
#include <cmath>

#include "autograd/ops.hpp"
#include "concepts/applications/latent_manifold.hpp"
#include "concepts/applications/train_vae.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor even_steps(std::int64_t n) { return linspace(-2, 2, n); }

// --- claims

/// The codes of two images, many pairs of them.
struct Pairs {
  Tensor from, to;
};

Tensor distance(const Tensor& a, const Tensor& b) { return sqrt(mean(square(a - b), -1)); }

/// The largest step between neighbouring frames over the distance of the ends: [T, B, D] -> [B].
Tensor largest_step(const Tensor& frames) {
  const std::int64_t n = frames.dim(0);
  const Tensor steps = distance(slice(frames, 0, 1, n), slice(frames, 0, 0, n - 1));
  return max(steps, 0) /
         reshape(distance(slice(frames, 0, 0, 1), slice(frames, 0, n - 1, n)), {-1});
}

void claims_of_quantiles(Concept& c, const Tensor& q) {
  const auto n = static_cast<double>(q.size());
  const Tensor p = (arange(q.size()) + 0.5) / n;
  c.identity("Phi(z_i) - (i + 1/2) / n, largest",
             max(abs(prob::Normal(tensor(0.0), tensor(1.0)).cdf(q) - p)).item(), 0, 1e-12);
}

/// From one test digit to another, in so many frames.
Pairs claims(Concept& c, vae::MlpVae& model, const nn::ImageDataset& data, const Tensor& sheet,
             const auto& way, int frames) {
  Rng rng = c.rng("draws");
  const Tensor generated = mean(vae::generate(model, 10000, rng), 0);
  c.at_most("mean image of the sheet - of 10000 draws, root mean square",
            distance(mean(sheet, {0, 1}), generated).item(), 0.01);

  const std::int64_t pairs = c.choose(200, 100);
  const Tensor x = nn::image_tensor(data.test, 0, 2 * pairs, nn::Binarize::none, rng);
  const Tensor code = model.encode(x).mean();
  const Tensor from = slice(code, 0, 0, pairs), to = slice(code, 0, pairs, 2 * pairs);
  const Tensor step = largest_step(way(model, from, to, linspace(0, 1, frames)));
  c.at_least("41 frames: share of pairs with no step above 1/4 of the way",
             mean(where(less(step, 0.25), 1.0, zeros({pairs}))).item(), 0.95);
  c.within("largest step, mean of the pairs (of even steps 1/40 = 0.025)", mean(step).item(),
           c.choose(0.04, 0.025), 0.14);
  // How probable is what stands half way?
  const auto half_way = [&](const auto& by) {
    const Tensor frame = by(model, from, to, full({1}, 0.5));
    const Tensor drawn = where(less(rng.uniform(frame.shape()), frame), 1.0, zeros(frame.shape()));
    return vae::log_px(model, reshape(drawn, {pairs, -1}), rng, c.choose(50, 20)).log_px;
  };
  c.within("half way: mean log p(x) of the code's image - of the faded one, nats",
           mean(half_way(way) - half_way(by_fading)).item(), c.choose(42, 1), c.choose(59, 100));
  return {from, to};
}

// --- picture

std::vector<Plot> picture(vae::MlpVae& model, const nn::ImageDataset& data, const Tensor& sheet,
                          const Pairs& of) {
  const Tensor eight = linspace(0, 1, 8);
  std::vector<Tensor> strips;
  for (const std::int64_t pair : {0, 1, 3})
    for (const auto& way : {by_code, by_fading})
      strips.push_back(slice(way(model, of.from, of.to, eight), 1, pair, pair + 1));
  const std::int64_t side = sheet.dim(0);
  return {Plot(fmt::format("each image for 1/{} of the prior's mass", side * side), "", "")
              .images(data.as_images(sheet), static_cast<int>(side)),
          Plot("from digit to digit by their codes; below each, faded", "", "")
              .images(data.as_images(concat(strips, 0)), 8)};
}

// --- program

void program(Concept& c) {
  const Tensor q = (c.broken("even_steps") ? even_steps : quantiles)(c.choose(20, 10));
  const auto way = c.broken("faded") ? by_fading : by_code;
  const int frames = c.broken("few_frames") ? 4 : 41;
  claims_of_quantiles(c, q);
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 2000, 400);
  data.binarize = nn::Binarize::dynamic;
  const auto model = support::train_vae(
      c, data, {.hidden = c.choose<std::vector<std::int64_t>>({400, 200}, {100}), .latent = 2},
      {.epochs = c.choose(20, 40), .batch = c.choose(128, 50), .lr = c.choose(1e-3, 3e-3)});
  const NoGrad no_grad;
  const Tensor sheet = sheet_of(*model, q);
  c.draw(picture(*model, data, sheet, claims(c, *model, data, sheet, way, frames)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C76",
       .title = "Latent manifold and interpolation",
       .source = "AEVB notes S1, UDL section 17.8.3",
       .mutants = {{"even_steps", "the sheet's z are evenly spaced, not quantiles"},
                   {"faded", "images are mixed, not codes"},
                   {"few_frames", "four frames for the whole way"}}},
      program);
}
