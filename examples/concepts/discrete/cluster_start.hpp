#pragma once

#include <string>

#include "concepts/discrete/cluster_measures.hpp"

// How VaDE starts: from an autoencoder, and from clusters of its codes.

namespace concepts {

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
  const Tensor codes = codes_of(model, data, nn::Part::train);
  const auto note = [&](const char* what, const vae::KMeans& of) {
    r.numbers[name + what] = vae::cluster_accuracy(counts(data, nn::Part::train, of.nearest));
  };
  note(", k-means", vae::k_means(codes, model.sizes.clusters, rng));
  const vae::ScaledKMeans start = vae::scaled_k_means(codes, model.sizes.clusters, rng);
  note(", scaled k-means", start.clusters);
  const DType dtype = model.loc.value().dtype();
  model.change_coordinates(start.to.to(dtype), start.back.to(dtype));
  set_prior(
      model,
      vae::fit_row_mixture(matmul(codes, start.to), start.clusters, {.max_steps = 1}).mixture);
}

}  // namespace concepts
