#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "prob/prob.hpp"

// Diffusion (Ho, Jain and Abbeel 2020, DDPM; their equation numbers) as a VAE with T layers of latents, for data x_0 of
// which everything is known: N(0, v).

namespace concepts {

using namespace tapestry;
using prob::Normal;

/// beta_t of DDPM for T steps, a line from 1e-4 to 0.02 times 1000 / T; `kept` is alpha-bar, the share of the data's
/// variance that x_t has kept.
struct NoiseChain {
  explicit NoiseChain(int T) {
    for (int t = 1; t <= T; ++t) {
      beta.push_back((1e-4 + (0.02 - 1e-4) * (t - 1) / (T - 1)) * 1000 / T);
      kept.push_back(kept.back() * (1 - beta.back()));
    }
  }
  /// The variance of q(x_t-1|x_t, x_0), equation 7.
  double beta_tilde(std::size_t t) const { return beta[t] * (1 - kept[t - 1]) / (1 - kept[t]); }
  /// -log SNR of x_t (Kingma et al. 2021).
  double gamma(std::size_t t) const { return std::log((1 - kept[t]) / kept[t]); }

  std::size_t steps() const { return beta.size() - 1; }
  std::vector<double> beta{0}, kept{1};  ///< [t], t = 1 .. T
};

/// q is fixed and p has the exact mean: what is left to choose is the variance of p(x_t-1|x_t).
struct GaussianDiffusion {
  using Variance = std::function<double(const GaussianDiffusion&, std::size_t t)>;

  Normal noised(std::size_t t, const Tensor& x0) const {  // q(x_t|x_0), (4)
    return {std::sqrt(chain.kept[t]) * x0, std::sqrt(1 - chain.kept[t])};
  }
  Normal forward(std::size_t t, const Tensor& x) const {  // q(x_t|x_t-1), (2)
    return {std::sqrt(1 - chain.beta[t]) * x, std::sqrt(chain.beta[t])};
  }
  Tensor mean_back(std::size_t t, const Tensor& xt, const Tensor& x0) const {  // (7)
    const double beta = chain.beta[t], before = chain.kept[t - 1], gone = 1 - chain.kept[t];
    return (std::sqrt(before) * beta / gone) * x0 +
           (std::sqrt(1 - beta) * (1 - before) / gone) * xt;
  }
  Normal back(std::size_t t, const Tensor& xt, const Tensor& x0) const {  // q(x_t-1|x_t, x_0), (6)
    return {mean_back(t, xt, x0), std::sqrt(chain.beta_tilde(t))};
  }
  /// E[x_0 | x_t]: what a network has to learn.
  Tensor denoise(std::size_t t, const Tensor& xt) const {
    const double kept = chain.kept[t];
    return (std::sqrt(kept) * v / (kept * v + 1 - kept)) * xt;
  }
  Normal reverse(std::size_t t, const Tensor& xt) const {  // p(x_t-1|x_t), (1)
    return {mean_back(t, xt, denoise(t, xt)), std::sqrt(variance(*this, t))};
  }

  /// The terms of -ELBO, equation 5, for x_0 and noise eps: t = 0 is the prior's, t = 1 is log p(x_0|x_1).
  Tensor term(std::size_t t, const Tensor& x0, const Tensor& eps) const {
    if (t == 0) return prob::kl(noised(chain.steps(), x0), Normal(zeros_like(x0), 1.0));
    const Normal q = noised(t, x0);
    const Tensor xt = q.loc + q.scale * eps;
    return t == 1 ? -reverse(1, xt).log_prob(x0) : prob::kl(back(t, xt, x0), reverse(t, xt));
  }

  // The same as a VAE: z = (x_1 .. x_T) [..., T], and the three functions of any other.
  static Tensor layer(const Tensor& z, std::size_t t) {
    return reshape(slice(z, -1, t - 1, t), z.shape().without(-1));
  }
  struct Posterior {
    const GaussianDiffusion& of;
    Tensor x0;
    prob::SampledLatent rsample_and_log_prob(Rng& rng, const Shape& samples) const {
      std::vector<Tensor> path{broadcast_to(x0, prob::join(samples, x0.shape()))};
      Tensor log_q = zeros({1});
      for (std::size_t t = 1; t <= of.chain.steps(); ++t) {
        const Normal q = of.forward(t, path.back());
        path.push_back(q.sample(rng));
        log_q += q.log_prob(path.back());
      }
      return {stack(std::span(path).subspan(1), -1), log_q};
    }
  };
  struct Prior {
    const GaussianDiffusion& of;
    Tensor log_prob(const Tensor& z) const {
      const std::size_t T = of.chain.steps();
      Tensor log_p = Normal(0.0, 1.0).log_prob(layer(z, T));
      for (std::size_t t = T; t > 1; --t)
        log_p += of.reverse(t, layer(z, t)).log_prob(layer(z, t - 1));
      return log_p;
    }
  };
  Posterior encode(const Tensor& x) const { return {*this, x}; }
  Prior prior() const { return {*this}; }
  Normal decode(const Tensor& z) const { return reverse(1, layer(z, 1)); }

  NoiseChain chain;
  double v;           ///< of the data
  Variance variance;  ///< of p(x_t-1|x_t)
};

// Variances of p(x_t-1|x_t): those of DDPM, section 3.2.
inline double beta_of(const GaussianDiffusion& d, std::size_t t) { return d.chain.beta[t]; }
inline double beta_tilde_of(const GaussianDiffusion& d, std::size_t t) {
  return d.chain.beta_tilde(std::max<std::size_t>(t, 2));  // 0 at t = 1: the next one is taken
}

}  // namespace concepts
