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
#include "concepts/applications/train_vae.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/bounds/mmd.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// e [n, D], and one for each pixel of each image.
Tensor noise(const Shape& shape, Rng& rng) { return rng.normal(shape); }

/// f(z) of draws z from the prior, [1000, D] f64; `faces` are what the model learned from.
Tensor generated(vae::MlpVae& model, const Tensor& /*faces*/, Rng& rng) {
  return vae::generate(model, 1000, rng).to(DType::f64);
}

/// The standard deviation that all pixels share.
double learned_sigma(const vae::MlpVae& model) {
  for (const auto& [name, parameter] : model.named_parameters()) {
    if (name == "decoder.pixels.log_scale") return std::exp(parameter->value().item());
  }
  throw ConfigError("this decoder has no learned noise");
}

// --- wrong versions

Tensor same_for_all(const Shape& shape, Rng& rng) { return zeros(shape) + rng.normal({shape[1]}); }

Tensor copies(vae::MlpVae& model, const Tensor& faces, Rng& rng) {
  return vae::reconstruct(model, slice(faces, 0, 0, 1000), rng).to(DType::f64);
}

// --- claims

/// Images [n, D] f64: the data, reconstructions of them, and what is generated: f(z), sigma e, x.
struct Images {
  Tensor faces, f_of_faces, f, added, x;
  double sigma;
};

/// The variance of each pixel over the images [n, D], averaged over the pixels.
double variance(const Tensor& x) { return mean(square(x - mean(x, 0))).item(); }

/// How sharp the images are: high for edges, and for noise.
double sharpness(const Tensor& flat, const nn::ImageDataset& data) {
  return mean(vae::laplacian_energy(data.as_images(flat))).item();
}

void claims(Concept& c, const Images& i, const nn::ImageDataset& data) {
  const double square_of_sigma = i.sigma * i.sigma;
  c.within("learned sigma^2 / mean squared error of reconstructions",
           square_of_sigma / mean(square(i.faces - i.f_of_faces)).item(), 0.8, 1.2);
  // What is generated is new: no training image is as near as a reconstruction is to its own.
  const Tensor nearest = -max(-vae::squared_distances(i.f, i.faces), 1);
  c.within("squared distance of f(z) to the nearest image / D sigma^2",
           mean(nearest).item() / (static_cast<double>(i.f.dim(1)) * i.sigma * i.sigma), 1.5, 6);
  c.within("(variance of x - variance of f) / sigma^2",
           (variance(i.x) - variance(i.f)) / square_of_sigma, 0.95, 1.05);

  const double of_data = sharpness(i.faces, data), of_means = sharpness(i.f, data),
               of_sums = sharpness(i.x, data);
  c.within("sharpness of f / of the data", of_means / of_data, c.choose(0.58, 0.1), 0.8);
  c.within("sharpness of x / of the data", of_sums / of_data, 1.05, c.choose(1.3, 4.0));
  c.within("(sharpness of x - of f) / 20 sigma^2", (of_sums - of_means) / (20 * square_of_sigma),
           0.95, 1.05);
}

// --- picture

/// Eight of each; those of the data from all over the film.
std::vector<Plot> picture(const Images& i, const nn::ImageDataset& data) {
  const auto eight = [](const Tensor& flat) { return slice(flat, 0, 0, 8); };
  const Tensor some = slice(reshape(i.faces, {8, -1, i.faces.dim(1)}), 1, 0, 1);
  const Tensor rows =
      concat({reshape(some, {8, -1}), eight(i.f), 0.5 + eight(i.added), eight(i.x)}, 0);
  const double of_sums = sharpness(i.x, data);
  return {Plot("rows: data, mean f(z), noise, their sum x", "", "").images(data.as_images(rows), 8),
          Plot("before too smooth, after too rough", "", "Laplacian energy")
              .bars("", {sharpness(i.faces, data), sharpness(i.f, data), of_sums})
              .names({"data", "f(z)", "x = f(z) + noise"})
              .y_range(0, 1.1 * of_sums)};
}

// --- program

void program(Concept& c) {
  const auto means = c.broken("copies") ? copies : generated;
  const auto e = c.broken("same_noise_for_all") ? same_for_all : noise;
  const double power = c.broken("variance_as_deviation") ? 2 : 1;  // of sigma
  const nn::ImageDataset data = support::load_images(c, "freyfaces", 1500, 100);
  Images i;
  {
    const DTypeScope f32(DType::f32);
    const auto model = support::train_vae(
        c, data,
        {.hidden = {c.choose(200, 100)}, .latent = 10, .decoder = vae::DecoderKind::gaussian},
        {.epochs = c.choose(300, 30), .batch = 50, .lr = c.choose(1e-3, 3e-3)});
    Rng rng = c.rng("z");
    const NoGrad no_grad;
    const Tensor x = nn::image_tensor(data.train, 0, c.choose(1800, 1000), nn::Binarize::none, rng);
    i.faces = x.to(DType::f64);
    i.f_of_faces = vae::reconstruct(*model, x, rng).to(DType::f64);
    i.f = means(*model, x, rng);
    i.sigma = learned_sigma(*model);
  }
  Rng rng = c.rng("noise");
  i.added = std::pow(i.sigma, power) * e(i.f.shape(), rng);
  i.x = i.f + i.added;
  claims(c, i, data);
  c.draw(picture(i, data));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C70",
       .title = "Generation: the mean image and the noise",
       .source = "UDL section 17.8.2, figure 17.12",
       .mutants = {{"copies", "f of faces in place of f of draws from the prior"},
                   {"variance_as_deviation", "noise with the standard deviation sigma^2"},
                   {"same_noise_for_all", "one noise picture is added to all images"}}},
      program);
}
