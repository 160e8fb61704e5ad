#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/module.hpp"
#include "prob/standard_normal.hpp"
#include "vae/likelihood.hpp"
#include "vae/objectives/iwae.hpp"
#include "vae/objectives/sgvb.hpp"

namespace tapestry::vae {

/// How one minibatch is turned into a bound.
struct ElboOptions {
  Estimator estimator = Estimator::analytic;
  int samples = 1;
  double beta = 1;
  Baseline* baseline = nullptr;  ///< of Estimator::score_function
};

/// A variational autoencoder: q(z|x) a diagonal normal, prior N(0, I), p(x|z) a Likelihood. A variant
/// says how images become q and z becomes p; the bounds are the same for all.
class Vae : public nn::Module {
 public:
  /// x [B, D] -> q(z|x), event_dims = 1 over Z.
  virtual prob::Normal encode(const Tensor& x) = 0;
  /// z [..., Z] -> p(x|z), event_dims = 1 over D.
  virtual Likelihood decode(const Tensor& z) = 0;

  std::int64_t latent() const { return latent_; }
  std::int64_t pixels() const { return pixels_; }
  prob::StandardNormal prior() const { return prob::StandardNormal({latent_}, 1); }

  /// The terms of the bound for each image of x [B, D].
  virtual ElboTerms elbo(const Tensor& x, Rng& rng, const ElboOptions& options = {});
  /// Importance-sampled log p(x) (see objectives/iwae.hpp).
  LogEvidence log_px(const Tensor& x, Rng& rng, int samples);

  /// Grey pictures [B, D]: the mean of p(x|z) at a sampled z.
  Tensor reconstruct(const Tensor& x, Rng& rng);
  /// Grey pictures [n, D] from the prior.
  Tensor generate(std::int64_t n, Rng& rng);

 protected:
  Vae(std::int64_t pixels, std::int64_t latent);

 private:
  std::int64_t pixels_, latent_;
};

/// Everything that shapes a model; `make_vae` builds it, without values (see nn/init.hpp).
struct VaeConfig {
  enum class Kind { mlp, conv };

  Kind kind = Kind::mlp;
  std::int64_t rows = 28, cols = 28;
  std::vector<std::int64_t> hidden = {
      400};  ///< mlp: encoder widths, the decoder mirrors them; conv: the dense layer
  std::int64_t latent = 20;
  Activation activation = Activation::relu;
  DecoderKind decoder = DecoderKind::bernoulli;
  /// Standard deviation of a gaussian decoder's pixels; 0 = one number, learned with the rest.
  double decoder_scale = 0;
};

/// Throws ConfigError for sizes below 1 or a kind that does not fit the images.
std::unique_ptr<Vae> make_vae(const VaeConfig& config);

}  // namespace tapestry::vae
