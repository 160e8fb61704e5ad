// pixel_vae: a decoder that reads the pixels before, and what is then left for the latents to say
// C94, C110, UDL notes; Gulrajani et al. 2016; PixelCNN: van den Oord et al. 2016; model: vae/models/pixel.hpp
//
//     log p(x|z) = sum_i log Bernoulli(x_i | x_1 .. x_i-1, z)
//
// Masked convolutions give all 784 factors in one pass; drawing an image takes 784. The more a pixel sees, the less z says.
#include "concepts/decoders/pixel_measures.hpp"
#include "concepts/decoders/pixel_vae_faults.hpp"
#include "nn/init.hpp"
#include "support/concept/digit_classifier.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train_images.hpp"
#include "vae/vae.hpp"

using namespace tapestry;
using concepts::Spoil, vae::PixelSizes, vae::PixelVae;
using support::Concept, support::Plot, support::Record;

namespace {

constexpr std::int64_t kShown = 6, kDraws = 6;  // z that are shown, images of each

// --- claims

/// A network with random weights on n x n images.
std::unique_ptr<PixelVae> small(const Concept& c, std::int64_t n, Spoil spoil) {
  auto model = std::make_unique<PixelVae>(
      PixelSizes{.side = n, .latents = 2, .hidden = 8, .channels = 6, .first = 3});
  nn::init::torch_default(*model, c.rng("small"));
  spoil(model->cnn);
  return model;
}

void claims_of_order(Concept& c, Spoil spoil) {
  const Tensor x = less(c.rng("pixels").uniform({64}), 0.5).to(DType::f64);
  const auto moved = concepts::turn_pixels(*small(c, 8, spoil), x, c.rng("z").normal({2}));
  c.identity("a pixel turns: largest change of its own and earlier logits", moved.before, 0);
  c.within("share that moves the logit to the right", moved.right, 0.5, 1.000001);
  c.within("share that moves the logit below", moved.below, 0.5, 1.000001);
}

void claim_of_density(Concept& c, Spoil spoil) {
  const NoGrad no_grad;
  const Tensor x = support::every_image(9), z = broadcast_to(c.rng("z").normal({2}), {512, 2});
  const Tensor p = exp(small(c, 3, spoil)->decode(z).log_prob(x));
  c.identity("sum of p(x|z) over all 512 images of 3 x 3", sum(p).item(), 1, 1e-10);
}

/// Trains, the KL annealed during half of the steps; notes the parts of the bound over the rows that a pixel sees.
std::unique_ptr<PixelVae> train(const Concept& c, const nn::ImageDataset& data, PixelSizes sizes,
                                Record& r) {
  if (c.quick()) sizes.hidden = 32, sizes.channels = 4, sizes.maps = 2, sizes.latents = 8;
  auto model = std::make_unique<PixelVae>(sizes);
  model->cnn.look.set_trainable(sizes.first > 0);
  const support::TrainImages how{.epochs = c.choose(6, 2), .batch = c.choose(50, 20), .lr = 2e-3};
  const auto weight = nn::schedule::ramp(0, 1, how.epochs * data.train.count / how.batch / 2);
  const std::string name = fmt::format("{} rows", sizes.rows_seen());
  support::train_images(c, name, *model, vae::bound_of(*model, {}, weight), data, how, r);
  r.add("nats in z", double(sizes.rows_seen()), r.curve(name + ", kl").last());
  r.add("nats in pixels", double(sizes.rows_seen()), -r.curve(name + ", log_lik").last());
  return model;
}

void draw(const Concept& c, PixelVae& model, const nn::ImageDataset& data, nn::Mlp& judge,
          const std::string& name, Record& r) {
  Rng rng = c.rng("samples");
  const Tensor x = data.range(nn::Part::test, 0, c.choose<std::int64_t>(20, kShown), Rng(1)).images;
  const auto drawn = concepts::draw_samples(model, x, kDraws, judge, rng);
  r.numbers[name + ", same digit"] = drawn.same_digit;
  support::keep_images(r, name, reshape(slice(drawn.sheet, 0, 0, kShown), {-1, 784}));
}

void claims_of_training(Concept& c, const Record& r) {
  const auto& z = r.curve("nats in z").y;
  const double best = r.curve("5 rows, -ELBO").last();
  c.within("KL: 5 rows / independent pixels", z[3] / z[0], 0, c.choose(0.7, 100.0));
  c.at_least("KL, independent pixels - 1 row, nats", z[0] - z[1], c.choose(0.0, -10.0));
  c.at_least("KL, 1 row - 3 rows, nats", z[1] - z[2], c.choose(0.0, -10.0));
  c.at_least("-ELBO, independent pixels - 5 rows", r.curve("0 rows, -ELBO").last() - best,
             c.choose(5.0, -100.0));
  c.within("-ELBO with 5 rows, nats", best, c.choose(88.0, 20.0), c.choose(92.0, 700.0));
  c.within("one z, independent pixels: same digit twice", r.number("independent, same digit"),
           c.choose(0.65, 0.0), 1);
  c.within("one z, 5 rows: same digit twice", r.number("5 rows, same digit"), 0,
           c.choose(0.3, 1.0));
}

// --- picture

/// A z in each row: the image that it was encoded from, then images of p(x|z).
Plot samples(const Record& r, const std::string& name, const std::string& title) {
  return Plot(title, "x, and six draws of p(x|z)", "six z")
      .images(support::kept_images(r, name, kShown * (kDraws + 1), 28), kDraws + 1);
}

std::vector<Plot> picture(const Record& r) {
  const auto& z = r.curve("nats in z");
  std::vector<std::string> names;
  for (const double rows : z.x) names.push_back(fmt::format("{}", rows));
  return {samples(r, "independent", "independent pixels"), samples(r, "5 rows", "PixelVAE, 5 rows"),
          Plot("-ELBO: nats in z and in pixels", "rows above that a pixel sees", "nats")
              .bars("z: KL", z.y)
              .bars("pixels: -log p(x|z)", r.curve("nats in pixels").y)
              .stacked()
              .names(names)};
}

// --- program

void program(Concept& c) {
  const Spoil spoil = c.broken("mask_B_first")        ? concepts::see_the_centre
                      : c.broken("mask_reversed")     ? concepts::turn_the_mask
                      : c.broken("masked_1x1")        ? concepts::see_rows_above
                      : c.broken("upsampling_inside") ? concepts::halve_and_double
                                                      : concepts::keep_right;
  claims_of_order(c, spoil);
  claim_of_density(c, spoil);
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    nn::ImageDataset data = support::load_images(c, "mnist", 200, 50);
    nn::keep_first(data, 20000, 2000);
    measured.data_rule =
        c.choose("20,000 digits of MNIST, dynamic pixels", "drawn digits, dynamic pixels");
    data.binarize = nn::Binarize::dynamic;
    const auto judge = support::train_classifier(c, data, c.choose(4, 2));
    const auto plain = train(c, data, {.first = 0, .then = 1}, measured);
    draw(c, *plain, data, *judge, "independent", measured);
    for (const std::int64_t kernel : {3, 7}) train(c, data, {.first = kernel, .then = 1}, measured);
    const auto pixel = train(c, data, {}, measured);
    draw(c, *pixel, data, *judge, "5 rows", measured);
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C94, C110",
       .title = "PixelVAE: a decoder that reads the pixels before",
       .source = "UDL notes; Gulrajani et al. 2016",
       .mutants = {{"mask_B_first", "the first layer sees the pixel that it describes"},
                   {"mask_reversed", "the pixels after, not those before"},
                   {"masked_1x1", "nothing travels along a row"},
                   {"upsampling_inside", "maps are halved and doubled between the layers"}}},
      program);
}
