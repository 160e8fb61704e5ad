#pragma once

#include "concepts/discrete/concrete_vae.hpp"
#include "vae/exact/binary_net.hpp"

// A relaxed class of three under a function that is known, with its noise written out: only two differences of the three numbers
// count, so that means are sums over a grid of the plane.

namespace concepts {

using vae::exact::BinaryNet;

using Relax = decltype(&gumbel_softmax);

/// The logits of q(z|x): 0.7, 0 and -0.3.
inline Tensor three_logits() { return tensor({0.7, 0.0, -0.3}); }

/// f(z) = log p(x|h) of the net with two bits, h = 10, 01 or 11 by the class, at x = 110.
inline Tensor f(const Tensor& z) {
  const Tensor codes = tensor({{1.0, 0.0}, {0.0, 1.0}, {1.0, 1.0}});
  return BinaryNet::example().likelihood(matmul(z, codes)).log_prob(BinaryNet::example_x());
}

/// Noise (g_1 - g_3, g_2 - g_3, 0) at points of a grid, and the share of each: 2 e^-(a+b) / (1 + e^-a + e^-b)^3 da db.
struct Noise {
  Tensor g, share;  ///< [n, 3], [n, 1]
};
inline Noise noise(double step) {
  const Tensor axis = linspace(-18, 26, std::llround(44 / step) + 1);
  const std::int64_t n = axis.size();
  const Tensor a = reshape(broadcast_to(reshape(axis, {n, 1}), {n, n}), {-1}),
               b = reshape(broadcast_to(axis, {n, n}), {-1}), none = zeros({n * n});
  const Tensor log_sum = logsumexp(stack({none, -a, -b}, 1), -1);
  return {stack({a, b, none}, 1),
          reshape(2 * step * step * exp(-(a + b) - 3.0 * log_sum), {-1, 1})};
}

/// Of f(zeta) and its derivative by the first logit: the error of the mean, and the variance of one draw.
struct Slope {
  double value_bias, bias, variance;
};
inline Slope slope(Relax relax, const Noise& of, double T) {
  const Tensor logits = three_logits(), q = softmax(logits), each = f(eye(3));
  const Tensor mean_f = sum(q * each), exact = q * (each - mean_f);  // over the three classes
  Tape tape;
  const Tensor own = tape.watch(broadcast_to(logits, of.g.shape()).clone());
  const Tensor relaxed = f(relax(own, of.g, T));
  tape.backward(sum(relaxed));
  const Tensor d = slice(tape.grad(own), 1, 0, 1), m = sum(of.share * d);
  return {(sum(reshape(of.share, {-1}) * relaxed.detach()) - mean_f).item(),
          (m - slice(exact, 0, 0, 1)).item(), sum(of.share * square(d - m)).item()};
}

/// The variance of the score function, (f(z) - E f) d log q(z) by the first logit: no bias.
inline double score_variance() {
  const Tensor q = softmax(three_logits()), each = f(eye(3)) - sum(q * f(eye(3)));
  const Tensor d = each * (slice(reshape(eye(3), {-1}), 0, 0, 3) - slice(q, 0, 0, 1));
  return (sum(q * square(d)) - square(sum(q * d))).item();
}

}  // namespace concepts
