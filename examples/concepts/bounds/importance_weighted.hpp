#pragma once

#include "concepts/bounds/renyi_bound.hpp"
#include "concepts/bounds/train_on_weights.hpp"
#include "vae/inference/annealing.hpp"

// The importance weighted autoencoder (Burda, Grosse and Salakhutdinov 2016). Of k draws z_i ~ q(z|x),
//
//     L_k = E[log (1/k) sum_i w_i] <= L_k+1 <= log p(x)           (8)    w_i = p(x, z_i) / q(z_i|x)
//     grad L_k = E[sum_i w~_i grad log w_i]                       (13)   w~_i = w_i / sum_j w_j

namespace concepts {

/// w~, as numbers: equation 13 has no gradient of them.
inline Tensor shares(const Tensor& log_w) { return vae::normalized_weights(log_w).detach(); }

/// log (1/k) sum w, for log w [k, B].
inline Tensor bound_of_shares(const Tensor& log_w, const Tensor&) { return vae::iwae_bound(log_w); }

/// log w of the line at its example.
inline Tensor log_weights_of_line(const prob::Normal& q, const Tensor& z) {
  return vae::exact::Line::example().log_joint(tensor(vae::exact::kLineX), z) - q.log_prob(z);
}

/// For q = N(0, 1) there: L_k by quadrature, and log p(x).
inline const std::vector<double> kDraws = {1, 2, 5, 10, 50, 500};
inline const std::vector<double> kKnown = {-3.2623649, -2.2622734, -1.8357657,
                                           -1.7482749, -1.6963242, -1.6861121};
constexpr double kLogPx = -1.6850044206;

/// The three steps that can be taken wrongly.
struct ImportanceSteps {
  decltype(&shares) share = shares;
  decltype(&bound_of_shares) reported = bound_of_shares;
  decltype(&log_weights_of_line) of_line = log_weights_of_line;

  /// Climbs sum w~ log w, whose gradient is (13), and reports L_k, which is less.
  vae::Objective operator()(const Tensor& log_w) const {
    const Tensor share_of = share(log_w);
    return {.value = sum(share_of * log_w, 0), .bound = reported(log_w, share_of)};
  }
};

/// The mean of log p(x) over images that the model draws itself: between two annealed estimates, and by 1000
/// draws of its encoder.
struct Bracket {
  double below, above, by_encoder;
};
inline Bracket bracket(vae::MlpVae& model, bool quick, Rng rng) {
  const NoGrad no_grad;
  const std::int64_t n = quick ? 5 : 50, chains = quick ? 4 : 10;
  const vae::AnnealingOptions how{.steps = quick ? 40 : 200, .step = quick ? 0.2 : 0.1};
  const Tensor z = model.prior().sample(rng, {n}), x = model.decode(z).sample(rng);
  const auto each = [&](const Tensor& t) {  // of all chains, [chains n, ...]
    return reshape(broadcast_to(t, {chains, n, t.dim(1)}), {chains * n, t.dim(1)});
  };
  const Tensor images = each(x);
  const auto prior = [&](const Tensor& at) { return model.prior().log_prob(at); };
  const auto joint = [&](const Tensor& at) {
    return model.decode(at).log_prob(images) + model.prior().log_prob(at);
  };
  const Tensor start = model.prior().sample(rng, {chains * n});
  const Tensor up = vae::annealed_log_weights(prior, joint, start, rng, how);
  const Tensor down = vae::reverse_annealed_log_weights(prior, joint, each(z), rng, how);
  return {mean(prob::log_mean_exp(reshape(up, {chains, n}))).item(),
          -mean(prob::log_mean_exp(-reshape(down, {chains, n}))).item(),
          mean(vae::log_px(model, x, rng, 1000).log_px).item()};
}

}  // namespace concepts
