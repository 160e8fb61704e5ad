#include "pictures.hpp"

#include <algorithm>

#include "autograd/ops.hpp"
#include "vae/curves.hpp"
#include "vae/image_grid.hpp"

namespace mnist_vae {

using namespace tapestry;

namespace {

// Two rows of test images over their reconstructions, 12 in a row.
void draw_reconstructions(const Config& c, vae::Vae& model, const nn::ImageDataset& data,
                          const Tensor& x, Rng rng) {
  const Tensor y = model.reconstruct(x, rng);
  const int columns = 12;
  vae::write_image_grid(c.out / "reconstructions.png",
                        vae::interleave_rows(data.as_images(x), data.as_images(y), columns),
                        {.columns = columns});
}

// From one test image to the next in straight lines between their means in latent space.
void draw_interpolations(const Config& c, vae::Vae& model, const nn::ImageDataset& data,
                         const Tensor& x) {
  const int rows = static_cast<int>(std::min<std::int64_t>(8, x.dim(0) / 2)), columns = 12;
  const Tensor z = model.encode(x).mean();
  std::vector<Tensor> path;
  for (int r = 0; r < rows; ++r) {
    const Tensor from = slice(z, 0, 2 * r, 2 * r + 1), to = slice(z, 0, 2 * r + 1, 2 * r + 2);
    for (int k = 0; k < columns; ++k) {
      const double t = k / (columns - 1.0);
      path.push_back((1 - t) * from + t * to);
    }
  }
  const Tensor y = model.decode(concat(path, 0)).mean();
  vae::write_image_grid(c.out / "interpolations.png", data.as_images(y), {.columns = columns});
}

// What the decoder shows over the plane of a two-dimensional z: a grid of equal prior mass (AEVB, fig. 4).
void draw_manifold(const Config& c, vae::Vae& model, const nn::ImageDataset& data) {
  const int side = 20;
  const Tensor mass = linspace(0.5 / side, 1 - 0.5 / side, side);
  const Tensor z = model.prior().normal().icdf(broadcast_to(reshape(mass, {side, 1}), {side, 2}));
  std::vector<double> points;
  for (int r = 0; r < side; ++r) {
    for (int k = 0; k < side; ++k) {
      points.push_back(z.at({k, 0}));
      points.push_back(z.at({side - 1 - r, 1}));  // upwards
    }
  }
  const Tensor y = model.decode(tensor(points, {side * side, 2})).mean();
  vae::write_image_grid(c.out / "manifold.png", data.as_images(y), {.columns = side, .padding = 0});
}

}  // namespace

void draw_model(const Config& c, vae::Vae& model, const nn::ImageDataset& data) {
  const NoGrad evaluation;
  model.eval();
  const Rng rng = Rng(c.seed).stream("pictures");
  const std::int64_t shown = std::min<std::int64_t>(24, data.test.count);
  const Tensor x =
      nn::image_tensor(data.test, 0, shown, nn::binarize_rule(c.binarize), rng.stream("pixels"));
  draw_reconstructions(c, model, data, x, rng.stream("latent"));
  Rng prior = rng.stream("prior");
  vae::write_image_grid(c.out / "samples.png", data.as_images(model.generate(100, prior)));
  draw_interpolations(c, model, data, x);
  if (model.latent() == 2) draw_manifold(c, model, data);
}

void draw_curves(const Config& c, const std::vector<vae::EpochReport>& history) {
  std::vector<vae::CurvePoint> points;
  for (const vae::EpochReport& r : history) {
    points.push_back({.epoch = r.epoch,
                      .train_neg_elbo = r.train_neg_elbo,
                      .test_neg_elbo = r.test.neg_elbo(),
                      .test_neg_log_lik = r.test.neg_log_lik,
                      .test_kl = r.test.kl});
  }
  const std::string why_not =
      vae::write_curves(c.out / "curves.png", fmt::format("{}: {}", c.data, data_rule(c)), points);
  if (!why_not.empty()) fmt::print("{}\n", why_not);
}

}  // namespace mnist_vae
