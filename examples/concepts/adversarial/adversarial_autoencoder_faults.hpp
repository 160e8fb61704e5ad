#pragma once

#include "concepts/adversarial/adversarial_autoencoder.hpp"

// Wrong versions of the adversarial autoencoder's steps.

namespace concepts {

/// The critic's turn has a slope in the encoder.
inline AdversarialSteps codes_not_detached() {
  AdversarialSteps steps;
  steps.given = [](const Tensor& z) { return z; };
  return steps;
}
/// The critic takes codes for the real ones, and the encoder does not know.
inline AdversarialSteps labels_swapped_once() {
  AdversarialSteps steps;
  steps.judged = [](const Tensor& at_prior, const Tensor& at_codes) {
    return vae::told_apart(at_codes, at_prior);
  };
  return steps;
}
inline AdversarialSteps decoder_in_third() {
  AdversarialSteps steps;
  steps.decoder_in_third = true;
  return steps;
}

}  // namespace concepts
