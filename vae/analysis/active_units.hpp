#pragma once

#include <cstdint>

#include "prob/normal.hpp"

// Which latents a model uses. A latent has collapsed when q(z_k|x) is the prior, whatever x is: it costs no KL and
// says nothing. The mean of q(z_k|x) then stands still while x runs through the data.

namespace tapestry::vae {

/// Var_x E_q[z_k|x], f64 [K]: the activity of each latent (Burda, Grosse and Salakhutdinov, Importance
/// Weighted Autoencoders, 2016, section 5), from the means of q(z|x) of N >= 2 data, [N, K]. The latents of an
/// upper layer hang on draws of the lower ones: means [S, N, K] of S draws for each datum are averaged over the
/// draws first. Not recorded. ShapeError.
Tensor latent_activity(const Tensor& means);

/// The number of latents with an activity above `least`.
std::int64_t active_units(const Tensor& means, double least = 0.01);

/// What there is to see of a collapse, for each latent: f64 [K].
struct CollapseReport {
  Tensor kl;             ///< mean over the data of KL(q(z_k|x) || N(0, 1)), nats; 0 when collapsed
  Tensor activity;       ///< Var_x E_q[z_k|x]; 0 when collapsed
  Tensor mean_variance;  ///< E_x Var_q[z_k|x]; 1 when collapsed

  std::int64_t active(double least = 0.01) const;  ///< latents with an activity above `least`
  std::int64_t coding(double least = 0.01) const;  ///< latents with more than `least` nats of KL
};

/// Of the rows of q [N, K], one for each datum, with the prior N(0, I). Not recorded. ShapeError.
CollapseReport collapse_report(const prob::Normal& q);

}  // namespace tapestry::vae
