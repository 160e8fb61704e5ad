#pragma once

#include <cmath>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/layers/linear.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/beta.hpp"
#include "prob/special/functions.hpp"
#include "prob/von_mises_fisher.hpp"
#include "vae/models/heads.hpp"
#include "vae/models/latent_model.hpp"

// The hyperspherical VAE (Davidson, Falorsi, De Cao, Kipf and Tomczak 2018): codes are unit vectors of length m, the prior says
// nothing about where, and q is a von Mises-Fisher distribution, round and with no middle to be pulled to.
//
//     q(z|x) ~ exp(kappa(x) mu(x)^T z),     p(z) = 1 / surface,     KL = kappa A(kappa) + log C(kappa) + log surface

namespace concepts {

using namespace tapestry;

struct SphereSizes {
  std::int64_t pixels = 784, hidden = 400, m = 11;
};

struct SphereVae : nn::Module {
  explicit SphereVae(const SphereSizes& s)
      : sizes(s),
        trunk(*this, "trunk", {s.pixels, s.hidden}, Activation::relu),
        direction(*this, "direction", s.hidden, s.m),
        kappa(*this, "kappa", s.hidden, std::int64_t{1}),
        image(*this, "image", {s.m, s.hidden}, Activation::relu),
        pixels(*this, "pixels", s.hidden, s.pixels) {}

  prob::VonMisesFisher encode(const Tensor& x) {
    const Tensor h = trunk(x), a = direction(h);
    return {a / sqrt(sum(square(a), -1, true)), reshape(softplus(kappa(h)) + 1.0, {-1})};
  }
  prob::SphereUniform prior() const { return prob::SphereUniform({sizes.m}); }
  /// By numbers of the size 1, as those of N(0, I) are: a coordinate of a unit vector is about 1 / sqrt(m).
  prob::Bernoulli decode(const Tensor& z) {
    return pixels(image(std::sqrt(static_cast<double>(sizes.m)) * z));
  }

  const SphereSizes sizes;
  nn::Child<nn::Mlp> trunk;
  nn::Child<nn::Linear> direction, kappa;
  nn::Child<nn::Mlp> image;
  nn::Child<vae::BernoulliHead> pixels;
};

/// How the paper draws w = mu^T z (its algorithm 2, after Ulrich 1984): proposals w = h(e, kappa) of e ~ Beta, of which some are
/// accepted. The library takes a quantile instead (prob/von_mises_fisher.hpp), which no draw is thrown away for.
struct Rejection {
  double m;

  Tensor b(const Tensor& kappa) const {
    return (sqrt(4.0 * square(kappa) + (m - 1) * (m - 1)) - 2.0 * kappa) / (m - 1);
  }
  Tensor h(const Tensor& e, const Tensor& kappa) const {
    return (1.0 - (1.0 + b(kappa)) * e) / (1.0 - (1.0 - b(kappa)) * e);
  }

  /// n accepted e, for one kappa; `share` is that of the proposals that were accepted.
  Tensor accepted(double kappa, std::int64_t n, Rng& rng, double& share) const {
    const NoGrad no_grad;
    const Tensor b_ = b(tensor(kappa));
    const double at = b_.item(), a = (m - 1 + 2 * kappa + std::hypot(2 * kappa, m - 1)) / 4;
    const double d = 4 * a * at / (1 + at) - (m - 1) * std::log(m - 1);
    std::vector<double> kept;
    double blocks = 0;
    for (; std::ssize(kept) < n; ++blocks) {
      const Tensor e = prob::Beta(full({n}, (m - 1) / 2), full({n}, (m - 1) / 2)).sample(rng);
      const Tensor t = 2 * a * at / (1.0 - (1 - at) * e);
      const Tensor slack = (m - 1) * log(t) - t + d - log(rng.uniform({n}));
      const auto value = e.to_vector(), by = slack.to_vector();
      for (std::size_t i = 0; i < value.size(); ++i)
        if (by[i] >= 0) kept.push_back(value[i]);
    }
    share = static_cast<double>(kept.size()) / (blocks * static_cast<double>(n));
    kept.resize(static_cast<std::size_t>(n));
    return tensor(kept, {n});
  }

  /// log of the density of an accepted e, up to a constant: q(w) |dw/de|. It depends on kappa at a fixed e, for kappa
  /// decides what is accepted.
  Tensor log_density(const Tensor& e, const Tensor& kappa) const {
    const Tensor w = h(e, kappa);
    return kappa * w + (m - 3) / 2 * log(1.0 - square(w)) -
           prob::log_bessel_series(m / 2 - 1, kappa) + log(b(kappa)) -
           2.0 * log(1.0 - (1.0 - b(kappa)) * e);
  }
};

}  // namespace concepts
