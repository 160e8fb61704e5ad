#pragma once

#include <array>
#include <string>

#include "autograd/ops.hpp"
#include "nn/data/image_dataset.hpp"
#include "vae/models/mlp.hpp"
#include "vae/pictures/attribute_vector.hpp"

/// The model of attribute_vectors.cpp (C74), which begins with its equations.
namespace tapestry::concepts {

/// What can be measured in each image of [n, rows, cols], [n].
struct Attribute {
  std::string name;
  Tensor (*measure)(const Tensor& images);
  double of_other;  ///< at most this share of what its own vector does to it, the other may do
};

/// From the images with less than the mean of an attribute to those with more.
inline Tensor vector_of(const Tensor& codes, const Tensor& measured) {
  return vae::attribute_vector(codes, greater(measured, mean(measured)));
}

/// An attribute of the images of the codes z [n, Z], moved along v by each t [T]: [T, n].
inline Tensor along(vae::MlpVae& model, const nn::ImageDataset& data, const Tensor& z,
                    const Tensor& v, const Tensor& t, const Attribute& of) {
  const Tensor moved = model.decode(vae::traverse(z, v, t)).mean();
  return reshape(of.measure(data.as_images(moved)), {t.dim(0), z.dim(0)});
}

/// Codes of test images [n, Z], and the vectors of two attributes.
struct Study {
  Tensor z;
  std::array<Tensor, 2> vectors;
};

}  // namespace tapestry::concepts
