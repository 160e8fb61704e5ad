// mean_and_noise: what a decoder with normal noise generates, too smooth before and too rough after
// C70, UDL section 17.8.2 and figure 17.12
//
//     z ~ N(0, I),   x = f(z) + sigma e,   e ~ N(0, I)
//     Var(x_d) = Var(f_d(z)) + sigma^2
//
// A sample of the model is the sum. Papers show f(z), the mean image, for no image looks as if each of
// its pixels had noise of its own. sigma is learned: it is as large as what f cannot explain.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "support/images.hpp"
#include "support/train_vae.hpp"
#include "vae/analysis/image_measures.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// The standard deviation that all pixels share.
double learned_sigma(const vae::Vae& model) {
  for (const auto& [name, parameter] : model.named_parameters()) {
    if (name == "decoder.pixels.log_scale") return std::exp(parameter->value().item());
  }
  throw ConfigError("this decoder has no learned noise");
}

/// e, in f64 from here on.
Tensor noise(const Concept& c, const Shape& shape, Rng& rng) {
  if (c.broken("same_noise_for_all")) return zeros(shape) + rng.normal({shape[1]});
  return rng.normal(shape);
}

/// The variance of each pixel over the images [n, D], averaged over the pixels.
double variance(const Tensor& x) { return mean(square(x - mean(x, 0))).item(); }

void program(Concept& c) {
  const nn::ImageDataset data = support::load_images(c, "freyfaces", 1500, 100);
  Tensor faces, f, f_of_faces;  // f64
  double sigma = 0;
  {
    const DTypeScope f32(DType::f32);
    const auto model = support::train_vae(
        c, data,
        {.hidden = {c.choose(200, 100)}, .latent = 10, .decoder = vae::DecoderKind::gaussian},
        {.epochs = c.choose(300, 30), .batch = 50, .lr = c.choose(1e-3, 3e-3)});
    Rng rng = c.rng("z");
    const NoGrad numbers;
    const Tensor x = nn::image_tensor(data.train, 0, c.choose(1800, 1000), nn::Binarize::none, rng);
    faces = x.to(DType::f64);
    f_of_faces = model->reconstruct(x, rng).to(DType::f64);
    f = model->generate(1000, rng).to(DType::f64);
    sigma = learned_sigma(*model);
  }
  Rng rng = c.rng("noise");
  const double used = c.broken("variance_as_deviation") ? sigma * sigma : sigma;
  const Tensor added = used * noise(c, f.shape(), rng);
  const Tensor x = f + added;
  c.within("learned sigma^2 / mean squared error of reconstructions",
           sigma * sigma / mean(square(faces - f_of_faces)).item(), 0.8, 1.2);
  c.within("(variance of x - variance of f) / sigma^2",
           (variance(x) - variance(f)) / (sigma * sigma), 0.95, 1.05);

  // How sharp are they? Laplacian energy: high for edges, and for noise.
  const auto sharpness = [&](const Tensor& flat) {
    return mean(vae::laplacian_energy(data.as_images(flat))).item();
  };
  const double of_data = sharpness(faces), of_means = sharpness(f), of_sums = sharpness(x);
  c.at_most("sharpness of f / of the data", of_means / of_data, 0.8);
  c.at_least("sharpness of x / of the data", of_sums / of_data, 1.05);
  c.within("(sharpness of x - of f) / 20 sigma^2", (of_sums - of_means) / (20 * sigma * sigma),
           0.95, 1.05);

  // Eight of each; those of the data from all over the film.
  const auto eight = [](const Tensor& flat) { return slice(flat, 0, 0, 8); };
  const Tensor some = slice(reshape(faces, {8, -1, faces.dim(1)}), 1, 0, 1);
  const Tensor rows = concat({reshape(some, {8, -1}), eight(f), 0.5 + eight(added), eight(x)}, 0);
  c.draw({Plot("rows: data, mean f(z), noise, their sum x", "", "").images(data.as_images(rows), 8),
          Plot("before too smooth, after too rough", "", "Laplacian energy")
              .bars("", {of_data, of_means, of_sums})
              .names({"data", "f(z)", "x = f(z) + noise"})
              .y_range(0, 1.1 * of_sums)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C70",
       .title = "Generation: the mean image and the noise",
       .source = "UDL section 17.8.2, figure 17.12",
       .mutants = {{"variance_as_deviation", "noise with the standard deviation sigma^2"},
                   {"same_noise_for_all", "one noise picture is added to all images"}}},
      program);
}
