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
#include "support/concept.hpp"
#include "support/images.hpp"
#include "support/train_vae.hpp"
#include "vae/analysis/slerp.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// n quantiles of N(0, 1), each in the middle of 1/n of its mass, [n] f64.
Tensor quantiles(const Concept& c, std::int64_t n) {
  const double half = 0.5 / static_cast<double>(n);
  if (c.broken("even_steps")) return linspace(-2, 2, n);
  return prob::Normal(tensor(0.0), tensor(1.0)).icdf(linspace(half, 1 - half, n));
}

Tensor distance(const Tensor& a, const Tensor& b) { return sqrt(mean(square(a - b), -1)); }

/// The largest step between neighbouring frames over the distance of the ends: [T, B, D] -> [B].
Tensor largest_step(const Tensor& frames) {
  const std::int64_t n = frames.dim(0);
  const Tensor steps = distance(slice(frames, 0, 1, n), slice(frames, 0, 0, n - 1));
  return max(steps, 0) /
         reshape(distance(slice(frames, 0, 0, 1), slice(frames, 0, n - 1, n)), {-1});
}

void program(Concept& c) {
  const std::int64_t side = c.choose(20, 10);
  const Tensor q = quantiles(c, side);
  const Tensor p = (arange(side) + 0.5) / static_cast<double>(side);
  c.identity("Phi(z_i) - (i + 1/2) / n, largest",
             max(abs(prob::Normal(tensor(0.0), tensor(1.0)).cdf(q) - p)).item(), 0, 1e-12);

  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 2000, 400);
  const auto model = support::train_vae(
      c, data, {.hidden = c.choose<std::vector<std::int64_t>>({400, 200}, {100}), .latent = 2},
      {.epochs = c.choose(20, 40),
       .batch = c.choose(128, 50),
       .lr = c.choose(1e-3, 3e-3),
       .binarize = nn::Binarize::dynamic});
  const NoGrad numbers;
  const auto decode = [&](const Tensor& z) { return model->decode(z).mean(); };

  // From left to right z_1 rises, from top to bottom z_2 falls: [side, side, D].
  const Tensor z = q.to(DType::f32);
  const Tensor z_1 = broadcast_to(z, {side, side}), z_2 = transpose(broadcast_to(-z, {side, side}));
  const Tensor sheet = decode(stack({z_1, z_2}, 2));
  Rng rng = c.rng("draws");
  const Tensor generated = mean(model->generate(10000, rng), 0);
  c.at_most("mean image of the sheet - of 10000 draws, root mean square",
            distance(mean(sheet, {0, 1}), generated).item(), 0.01);

  // From one test digit to another: through the codes in between, or by fading one into the other.
  const std::int64_t pairs = c.choose(200, 100);
  const Tensor x = nn::image_tensor(data.test, 0, 2 * pairs, nn::Binarize::none, rng);
  const Tensor code = model->encode(x).mean();
  const Tensor from = slice(code, 0, 0, pairs), to = slice(code, 0, pairs, 2 * pairs);
  const auto faded = [&](const Tensor& t) { return vae::lerp(decode(from), decode(to), t); };
  const auto way = [&](const Tensor& t) {  // [T, pairs, D]
    return c.broken("faded") ? faded(t) : decode(vae::lerp(from, to, t));
  };
  const Tensor step = largest_step(way(linspace(0, 1, c.broken("few_frames") ? 4 : 41)));
  c.at_least("41 frames: share of pairs with no step above 1/4 of the way",
             mean(where(less(step, 0.25), 1.0, zeros({pairs}))).item(), 0.95);
  // How probable is what stands half way?
  const auto half_way = [&](const Tensor& frame) {
    const Tensor drawn = where(less(rng.uniform(frame.shape()), frame), 1.0, zeros(frame.shape()));
    return model->log_px(reshape(drawn, {pairs, -1}), rng, c.choose(50, 20)).log_px;
  };
  const Tensor half = full({1}, 0.5);
  c.at_least("half way: mean log p(x) of the code's image - of the faded one, nats",
             mean(half_way(way(half)) - half_way(faded(half))).item(), c.choose(10, 1));

  const Tensor eight = linspace(0, 1, 8);
  std::vector<Tensor> strips;
  for (const std::int64_t pair : {0, 1, 3})
    for (const Tensor& frames : {way(eight), faded(eight)})
      strips.push_back(slice(frames, 1, pair, pair + 1));
  c.draw({Plot(fmt::format("each image for 1/{} of the prior's mass", side * side), "", "")
              .images(data.as_images(sheet), static_cast<int>(side)),
          Plot("from digit to digit by their codes; below each, faded", "", "")
              .images(data.as_images(concat(strips, 0)), 8)});
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
