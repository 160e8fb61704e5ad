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

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "support/images.hpp"
#include "support/train_vae.hpp"
#include "vae/analysis/attributes.hpp"
#include "vae/analysis/image_measures.hpp"
#include "vae/analysis/ranks.hpp"
#include "vae/exact/sprites.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// What can be measured in each image of [n, rows, cols], [n].
struct Attribute {
  std::string name;
  Tensor (*measure)(const Tensor& images);
};

/// From the images with less than the mean of an attribute to those with more.
Tensor vector_of(const Concept& c, const Tensor& codes, const Tensor& measured) {
  const Tensor more = greater(measured, mean(measured)),
               less_of_it = less(measured, mean(measured));
  return vae::attribute_vector(codes, c.broken("exchanged") ? less_of_it : more);
}

/// Moves images along the vectors of two attributes. Returns a sheet of one: the first attribute from
/// left to right, the second from bottom to top.
Plot study(Concept& c, const std::string& title, const nn::ImageDataset& data, vae::Vae& model,
           const Attribute (&attributes)[2]) {
  const NoGrad numbers;
  Rng rng = c.rng(title);
  const auto grey = [&](const nn::ByteImages& images, std::int64_t most) {
    return nn::image_tensor(images, 0, std::min(images.count, most), nn::Binarize::none, rng);
  };
  const Tensor known = grey(data.train, 10000), codes = model.encode(known).mean();
  const Tensor first = attributes[0].measure(data.as_images(known));
  const Tensor second = attributes[1].measure(data.as_images(known));
  const Tensor vectors[] = {vector_of(c, codes, c.broken("confounded") ? first + second : first),
                            vector_of(c, codes, second)};

  constexpr std::int64_t kImages = 50, kSteps = 9;
  const Tensor test = grey(data.test, 10000), t = linspace(-1, 1, kSteps);
  const Tensor order = index_tensor(rng.permutation(test.dim(0)), {test.dim(0)});
  const Tensor z = model.encode(slice(take_rows(test, order), 0, 0, kImages)).mean();
  // Attribute b along the vector of a: [kSteps, kImages].
  const auto along = [&](int a, int b) {
    const Tensor moved = model.decode(vae::traverse(z, vectors[a], t)).mean();
    return reshape(attributes[b].measure(data.as_images(moved)), {kSteps, kImages});
  };
  const auto change = [](const Tensor& m) {  // from the first step to the last
    return mean(abs(slice(m, 0, kSteps - 1, kSteps) - slice(m, 0, 0, 1))).item();
  };
  for (const int a : {0, 1}) {
    const Tensor own = along(a, a), of_other = along(1 - a, a);
    double correlation = 0;
    for (std::int64_t i = 0; i < kImages; ++i)
      correlation += vae::rank_correlation(t, reshape(slice(own, 1, i, i + 1), {-1})) / kImages;
    c.at_least(attributes[a].name + ": rank correlation with t, mean of 50 images", correlation,
               0.95);
    c.at_most(attributes[a].name + ": change along the other vector / along its own",
              change(of_other) / change(own), 0.5);
  }
  const Tensor row = vae::traverse(slice(z, 0, 0, 1), vectors[0], linspace(-1, 1, 7));
  const Tensor sheet = vae::traverse(row, vectors[1], linspace(1, -1, 7));
  return Plot(title, "", "").images(data.as_images(model.decode(sheet).mean()), 7);
}

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  nn::ImageDataset sprites;
  sprites.name = "sprites";
  sprites.train = sprites.test = vae::exact::all_sprites({.sizes = 1}).bytes();
  auto model = support::train_vae(
      c, sprites,
      {.hidden = {100}, .latent = 4, .decoder = vae::DecoderKind::gaussian, .decoder_scale = 0.5},
      {.epochs = 100, .batch = 32, .lr = 3e-3});
  std::vector<Plot> panels{
      study(c, "sprites: x to the right, y upwards", sprites, *model,
            {{"x", [](const Tensor& i) { return vae::exact::measure_sprites(i).x; }},
             {"y", [](const Tensor& i) { return -vae::exact::measure_sprites(i).y; }}})};
  if (!c.quick()) {
    const nn::ImageDataset digits = support::load_images(c, "mnist", 0, 0);
    model = support::train_vae(c, digits, {.hidden = {400}, .latent = 10}, {.epochs = 12});
    panels.push_back(
        study(c, "digits: slant to the right, thickness upwards", digits, *model,
              {{"slant", [](const Tensor& i) { return vae::measure_pen(i).slant; }},
               {"thickness", [](const Tensor& i) { return vae::measure_pen(i).thickness; }}}));
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
       .mutants = {{"exchanged", "the mean without the attribute minus the mean with it"},
                   {"confounded", "the images with the first attribute have more of the second"}}},
      program);
}
