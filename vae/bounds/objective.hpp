#pragma once

#include <string>
#include <vector>

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// A named number for each image: one group of a KL, or one part of an objective.
struct NamedPart {
  std::string name;
  Tensor value;  ///< [B]
};

/// What one step of training maximises. A system that bounds log p(x) returns ElboTerms, which convert;
/// any other returns this. A number that is no bound of log p(x) does not go into `bound`.
///
///     return {.value = log_lik - book - 0.25 * stay, .parts = {{"codebook", book}, {"commitment", stay}}};
struct Objective {
  Tensor value;       ///< [B]
  Tensor bound = {};  ///< [B] a bound of log p(x), in nats; undefined where there is none
  std::vector<NamedPart> parts = {};  ///< named numbers for the log

  /// Scalar to minimise: the mean of -value over the images of the minibatch.
  Tensor loss() const;
};

}  // namespace tapestry::vae
