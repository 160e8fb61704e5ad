// canvas: an image that is painted step by step, so that the first latents alone give a rough one
// C103, UDL notes; DRAW: Gregor, Danihelka, Graves, Rezende and Wierstra 2015; Gregor et al. 2016
//
//     c_t = c_t-1 + write(h_t),   h_t = RNN(z_t, h_t-1),   z_t ~ q(z_t | x, x - sigmoid(c_t-1), ...)
//     log p(x) >= E log Bernoulli(x; sigmoid(c_T)) - sum_t KL(q(z_t|...) || N(0, I))
//
// Compression: z_1 .. z_t are kept of the image, the others drawn from the prior.
#include "concepts/decoders/pixel_measures.hpp"
#include "concepts/hierarchies/canvas_faults.hpp"
#include "concepts/hierarchies/train_canvas.hpp"

using namespace concepts;
using support::Concept, support::Plot, support::Record;

namespace {

// --- claims

/// All 16 images of 2 x 2 pixels, many draws of each. The parameters are small, so that no weight is huge.
template <class Brush>
void claims_of_the_bound(Concept& c, const std::string& name, const CanvasSteps& steps) {
  const CanvasSizes sizes{
      .side = 2, .steps = 2, .state = 4, .latents = 2, .read_window = 2, .write_window = 2};
  Canvas<Brush> model(sizes, steps);
  nn::init::torch_default(model, c.rng("tiny"));
  for (Parameter* at : model.parameters()) at->set_value(0.5 * at->value());
  const NoGrad no_grad;
  const std::int64_t n = c.choose(20000, 5000);
  const Tensor all = broadcast_to(support::every_image(4), {n, 16, 4}),
               x = reshape(all, {16 * n, 4});
  Rng rng = c.rng("draws"), again = rng;
  const Tensor kl = model.elbo(x, rng).kl.total();
  const auto levels = model.draw(x, again, 2).levels;
  c.identity(name + ": KL - closed form of all steps, largest",
             max(abs(kl - closed_kl(levels))).item(), 0, 1e-10);
  c.monte_carlo(name + ": noise of z_1 times that of z_2, mean",
                prob::estimate(reshape(noise(levels[0]) * noise(levels[1]), {-1})), 0, 0.02);
  const Tensor p = sum(reshape(exp(model.log_weights(x, rng)), {n, 16}), 1);
  c.monte_carlo(name + ": sum of p(x) over all 16 images", prob::estimate(p), 1, 0.02);
}

void claim_of_one_step(Concept& c, const CanvasSteps& steps) {
  Canvas<WholeImage> model({.side = 4, .steps = 1, .state = 8, .latents = 3}, steps);
  nn::init::torch_default(model, c.rng("one step"));
  const Tensor x = c.rng("pixels").uniform({50, 16});
  Rng rng = c.rng("noise"), again = rng;
  const Tensor vae = vae::elbo(OneStep<WholeImage>{model}, x, rng).elbo();
  c.identity("T = 1: bound - bound of a VAE, largest",
             max(abs(model.elbo(x, again).elbo() - vae)).item(), 0, 1e-10);
}

void claims_of_training(Concept& c, const Record& r) {
  const auto& kept = r.curve("whole image");
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t t = 1; t < kept.y.size(); ++t)
    least = std::min(least, kept.y[t - 1] - kept.y[t]);
  c.at_least("one more step kept: smallest fall of the error", least, 0);
  const double nats = 0.5 * kept.x.back(), bound = r.curve("whole image, -ELBO").last();
  c.within("half of the nats kept: error, canvas / VAE",
           error_at(kept, nats) / error_at(r.curve("VAE, best latents"), nats), c.choose(0.69, 0.5),
           c.choose(0.93, 1.0));
  c.within("-ELBO, whole image, nats", bound, c.choose(98.0, 120.0), c.choose(108.0, 250.0));
  c.at_least("-ELBO, VAE - whole image", r.curve("VAE, beta 1, -ELBO").last() - bound,
             c.choose(0.0, -50.0));
  if (c.quick()) return;
  c.within("-ELBO, whole image - windows", bound - r.curve("windows, -ELBO").last(), 0.5, 4);
}

// --- picture

/// Three digits: the canvas after each step, and below it how much the step has changed.
template <class Brush>
Plot over_time(Canvas<Brush>& model, const Tensor& x, Rng rng, const std::string& title) {
  const NoGrad no_grad;
  std::vector<Tensor> after, change;
  Tensor before = full(x.shape(), 0.5);
  for (const Tensor& logits : model.draw(x, rng, model.sizes.steps).canvas) {
    after.push_back(sigmoid(logits));
    change.push_back(abs(after.back() - before));
    before = after.back();
  }
  const std::int64_t side = model.sizes.side, steps = model.sizes.steps;
  const Tensor both = stack({stack(after, 1), stack(change, 1)}, 1);  // [B, 2, T, D]
  return Plot(title, fmt::format("after step 1, 2, ... {}", steps), "canvas, and its last change")
      .images(reshape(both, {-1, side, side}), static_cast<int>(steps));
}

/// What is painted when t = 0, 1, ... T steps are kept, and x.
Plot kept_pictures(Canvas<WholeImage>& model, const Tensor& x, const Rng& noise) {
  const NoGrad no_grad;
  std::vector<Tensor> pictures;
  const std::int64_t side = model.sizes.side, steps = model.sizes.steps;
  for (std::int64_t t = 0; t <= steps; ++t) {
    Rng rng = noise;
    pictures.push_back(sigmoid(model.draw(x, rng, t).canvas.back()));
  }
  pictures.push_back(x);
  return Plot("the first steps kept, the others from the prior",
              fmt::format("0, 1, ... {} steps kept; x", steps), "six digits")
      .images(reshape(stack(pictures, 1), {-1, side, side}), static_cast<int>(steps) + 2);
}

Plot errors(const Record& r) {
  Plot plot("squared error of what is kept", "nats kept of an image", "squared error");
  for (const std::string name : {"whole image", "windows", "VAE, best latents"})
    if (r.curves.contains(name)) plot.line(name, r.curve(name).x, r.curve(name).y);
  const auto& fewer = r.curve("VAEs of fewer nats");
  return plot.points("VAEs, beta 1, 2, 4", fewer.x, fewer.y);
}

// --- program

void program(Concept& c) {
  const CanvasSteps steps = c.broken("one_noise_for_all_steps") ? CanvasSteps{.drawn = same_noise}
                            : c.broken("wrong_target")          ? CanvasSteps{.painted = own_target}
                            : c.broken("kl_minus_half_T")       ? CanvasSteps{.bound = half_a_step}
                                                                : CanvasSteps{};
  claims_of_the_bound<WholeImage>(c, "whole image", steps);
  claims_of_the_bound<Windows>(c, "windows", steps);
  claim_of_one_step(c, steps);
  const DTypeScope f32(DType::f32);
  std::vector<Plot> panels;
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 500, 200);
    measured.data_rule = c.choose("MNIST, dynamic pixels", "drawn digits, dynamic pixels");
    data.binarize = nn::Binarize::dynamic;
    const Tensor x = data.range(nn::Part::test, 0, c.choose(2000, 200), c.rng("test")).images;
    const auto whole = train_canvas<WholeImage>(c, steps, data, x, "whole image", measured);
    panels = {over_time(*whole, slice(x, 0, 0, 3), c.rng("time"), "painting the whole image"),
              kept_pictures(*whole, slice(x, 0, 0, 6), c.rng("pictures"))};
    if (!c.quick()) {
      const auto windows = train_canvas<Windows>(c, steps, data, x, "windows", measured);
      panels.insert(panels.begin() + 1, over_time(*windows, slice(x, 0, 0, 3), c.rng("time"),
                                                  "painting through windows"));
    }
    train_vaes(c, data, x, measured);
  });
  claims_of_training(c, r);
  panels.push_back(errors(r));
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C103",
       .title = "A canvas: DRAW and compression by concepts",
       .source = "UDL notes; Gregor et al. 2015, equations 3 to 29; Gregor et al. 2016",
       .mutants = {{"kl_minus_half_T", "half a nat is taken off each step, not each latent"},
                   {"one_noise_for_all_steps", "all steps share one noise"},
                   {"wrong_target", "the canvas is compared with itself"}}},
      program);
}
