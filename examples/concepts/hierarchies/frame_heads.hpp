#pragma once

#include <cmath>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/callable.hpp"
#include "nn/layers/linear.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/normal.hpp"

// The frames of sequences, and the last layers of recurrent models: features [B, in] to a distribution of vectors of
// `out` elements.

namespace concepts {

using namespace tapestry;

/// x [B, T, D] as its T frames [B, D].
inline std::vector<Tensor> frames(const Tensor& x) {
  std::vector<Tensor> found;
  for (std::int64_t t = 0; t < x.dim(1); ++t)
    found.push_back(reshape(slice(x, 1, t, t + 1), {x.dim(0), x.dim(2)}));
  return found;
}

/// A scale from a plain number, never too small: without a least scale the density of a frame that is known
/// exactly has no limit.
inline Tensor scale_of(const Tensor& raw) { return softplus(raw) + 1e-3; }

/// N(loc, scale^2).
class NormalOf : public nn::Callable<NormalOf> {
 public:
  NormalOf(std::int64_t in, std::int64_t out)
      : loc(*this, "loc", in, out), scale(*this, "scale", in, out) {}
  prob::Normal forward(const Tensor& h) { return {loc(h), scale_of(scale(h)), 1}; }

  nn::Child<nn::Linear> loc, scale;
};

/// N(loc, s^2) with the s of the chain of vae/exact, whose noise is known.
class KnownNoise : public nn::Callable<KnownNoise> {
 public:
  KnownNoise(std::int64_t in, std::int64_t out) : loc(*this, "loc", in, out) {}
  prob::Normal forward(const Tensor& h) { return {loc(h), tensor(std::sqrt(0.2)), 1}; }

  nn::Child<nn::Linear> loc;
};

/// A coin for each pixel, after a hidden layer.
class PixelsOf : public nn::Callable<PixelsOf> {
 public:
  PixelsOf(std::int64_t in, std::int64_t out)
      : logits(*this, "logits", {in, 128, out}, Activation::relu, Activation::none) {}
  prob::Bernoulli forward(const Tensor& h) { return prob::Bernoulli(logits(h), 1); }

  nn::Child<nn::Mlp> logits;
};

/// A move of the pen (dx, dy, lift): lengths are normal, lift is a coin.
struct PenMove {
  prob::Normal length;
  prob::Bernoulli lift;

  Tensor log_prob(const Tensor& x) const {
    return length.log_prob(slice(x, -1, 0, 2)) + lift.log_prob(slice(x, -1, 2, 3));
  }
  Tensor sample(Rng& rng) const { return concat({length.sample(rng), lift.sample(rng)}, -1); }
};

class PenMoveOf : public nn::Callable<PenMoveOf> {
 public:
  PenMoveOf(std::int64_t in, std::int64_t out)
      : length(*this, "length", in, out - 1), lift(*this, "lift", in, 1) {}
  PenMove forward(const Tensor& h) { return {length(h), prob::Bernoulli(lift(h), 1)}; }

  nn::Child<NormalOf> length;
  nn::Child<nn::Linear> lift;
};

}  // namespace concepts
