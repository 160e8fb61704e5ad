#pragma once

#include "autograd/ops.hpp"
#include "concepts/experiments/posterior_chains.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/ppca.hpp"

/// The model of missed_modes.cpp (C63), which begins with its equations.
namespace tapestry::concepts {

/// A model whose log p(x) is known, and an encoder for it.
struct Model {
  virtual ~Model() = default;
  virtual prob::Normal encode(const Tensor& x) = 0;
  virtual prob::StandardNormal prior() const = 0;
  virtual prob::Normal decode(const Tensor& z) = 0;
};

/// F3: its encoder is the normal with the mean and the variance of p(z|x).
struct CurveVae : Model {
  prob::Normal encode(const Tensor& x) override {
    const Tensor& z = curve.grid.points;
    const Tensor mass = exp(curve.log_posterior(x)) * curve.grid.step();
    const Tensor mean = sum(mass * z, -1, true);
    return {mean, sqrt(sum(mass * square(z - mean), -1, true)), 1};
  }
  prob::StandardNormal prior() const override { return prob::StandardNormal({1}, 1); }
  prob::Normal decode(const Tensor& z) override {
    return curve.likelihood(reshape(z, z.shape().without(-1)));
  }
  vae::exact::Curve curve = vae::exact::Curve::example();
};

/// PPCA: its encoder is the prior.
struct LinearVae : Model {
  explicit LinearVae(Rng rng) : model(vae::exact::Ppca::random(10, 3, 1, rng)) {}
  prob::Normal encode(const Tensor& x) override {
    return {zeros({x.dim(0), 3}), ones({x.dim(0), 3}), 1};
  }
  prob::StandardNormal prior() const override { return prob::StandardNormal({3}, 1); }
  prob::Normal decode(const Tensor& z) override { return model.likelihood(z); }
  vae::exact::Ppca model;
};

/// The normal of a short chain for each x.
inline prob::MultivariateNormal chain(Model& model, const Tensor& x, Rng& rng) {
  return support::explored_posterior(model, x, rng);
}

/// log p(x) of each x from 100 draws of s, half of them the chain's.
inline vae::LogPx by_both(Model& model, const Tensor& x, Rng& rng) {
  return support::explored_log_px(model, x, rng, 100);
}

inline Tensor bound(const vae::ElboTerms& terms) { return terms.elbo(); }

}  // namespace tapestry::concepts
