#pragma once

#include <algorithm>
#include <string>

#include "autograd/kernels/symmetric_eigen.hpp"
#include "concepts/discrete/mixture_clustering.hpp"
#include "nn/data/image_dataset.hpp"
#include "support/concept/images.hpp"
#include "vae/analysis/best_matching.hpp"

// The start of VaDE and what is measured of it. Labels of digits are read here and nowhere else.

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
/// Cluster numbers as counts against the labels of a part.
inline Tensor counts(const nn::ImageDataset& data, nn::Part part, const Tensor& cluster) {
  const auto& labels = part == nn::Part::train ? data.train_labels : data.test_labels;
  const std::vector<std::int32_t> number(labels.begin(), labels.end());
  return vae::cluster_counts(cluster.to(DType::i32), index_tensor(number, {std::ssize(number)}),
                             data.classes);
}

inline void set_prior(MixtureVae& model, const vae::RowMixture& p) {
  const DType dtype = model.loc.value().dtype();
  model.logits.set_value(p.logits.to(dtype));
  model.loc.set_value(p.loc.to(dtype));
  model.log_scale.set_value(log(p.scale).to(dtype));
}
/// An autoencoder has no prior, and a mean in the place of q.
inline void only_autoencoder(MixtureVae& model) {
  for (nn::Param* p : {&model.logits, &model.loc, &model.log_scale}) p->set_trainable(false);
  model.head->log_scale->set_trainable(false);
}
/// The codes become narrow distributions, and the prior learns.
inline void begin_vae(MixtureVae& model) {
  for (nn::Param* p : {&model.logits, &model.loc, &model.log_scale}) p->set_trainable(true);
  auto& of_q = model.head->log_scale;
  of_q->set_trainable(true);
  of_q->weight.set_value(0.1 * of_q->weight.value());
  of_q->bias.set_value(full(of_q->bias.shape(), -1.0));
}

/// Clusters of the codes of the training digits, in coordinates that suit them, and one step of EM; the mixture becomes
/// the prior. More steps make the codes likelier and the clusters less like the digits.
inline void start_from_codes(MixtureVae& model, const nn::ImageDataset& data, Rng rng,
                             const std::string& name, support::Record& r) {
  const Tensor codes = over(data, nn::Part::train, [&](const Tensor& x) {
                         return model.encode(x).mean();
                       }).to(DType::f64);
  const auto accuracy = [&](const vae::KMeans& of) {
    return vae::cluster_accuracy(counts(data, nn::Part::train, of.nearest));
  };
  r.numbers[name + ", k-means"] = accuracy(vae::k_means(codes, model.sizes.clusters, rng));
  const vae::ScaledKMeans start = vae::scaled_k_means(codes, model.sizes.clusters, rng);
  r.numbers[name + ", scaled k-means"] = accuracy(start.clusters);
  const DType dtype = model.loc.value().dtype();
  model.change_coordinates(start.to.to(dtype), start.back.to(dtype));
  set_prior(
      model,
      vae::fit_row_mixture(matmul(codes, start.to), start.clusters, {.max_steps = 1}).mixture);
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
  const Tensor codes = over(data, nn::Part::test, [&](const Tensor& x) {
                         return model.encode(x).mean();
                       }).to(DType::f64);
  const Tensor centred = codes - mean(codes, 0);
  const Tensor plane =
      matmul(centred, top_eigen(matmul(centred, centred, {.transpose_left = true}), 2).vectors);
  for (int k = 0; k < data.classes; ++k) r.curves[fmt::format("plane, cluster {}", k)] = {};
  for (std::int64_t i = 0; i < std::min<std::int64_t>(1000, plane.dim(0)); ++i)
    r.add(fmt::format("plane, cluster {}", cluster.at({i})), plane.at({i, 0}), plane.at({i, 1}));
}

}  // namespace concepts
