#pragma once

#include <numbers>

#include "concepts/hierarchies/diffusion_gaussian.hpp"
#include "nn/nn.hpp"

// What is exact of a diffusion of N(0, v), and what a network makes of it.

namespace concepts {

using DiffusionTerm = std::function<Tensor(const GaussianDiffusion&, std::size_t t,
                                           const Tensor& x0, const Tensor& eps)>;

/// -E log p(x_0).
inline double exact_nll(double v) { return 0.5 * std::log(2 * std::numbers::pi * v) + 0.5; }

/// That of q(x_t-1|x_t), where x_0 is not known.
inline double exact_variance(const GaussianDiffusion& d, std::size_t t) {
  const auto of = [&](std::size_t s) { return d.chain.kept[s] * d.v + 1 - d.chain.kept[s]; };
  return d.chain.beta[t] * of(t - 1) / of(t);
}

/// The means of the T + 1 terms of -ELBO. Each is quadratic in x_0 ~ N(0, v) and eps ~ N(0, 1): its mean is that of four
/// points.
inline std::vector<double> diffusion_terms(const GaussianDiffusion& d, const DiffusionTerm& term) {
  const Tensor x0 = std::sqrt(d.v) * tensor({1, 1, -1, -1}), eps = tensor({1, -1, 1, -1});
  std::vector<double> nats;
  for (std::size_t t = 0; t <= d.chain.steps(); ++t)
    nats.push_back(mean(term(d, t, x0, eps)).item());
  return nats;
}

/// E[log p(x_0) - ELBO].
inline double diffusion_gap(const GaussianDiffusion& d, const DiffusionTerm& term) {
  double nats = -exact_nll(d.v);
  for (const double one : diffusion_terms(d, term)) nats += one;
  return nats;
}

/// gamma between `first` and `last`, z = x / sqrt(1 + e^gamma) + eps / sqrt(1 + e^-gamma), and T to infinity.
struct EndlessDiffusion {
  double first, last, v;

  /// E|eps - eps-hat|^2 of the exact answer.
  double error(double gamma) const { return v / (v + std::exp(gamma)); }
  /// Half the area under a curve over gamma, by midpoints.
  double half_area(const std::function<double(double)>& f) const {
    const int n = 4000;
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += f(first + (last - first) * (i + 0.5) / n);
    return 0.5 * sum * (last - first) / n;
  }
  /// The sum of the KLs of T steps between the same ends.
  double of_steps(int T) const {
    const double h = (last - first) / T;
    double sum = 0;
    for (int t = 1; t <= T; ++t) sum += 0.5 * std::expm1(h) * error(first + h * t);
    return sum;
  }
};

/// eps-hat(z, gamma) of numbers z [B, 1].
struct NoiseNet : nn::Callable<NoiseNet> {
  Tensor forward(const Tensor& z, const Tensor& gamma) {
    return mlp(concat({z, 0.2 * gamma - 0.8}, -1));
  }
  nn::Child<nn::Mlp> mlp{*this, "mlp", {2, 32, 32, 1}, Activation::tanh, Activation::none};
};

/// Learns from draws of N(0, v) and their noise, at random gamma.
inline void learn_noise(NoiseNet& net, const EndlessDiffusion& d, int steps, Rng& rng) {
  nn::init::torch_default(net, rng.stream("init"));
  nn::Adam adam(net.parameters());
  const nn::Schedule rate = nn::schedule::cosine(5e-3, steps);
  for (int step = 0; step < steps; ++step) {
    adam.set_lr(rate(step));
    nn::descend(adam, [&] {
      const Tensor x = std::sqrt(d.v) * rng.normal({256, 1}), eps = rng.normal({256, 1});
      const Tensor gamma = d.first + (d.last - d.first) * rng.uniform({256, 1});
      const Tensor z = sqrt(sigmoid(-gamma)) * x + sqrt(sigmoid(gamma)) * eps;
      return mean(square(eps - net(z, gamma)));
    });
  }
}

/// Nats that the network's bound is above the exact one: of its squared distance from the exact answer.
inline double learned_gap(NoiseNet& net, const EndlessDiffusion& d, Rng& rng) {
  const NoGrad no_grad;
  const Tensor e = rng.normal({200, 1});
  return d.half_area([&](double gamma) {
    const double kept = 1 / (1 + std::exp(gamma)), scale = std::sqrt(kept * d.v + 1 - kept);
    const Tensor exact = (std::sqrt(1 - kept) / scale) * e;
    return mean(square(net(scale * e, full({200, 1}, gamma)) - exact)).item();
  });
}

}  // namespace concepts
