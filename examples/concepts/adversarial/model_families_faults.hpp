#pragma once

#include "concepts/adversarial/model_families.hpp"
#include "vae/models/latent_model.hpp"

// A density that is none, and models that give an answer which they do not have.

namespace concepts {

/// log N(z; 0, I) - log |det dz/dx|
struct WrongSign : Coupling {
  Tensor log_prob(const Tensor& x) {
    const auto flow = x_of_z();
    Tensor z = x;
    for (auto step = flow.steps.rbegin(); step != flow.steps.rend(); ++step) z = step->inverse(z).z;
    return 2.0 * flow.base.log_prob(z) - flow.log_prob(x);
  }
};

/// Its bound, under the name of log p(x).
struct BoundAsDensity : PlaneVae {
  Tensor log_prob(const Tensor& x) {
    Rng rng(1);
    return vae::elbo(static_cast<PlaneVae&>(*this), x, rng).elbo();
  }
};

/// A smoothed histogram of its own samples.
struct KernelDensity : Generator {
  Tensor log_prob(const Tensor& x) {
    Rng rng(1);
    const Tensor points = sample(rng, 500);
    return prob::log_mean_exp(prob::Normal(points, 0.1, 1).log_prob(reshape(x, {-1, 1, 2})), 1);
  }
};

}  // namespace concepts
