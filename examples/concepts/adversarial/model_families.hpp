#pragma once

#include "autograd/ops.hpp"
#include "nn/layers/made.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/flows/affine.hpp"
#include "prob/flows/transformed.hpp"
#include "prob/mixture.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/heads.hpp"

// Five families of models of points x in the plane, and what can be asked of each (capabilities.hpp).

namespace concepts {

using namespace tapestry;

/// A mixture of normals: p(x) = sum_k w_k N(x; m_k, diag s_k^2), fitted by EM.
struct NormalParts {
  prob::Mixture<prob::Normal> p;

  Tensor log_prob(const Tensor& x) const { return p.log_prob(x); }
  Tensor sample(Rng& rng, std::int64_t n) const { return p.sample(rng, {n}); }

  /// E-step: r_nk = p(k|x_n). M-step: weights, means and variances of the x, weighed by r.
  void em_step(const Tensor& x) {
    const Tensor each = p.components.log_prob(reshape(x, {-1, 1, 2}));
    const Tensor r = transpose(softmax(log_softmax(p.logits) + each)), n = sum(r, 1, true);
    const Tensor loc = matmul(r, x) / n, variance = matmul(r, square(x)) / n - square(loc);
    p = {log(reshape(n, {-1})), prob::Normal(loc, sqrt(maximum(variance, 1e-4)), 1)};
  }
};

/// An autoregressive model: p(x) = p(x_1) p(x_2|x_1), each a mixture of normals on a line whose numbers a masked
/// network says.
struct Autoregressive : nn::Module {
  static constexpr std::int64_t kParts = 8;
  nn::Child<nn::Made> net{*this, "net", nn::MadeSizes{2, 128, 3 * kParts}};

  prob::Mixture<prob::Normal> given_earlier(const Tensor& x) {  // over [B, 2]
    const Tensor y = transpose(reshape(net(x), {-1, 3 * kParts, 2}), {0, 2, 1});
    const auto block = [&](int k) { return slice(y, -1, k * kParts, (k + 1) * kParts); };
    return {block(0), prob::Normal(block(1), exp(block(2)))};
  }
  Tensor log_prob(const Tensor& x) { return sum(given_earlier(x).log_prob(x), -1); }
  Tensor sample(Rng& rng, std::int64_t n) {
    const Tensor first = given_earlier(zeros({n, 2})).sample(rng);
    const Tensor both = given_earlier(first).sample(rng);
    return concat({slice(first, 1, 0, 1), slice(both, 1, 1, 2)}, 1);
  }
};

/// A flow: x = f_K(... f_1(z)) with z ~ N(0, I), and log p(x) = log N(z; 0, I) - sum_k log |det df_k|.
struct Coupling : nn::Module {
  Coupling() {
    for (int k = 0; k < 8; ++k)
      nets.add(std::vector<std::int64_t>{2, 64, 64, 4}, Activation::tanh, Activation::none);
  }
  auto x_of_z() {
    std::vector<prob::CouplingFlow> steps;
    for (std::size_t k = 0; k < nets.size(); ++k)
      steps.push_back(
          {k % 2 == 0 ? tensor({0, 1}) : tensor({1, 0}), [&net = nets[k]](const Tensor& z) {
             const Tensor y = net(z);
             return prob::ShiftAndScale{slice(y, -1, 0, 2), tanh(slice(y, -1, 2, 4))};
           }});
    return prob::Transformed(prob::StandardNormal({2}, 1), steps);
  }
  Tensor log_prob(const Tensor& x) { return x_of_z().log_prob(x); }
  Tensor sample(Rng& rng, std::int64_t n) { return x_of_z().sample(rng, {n}); }

  nn::ChildList<nn::Mlp> nets{*this, "nets"};
};

/// A VAE: p(x) is an integral over z, so there is a bound and no log_prob.
struct PlaneVae : nn::Module {
  static constexpr std::int64_t kLatents = 2;
  nn::Child<nn::Mlp> trunk{*this, "trunk", {2, 64, 64}, Activation::tanh};
  nn::Child<vae::NormalHead> head{*this, "head", 64, kLatents};
  nn::Child<nn::Mlp> f{*this, "f", {kLatents, 64, 64, 2}, Activation::tanh, Activation::none};
  nn::Param log_sigma{*this, "log_sigma", {}, -1.0};

  prob::Normal encode(const Tensor& x) { return head(trunk(x)); }
  prob::StandardNormal prior() const { return prob::StandardNormal({kLatents}, 1); }
  prob::Normal decode(const Tensor& z) { return {f(z), exp(log_sigma), 1}; }
  Tensor sample(Rng& rng, std::int64_t n) { return decode(prior().sample(rng, {n})).sample(rng); }
};

/// A generative adversarial network: x = G(z). Nothing else is known of p(x).
struct Generator : nn::Module {
  nn::Child<nn::Mlp> G{*this, "G", {2, 128, 128, 2}, Activation::relu, Activation::none};

  Tensor sample(Rng& rng, std::int64_t n) { return G(rng.normal({n, 2})); }
};

}  // namespace concepts
