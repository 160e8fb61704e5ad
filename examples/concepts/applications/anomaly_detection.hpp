#pragma once

#include <cstdint>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/data/image_dataset.hpp"
#include "vae/models/mlp.hpp"

/// The model of anomaly_detection.cpp (C69), which begins with its equations.
namespace tapestry::concepts {

/// -log p(x) of each x [B, D]: high for outliers.
inline Tensor surprise(vae::MlpVae& model, const Tensor& x, Rng& rng, int samples) {
  return -vae::log_px(model, x, rng, samples).log_px;
}

constexpr int kFound = 2, kMissed = 1;  // the two classes that the model never sees
inline bool is_seen(int label) { return label != kFound && label != kMissed; }

/// The images of the classes that `wanted` accepts.
template <class Wanted>
nn::ByteImages choose(const nn::ByteImages& images, const std::vector<std::uint8_t>& labels,
                      Wanted&& wanted) {
  nn::ByteImages out{.count = 0, .rows = images.rows, .cols = images.cols, .pixels = {}};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!wanted(labels[i])) continue;
    const auto image = images.image(static_cast<std::int64_t>(i));
    out.pixels.insert(out.pixels.end(), image.begin(), image.end());
    ++out.count;
  }
  return out;
}

/// Each image with its pixels in another order: as bright as before, and without form.
inline Tensor shuffled(const Tensor& images, Rng& rng) {
  const Tensor order = index_tensor(rng.permutation(images.dim(1)), {images.dim(1)});
  return transpose(take_rows(transpose(images), order));
}

}  // namespace tapestry::concepts
