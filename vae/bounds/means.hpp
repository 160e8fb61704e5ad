#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "vae/bounds/elbo.hpp"

namespace tapestry::vae {

/// Means over the images of a minibatch, an epoch or a data set, in nats per image.
///
///     vae::Means means;
///     for (const nn::Batch& batch : batches.epoch()) means.add(vae::elbo(model, batch.images, rng));
///     means.neg_elbo();    // = neg_log_lik() + kl()
struct Means {
  std::int64_t images = 0;
  double value = 0;  ///< of the objective
  double bound = 0;  ///< of log p(x); NaN where the objective has none
  std::vector<std::pair<std::string, double>> parts = {};

  /// Adds the images of one minibatch. ConfigError if its parts have other names than those before.
  void add(const Objective& objective);

  bool has_bound() const { return bound == bound; }
  bool is_elbo() const;  ///< are these the means of ElboTerms?
  double neg_elbo() const { return -bound; }
  /// The mean of a part; ConfigError with the names that there are.
  double part(std::string_view name) const;
  double neg_log_lik() const { return -part("log_lik"); }  ///< of ElboTerms
  double kl() const { return part("kl"); }                 ///< of ElboTerms
};

}  // namespace tapestry::vae
