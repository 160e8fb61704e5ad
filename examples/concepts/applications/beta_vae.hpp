#pragma once

#include "autograd/ops.hpp"
#include "autograd/parameter.hpp"
#include "prob/kl.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/bounds/elbo.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/ppca.hpp"

/// The model of beta_vae.cpp (C79), which begins with its equations.
namespace tapestry::concepts {

constexpr std::int64_t kOutputs = 6, kLatents = 3;

struct LinearVae {
  Parameter weight, encoder, log_s;  // W [D, K] with sigma = 1; z ~ N(x A, s^2) with A [D, K]

  explicit LinearVae(Rng rng)
      : weight("W", 0.5 * rng.normal({kOutputs, kLatents})),
        encoder("A", 0.1 * rng.normal({kOutputs, kLatents})),
        log_s("log_s", zeros({kLatents})) {}

  /// Both parts for each x [N, D], in closed form: E_q|x - W z|^2 = |x - W mu|^2 + sum_k s_k^2 |W_k|^2.
  vae::ElboTerms terms(const Tensor& x, double beta) {
    const prob::Normal q(matmul(x, encoder), exp(log_s), 1);
    const Tensor mean_image = matmul(q.loc, weight, {.transpose_right = true});
    return {.log_lik = prob::Normal(mean_image, tensor(1.0), 1).log_prob(x) -
                       0.5 * sum(square(weight) * square(q.scale)),
            .kl = prob::kl(q, prob::StandardNormal(q.shape(), 1)),
            .beta = beta};
  }
};

inline void train(LinearVae& vae, const Tensor& x, double beta, int steps) {
  support::ascend({&vae.weight, &vae.encoder, &vae.log_s},
                  [&] { return mean(vae.terms(x, beta).objective()); },
                  {.steps = steps, .rate = 0.03, .shrink = 0.01});
}

/// On the line, log p(x|z) / beta + log p(z) is again a Gaussian in z: the best q is known.
inline prob::Normal best_on_line(const vae::exact::Line& line, double beta) {
  const Tensor signal = square(line.w / line.s) / beta;
  const Tensor loc = vae::exact::kLineX / line.w * signal / (1.0 + signal);
  return {loc, 1.0 / sqrt(1.0 + signal)};
}

/// The largest objective on the line at x = 1.3.
inline double best_objective(double beta) {
  const auto line = vae::exact::Line::example();
  const prob::Normal q = best_on_line(line, beta);
  const Tensor x = tensor(vae::exact::kLineX);
  return (line.expected_log_lik(x, q) - beta * prob::kl(q, line.prior())).item();
}

}  // namespace tapestry::concepts
