// attribute_vectors: a direction in latent space that changes one property of an image
// C74, UDL section 17.8.3 and figure 17.13
//
//     v = mean of z over images with the attribute - mean of z over images without it
//     f(z + t v): the image with more of it for t > 0, with less for t < 0
//
// Two groups of examples are enough, no net is trained for it. Here an attribute can be measured in
// an image, so that it can be checked what a step along v does to it, and to others. The groups must
// not differ in anything else: what goes with the attribute in the data goes with v.
#include <algorithm>
#include <array>

#include "autograd/ops.hpp"
#include "concepts/applications/attribute_vectors.hpp"
#include "concepts/applications/train_vae.hpp"
#include "nn/data/sprites.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/analysis/ranks.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor mean_with(const Tensor& codes, const Tensor& measured) {
  const Tensor more = greater(measured, mean(measured));
  return mean(where(reshape(more, {-1, 1}), codes, 0.0 * codes), 0);
}

Tensor from_more_to_less(const Tensor& codes, const Tensor& measured) {
  return vae::attribute_vector(codes, less(measured, mean(measured)));
}

// --- claims

/// Moves images along the vectors of two attributes. So much of the second is mixed into the first.
Study claims(Concept& c, const std::string& title, const nn::ImageDataset& data, vae::MlpVae& model,
             const Attribute (&attributes)[2], const auto& vector, double mixed) {
  constexpr std::int64_t kImages = 50, kSteps = 9;
  const NoGrad no_grad;
  Rng rng = c.rng(title);
  const auto grey = [&](const nn::ByteImages& images, std::int64_t most) {
    return nn::image_tensor(images, 0, std::min(images.count, most), nn::Binarize::none, rng);
  };
  const Tensor known = grey(data.train, 10000), codes = model.encode(known).mean();
  const Tensor first = attributes[0].measure(data.as_images(known));
  const Tensor second = attributes[1].measure(data.as_images(known));
  const std::array vectors{vector(codes, first + mixed * second), vector(codes, second)};
  c.identity(title + ": v of codes that are all moved by 3, - v, largest",
             max(abs(vector(codes + 3.0, second) - vectors[1])).item(), 0, 1e-4);
  const Tensor test = grey(data.test, 10000), t = linspace(-1, 1, kSteps);
  const Tensor order = index_tensor(rng.permutation(test.dim(0)), {test.dim(0)});
  const Tensor z = model.encode(slice(take_rows(test, order), 0, 0, kImages)).mean();
  const auto change = [](const Tensor& m) {  // from the first step to the last
    return mean(abs(slice(m, 0, kSteps - 1, kSteps) - slice(m, 0, 0, 1))).item();
  };
  for (const std::size_t a : {0U, 1U}) {
    const auto by = [&](const Tensor& v) { return along(model, data, z, v, t, attributes[a]); };
    const Tensor own = by(vectors[a]), of_other = by(vectors[1 - a]);
    double correlation = 0;
    for (std::int64_t i = 0; i < kImages; ++i)
      correlation += vae::rank_correlation(t, reshape(slice(own, 1, i, i + 1), {-1})) / kImages;
    c.at_least(attributes[a].name + ": rank correlation with t, mean of 50 images", correlation,
               c.choose(0.99, 0.96));
    c.at_most(attributes[a].name + ": change along the other vector / along its own",
              change(of_other) / change(own), attributes[a].of_other);
  }
  return {z, vectors};
}

// --- picture

/// A sheet of one image: the first attribute from left to right, the second from bottom to top.
Plot sheet(const std::string& title, const nn::ImageDataset& data, vae::MlpVae& model,
           const Study& of) {
  const NoGrad no_grad;
  const Tensor row = vae::traverse(slice(of.z, 0, 0, 1), of.vectors[0], linspace(-1, 1, 7));
  const Tensor images = model.decode(vae::traverse(row, of.vectors[1], linspace(1, -1, 7))).mean();
  return Plot(title, "", "").images(data.as_images(images), 7);
}

// --- program

void program(Concept& c) {
  const auto vector = c.broken("one_mean")    ? mean_with
                      : c.broken("exchanged") ? from_more_to_less
                                              : vector_of;
  const double mixed = c.broken("confounded") ? 1.0 : 0.0;
  const DTypeScope f32(DType::f32);
  std::vector<Plot> panels;
  const auto study = [&](const std::string& title, const nn::ImageDataset& data, vae::MlpVae& model,
                         const Attribute(&attributes)[2]) {
    const Study of = claims(c, title, data, model, attributes, vector, mixed);
    panels.push_back(sheet(title, data, model, of));
  };
  nn::ImageDataset sprites;
  sprites.name = "sprites";
  sprites.train = sprites.test = nn::all_sprites({.sizes = 1}).bytes();
  auto model = support::train_vae(
      c, sprites,
      {.hidden = {100}, .latent = 4, .decoder = vae::DecoderKind::gaussian, .decoder_scale = 0.5},
      {.epochs = 100, .batch = 32, .lr = 3e-3});
  study("sprites: x to the right, y upwards", sprites, *model,
        {{"x", [](const Tensor& i) { return nn::measure_sprites(i).x; }, 0.25},
         {"y", [](const Tensor& i) { return -nn::measure_sprites(i).y; }, 0.25}});
  if (!c.quick()) {
    const nn::ImageDataset digits = support::load_images(c, "mnist", 0, 0);
    model = support::train_vae(c, digits, {.hidden = {400}, .latent = 10}, {.epochs = 12});
    study("digits: slant to the right, thickness upwards", digits, *model,
          {{"slant", [](const Tensor& i) { return vae::measure_pen(i).slant; }, 0.13},
           {"thickness", [](const Tensor& i) { return vae::measure_pen(i).thickness; }, 0.45}});
  }
  c.draw(panels);
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C74",
       .title = "Attribute vectors",
       .source = "UDL section 17.8.3, figure 17.13",
       .mutants = {{"one_mean", "the mean of one group, nothing subtracted"},
                   {"exchanged", "the mean without the attribute minus the mean with it"},
                   {"confounded", "the images with the first attribute have more of the second"}}},
      program);
}
