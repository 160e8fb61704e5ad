#include "pictures.hpp"

#include <algorithm>
#include <chrono>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/data/batcher.hpp"
#include "vae/pictures/curves.hpp"
#include "vae/pictures/image_grid.hpp"
#include "vae/pictures/latent_codes.hpp"

namespace mnist_vae {

using namespace tapestry;

namespace {

// Every k-th test image, `count` in all: neighbours in a film, or in a sorted set, look alike.
nn::ByteImages spread(const nn::ByteImages& all, std::int64_t count) {
  nn::ByteImages some{.count = count, .rows = all.rows, .cols = all.cols, .pixels = {}};
  for (std::int64_t i = 0; i < count; ++i) {
    const auto image = all.image(i * all.count / count);
    some.pixels.insert(some.pixels.end(), image.begin(), image.end());
  }
  return some;
}

}  // namespace

void draw_model(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data) {
  const NoGrad no_grad;
  model.module->eval();
  constexpr int kColumns = 12, kSide = 20;
  const auto draw = [&](const char* file, const Tensor& pixels, vae::GridOptions grid) {
    vae::write_image_grid(c.out / file, data.as_images(pixels), grid);
  };
  const Rng rng = Rng(c.seed).stream("pictures");
  const std::int64_t shown = std::min<std::int64_t>(2 * kColumns, data.test.count);
  const Tensor x =
      nn::image_tensor(spread(data.test, shown), 0, shown, data.binarize, rng.stream("pixels"));

  Rng latent = rng.stream("latent"), prior = rng.stream("prior");
  const Tensor rebuilt = model.reconstruct(x, latent);
  vae::write_image_grid(c.out / "reconstructions.png",
                        vae::interleave_rows(data.as_images(x), data.as_images(rebuilt), kColumns),
                        {.columns = kColumns});
  draw("samples.png", model.generate(100, prior), {});
  if (shown >= 2) {
    const Tensor ends = slice(model.code(x), 0, 0, std::min<std::int64_t>(16, shown));
    draw("interpolations.png", model.picture(vae::between_pairs(ends, kColumns)),
         {.columns = kColumns});
  }
  if (c.latent == 2)
    draw("manifold.png", model.picture(vae::manifold_codes(kSide)),
         {.columns = kSide, .padding = 0});
}

void draw_while_training(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data,
                         vae::Trainer& trainer) {
  using Clock = std::chrono::steady_clock;
  trainer.on_epoch = [&, before = trainer.on_epoch,
                      drawn = Clock::now()](const vae::EpochReport& report) mutable {
    before(report);
    if (Clock::now() - drawn < std::chrono::seconds(2)) return;
    draw_model(c, model, data);
    model.module->train();
    drawn = Clock::now();
  };
}

void draw_curves(const Config& c, const std::vector<vae::EpochReport>& history) {
  std::vector<vae::CurvePoint> points;
  for (const vae::EpochReport& r : history) {
    points.push_back({.epoch = r.epoch,
                      .train_neg_elbo = r.train.neg_elbo(),
                      .test_neg_elbo = r.test.neg_elbo(),
                      .test_neg_log_lik = r.test.neg_log_lik(),
                      .test_kl = r.test.kl()});
  }
  const std::string why_not = vae::write_curves(
      c.out / "curves.png",
      fmt::format("{}, {} decoder, pixels {}", c.data, c.decoder, data_rule(c)), points);
  if (!why_not.empty()) fmt::print("{}\n", why_not);
}

}  // namespace mnist_vae
