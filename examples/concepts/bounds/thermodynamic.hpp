#pragma once

#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "concepts/discrete/belief_net.hpp"
#include "vae/bounds/thermodynamic.hpp"

// The thermodynamic variational objective (Masrani, Le and Wood, The Thermodynamic Variational Objective, 2019). On the
// path from q(z|x) to p(z|x), pi_beta in proportion to q^(1 - beta) p^beta, log p(x) is the integral of E_pi_beta[log w].

namespace concepts {

/// 0 and then `terms` - 1 numbers in equal ratios, from `first` towards 1 (section 7).
inline std::vector<double> log_spaced(double first, int terms) {
  std::vector<double> betas{0};
  for (int i = 0; i + 1 < terms; ++i)
    betas.push_back(std::pow(first, 1 - static_cast<double>(i) / (terms - 1)));
  return betas;
}
/// `terms` numbers from 0 in equal steps.
inline std::vector<double> evenly_spaced(int terms) {
  std::vector<double> betas;
  for (int i = 0; i < terms; ++i) betas.push_back(static_cast<double>(i) / terms);
  return betas;
}

using Integrand = std::function<double(double beta)>;
/// The sum over steps of equal length by their left ends, and by their right ends.
inline double left(const Integrand& at, int terms) {
  double sum = 0;
  for (const double beta : evenly_spaced(terms)) sum += at(beta) / terms;
  return sum;
}
inline double right(const Integrand& at, int terms) {
  return left(at, terms) + (at(1) - at(0)) / terms;
}

/// The weights of draws from q as draws from pi_beta: log w [S, B] -> [S, B].
inline Tensor tempered(const Tensor& log_w, double beta) { return softmax(beta * log_w, 0); }

/// A number with the gradient of E_pi_beta[log w], from log p(x, z) and log q(z|x) [S, B] of draws of q that pass no
/// gradient on (equation 11). pi_beta has the log density (1 - beta) log q + beta log p, up to a constant:
///
///     d E[log w] = E[d log w] + Cov[log w, (1 - beta) d log q + beta d log p]
inline Tensor term(const Tensor& log_p, const Tensor& log_q, const Tensor& weights, double beta) {
  const Tensor log_w = log_p - log_q, number = log_w.detach();
  const Tensor off = number - sum(weights * number, 0);  // from the mean of pi_beta
  return sum(weights * (log_w + off * ((1 - beta) * log_q + beta * log_p)), 0);
}

/// The steps that a wrong version replaces.
struct ThermodynamicSteps {
  Tensor (*weights)(const Tensor& log_w, double beta) = tempered;
  bool detached = true;  ///< whether the weights count as numbers in `term`
};

/// The sum of (beta_i+1 - beta_i) times each term: its gradient is that of the left sum. [B]
inline Tensor left_sum(const Tensor& log_p, const Tensor& log_q, std::span<const double> betas,
                       const ThermodynamicSteps& steps = {}) {
  Tensor sum_of_terms;
  for (std::size_t i = 0; i < betas.size(); ++i) {
    const double step = (i + 1 < betas.size() ? betas[i + 1] : 1) - betas[i];
    const Tensor weights = steps.weights(log_p - log_q, betas[i]);
    const Tensor one = term(log_p, log_q, steps.detached ? weights.detach() : weights, betas[i]);
    sum_of_terms = i == 0 ? step * one : sum_of_terms + step * one;
  }
  return sum_of_terms;
}

/// The left sum [n] from log p(x, z) and log q(z|x) of all states z, [states, n].
inline Tensor enumerated(const Tensor& log_p, const Tensor& log_q, std::span<const double> betas) {
  Tensor sum_of_terms = zeros({log_p.dim(1)});
  for (std::size_t i = 0; i < betas.size(); ++i) {
    const Tensor pi = softmax((1 - betas[i]) * log_q + betas[i] * log_p, 0);
    const double step = (i + 1 < betas.size() ? betas[i + 1] : 1) - betas[i];
    sum_of_terms = sum_of_terms + step * sum(pi * (log_p - log_q), 0);
  }
  return sum_of_terms;
}

/// The left sum of a belief net by `samples` draws of q. betas = {0} is REINFORCE, with the mean of the draws as baseline.
inline vae::Objective thermodynamic(BeliefNet& net, const Tensor& x, Rng& rng, std::int64_t samples,
                                    std::span<const double> betas) {
  const Layers h = net.infer(x, rng, samples);
  const Tensor log_p = net.log_p(h), log_q = net.log_q(h);
  return {.value = left_sum(log_p, log_q, betas),
          .bound = vae::thermodynamic_bound((log_p - log_q).detach(), betas)};
}

}  // namespace concepts
