#pragma once

#include <cmath>

#include "autograd/ops.hpp"
#include "nn/layers/mlp.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/models/heads.hpp"
#include "vae/models/latent_model.hpp"

// The ELBO of a Gaussian VAE, where its slope is 0, is a sum of three entropies (Lucke, Forster and Dai 2020; Damm et
// al. 2023):
//
//     ELBO = mean over n of H(q(z|x_n)) - H(p(z)) - H(p(x|z))
//
// if the noise of p(x|z) = N(g(z), sigma^2 I) is learned and g can take up any scale of z.

namespace concepts {

using namespace tapestry;

/// H of N(0, I) over K numbers.
inline double prior_entropy(std::int64_t K) {
  return 0.5 * static_cast<double>(K) * std::log(2 * M_PI * M_E);
}

/// The right side, a scalar, from the H(q(z|x_n)) [N]. The noise has the same entropy at each z.
inline Tensor entropies(const Tensor& of_q, double of_prior, const Tensor& of_noise) {
  return mean(of_q) - of_prior - of_noise;
}

/// z -> x and back by matrices, with a posterior of one width for all x.
struct LinearVae : nn::Module {
  LinearVae(std::int64_t D, std::int64_t K, bool sigma_learned)
      : loc(*this, "loc", D, K),
        log_scale(*this, "log_scale", {K}, 0.0),
        pixels(*this, "pixels", K, D),
        log_sigma(*this, "log_sigma", {}, 0.0) {
    if (!sigma_learned) log_sigma.set_trainable(false);
  }

  prob::Normal encode(const Tensor& x) {
    const Tensor m = loc(x);
    return prob::Normal(m, broadcast_to(exp(log_scale), m.shape()), 1);
  }
  prob::StandardNormal prior() { return prob::StandardNormal({log_scale.size()}, 1); }
  prob::Normal decode(const Tensor& z) { return prob::Normal(pixels(z), exp(log_sigma), 1); }

  /// The mean ELBO of rows x, without draws: E_q[z^2] is known.
  Tensor bound(const Tensor& x) {
    const prob::Normal q = encode(x);
    const Tensor spread = sum(square(exp(log_scale) * pixels.weight)) / square(exp(log_sigma));
    return mean(decode(q.loc).log_prob(x) - prob::kl(q, prior())) - 0.5 * spread;
  }

  nn::Child<nn::Linear> loc;
  nn::Param log_scale;
  nn::Child<nn::Linear> pixels;
  nn::Param log_sigma;
};

/// 784-400-20 with normal pixels of one sigma, which is learned.
struct GaussianVae : nn::Module {
  GaussianVae(std::int64_t D, std::int64_t hidden, std::int64_t K)
      : trunk(*this, "trunk", {D, hidden}, Activation::relu),
        head(*this, "head", hidden, K),
        pixels(*this, "pixels", {K, hidden, D}, Activation::relu, Activation::none),
        log_sigma(*this, "log_sigma", {}, 0.0) {}

  prob::Normal encode(const Tensor& x) { return head(trunk(x)); }
  prob::StandardNormal prior() { return prob::StandardNormal({head.loc->bias.size()}, 1); }
  prob::Normal decode(const Tensor& z) { return prob::Normal(pixels(z), exp(log_sigma), 1); }

  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> head;
  nn::Child<nn::Mlp> pixels;
  nn::Param log_sigma;
};

/// Means over the images x: the ELBO, with one draw of z each, and the entropies.
inline std::pair<double, double> both_sides(GaussianVae& model, const Tensor& x, double of_prior,
                                            Rng& rng) {
  const NoGrad no_grad;
  const prob::Normal q = model.encode(x);
  const Tensor right = entropies(q.entropy(), of_prior, mean(model.decode(q.loc).entropy()));
  return {mean(vae::elbo(model, x, rng).elbo()).item(), right.item()};
}

}  // namespace concepts
