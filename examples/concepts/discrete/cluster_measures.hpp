#pragma once

#include <algorithm>
#include <string>

#include "autograd/kernels/symmetric_eigen.hpp"
#include "concepts/discrete/mixture_clustering.hpp"
#include "nn/data/image_dataset.hpp"
#include "support/concept/images.hpp"
#include "vae/analysis/best_matching.hpp"

// What is measured of VaDE's codes and clusters. Labels of digits are read here and nowhere else.

namespace concepts {

/// fn of the images of a part, a thousand at a time: one tensor.
Tensor over(const nn::ImageDataset& data, nn::Part part, const auto& fn) {
  const NoGrad no_grad;
  std::vector<Tensor> all;
  for (std::int64_t first = 0; first < data.size(part); first += 1000) {
    const std::int64_t count = std::min<std::int64_t>(1000, data.size(part) - first);
    all.push_back(fn(data.range(part, first, count, Rng(1)).images));
  }
  return concat(all, 0);
}
/// The means of q(z|x), f64.
inline Tensor codes_of(MixtureVae& model, const nn::ImageDataset& data, nn::Part part) {
  return over(data, part, [&](const Tensor& x) { return model.encode(x).mean(); }).to(DType::f64);
}
/// Cluster numbers as counts against the labels of a part.
inline Tensor counts(const nn::ImageDataset& data, nn::Part part, const Tensor& cluster) {
  const auto& labels = part == nn::Part::train ? data.train_labels : data.test_labels;
  const std::vector<std::int32_t> number(labels.begin(), labels.end());
  return vae::cluster_counts(cluster.to(DType::i32), index_tensor(number, {std::ssize(number)}),
                             data.classes);
}

/// The bound and the accuracy on test digits as they are.
inline void measure(MixtureVae& model, const nn::ImageDataset& data, Rng rng,
                    const std::string& name, support::Record& r) {
  const Tensor bound =
      over(data, nn::Part::test, [&](const Tensor& x) { return model.elbo(x, x, rng).elbo(); });
  r.numbers[name + ", -ELBO"] = -mean(bound).item();
  const Tensor cluster =
      over(data, nn::Part::test, [&](const Tensor& x) { return model.cluster(x).to(DType::f32); });
  r.numbers[name + ", accuracy"] = vae::cluster_accuracy(counts(data, nn::Part::test, cluster));
}

/// For the picture and the claim of draws: a hundred draws of each cluster, and a plane through the codes.
inline void show(MixtureVae& model, const nn::ImageDataset& data, nn::Mlp& judge, Rng rng,
                 support::Record& r) {
  const NoGrad no_grad;
  const Tensor cluster =
      over(data, nn::Part::test, [&](const Tensor& x) { return model.cluster(x).to(DType::f32); });
  const auto label = vae::best_matching(counts(data, nn::Part::test, cluster));
  const vae::RowMixture p = model.mixture();
  const Tensor z = prob::Normal(p.loc, p.scale, 1).sample(rng, {100});  // [100, K, Z]
  const Tensor drawn = model.decode(z).mean();
  const Tensor said = argmax(judge(drawn));
  double right = 0;
  for (std::int64_t i = 0; i < said.dim(0); ++i)
    for (std::int64_t k = 0; k < said.dim(1); ++k)
      right += said.at({i, k}) == static_cast<double>(label[static_cast<std::size_t>(k)]);
  r.numbers["draws of their class"] = right / static_cast<double>(said.size());
  std::erase_if(r.curves, [](const auto& of) { return of.first.starts_with("draws, "); });
  support::keep_images(
      r, "draws", reshape(transpose(slice(drawn, 0, 0, 10), {1, 0, 2}), {-1, data.image_size()}));
  const Tensor codes = codes_of(model, data, nn::Part::test);
  const Tensor centred = codes - mean(codes, 0);
  const Tensor plane =
      matmul(centred, top_eigen(matmul(centred, centred, {.transpose_left = true}), 2).vectors);
  for (int k = 0; k < data.classes; ++k) r.curves[fmt::format("plane, cluster {}", k)] = {};
  for (std::int64_t i = 0; i < std::min<std::int64_t>(1000, plane.dim(0)); ++i)
    r.add(fmt::format("plane, cluster {}", cluster.at({i})), plane.at({i, 0}), plane.at({i, 1}));
}

}  // namespace concepts
