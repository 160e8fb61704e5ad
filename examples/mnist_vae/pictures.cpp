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

// Every k-th test image, `count` in all, each time one further on: neighbours in a film, or in a sorted set, look
// alike, and so may images that are ten apart.
nn::Batch spread(const nn::ImageDataset& data, std::int64_t count, const Rng& rng) {
  std::vector<std::int32_t> index;
  for (std::int64_t i = 0; i < count; ++i)
    index.push_back(static_cast<std::int32_t>((i * data.test.count / count + i) % data.test.count));
  nn::Batch batch = data.batch(nn::Part::test, index, rng, 0);
  batch.index = {};
  return batch;
}

// Ten of each label, or a hundred of the one that --label asks for; without labels a hundred.
Tensor samples(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data, Rng rng) {
  if (!model.generate_given) return model.generate(100, rng);
  if (c.label < 0) return model.generate(10 * data.classes, rng);
  return model.generate_given(index_tensor(std::vector<std::int32_t>(100, c.label), {100}), rng);
}

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double draw_model(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data) {
  const auto start = Clock::now();
  const NoGrad no_grad;
  model.module->eval();
  constexpr int kColumns = 12, kSide = 20;
  const auto draw = [&](const std::string& name, const Tensor& pixels, vae::GridOptions grid) {
    vae::write_image_grid(c.out / (name + ".png"), data.as_images(pixels), grid);
  };
  const Rng rng = Rng(c.seed).stream("pictures");
  // Two full rows, or one of what there is: rows of images alternate with rows of what comes back.
  const std::int64_t columns = std::min<std::int64_t>(kColumns, data.test.count);
  const std::int64_t shown = data.test.count < 2 * kColumns ? columns : 2 * kColumns;
  const nn::Batch test = spread(data, shown, rng.stream("pixels"));

  Rng latent = rng.stream("latent");
  const Tensor x = data.as_images(test.images);
  const Tensor rebuilt = data.as_images(model.reconstruct(test, latent));
  vae::write_image_grid(c.out / "reconstructions.png",
                        vae::interleave_rows(x, rebuilt, static_cast<int>(columns)),
                        {.columns = static_cast<int>(columns)});
  draw("samples", samples(c, model, data, rng.stream("prior")),
       {.columns = model.generate_given && c.label < 0 ? data.classes : 10});
  if (model.sheets) {
    Rng own = rng.stream("sheets");
    for (const vae::Sheet& sheet : model.sheets(test, own))
      draw(sheet.name, sheet.images, {.columns = static_cast<int>(sheet.columns)});
  }
  if (model.code && model.picture && shown >= 2) {
    const Tensor ends = vae::first_rows(model.code(test), 16);
    draw("interpolations", model.picture(vae::between_pairs(ends, kColumns)),
         {.columns = kColumns});
  }
  if (model.code && model.picture && c.latent == 2)
    draw("manifold", model.picture(vae::manifold_codes(kSide)), {.columns = kSide, .padding = 0});
  return since(start);
}

void draw_while_training(const Config& c, const vae::AnyVae& model, const nn::ImageDataset& data,
                         vae::Trainer& trainer) {
  trainer.on_epoch = [&, before = trainer.on_epoch, wait = 2.0,
                      drawn = Clock::now()](const vae::EpochReport& report) mutable {
    before(report);
    if (since(drawn) < wait) return;
    wait = std::max(2.0, 20 * draw_model(c, model, data));
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
      fmt::format("{}, {}, {} decoder, pixels {}", c.data, c.model, c.decoder, data_rule(c)),
      points);
  if (!why_not.empty()) fmt::print("{}\n", why_not);
}

}  // namespace mnist_vae
