#pragma once

#include "concepts/decoders/semi_supervised.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/heads.hpp"
#include "vae/models/mlp.hpp"

// M1 and M2 stacked (Kingma, Rezende, Mohamed and Welling, Semi-supervised Learning with Deep Generative Models, 2014,
// section 2.1). M1 has learned codes z1 of all images; M2 is a model of the codes, with a label y and a style z2:
//
//     y ~ Cat(1/C),  z2 ~ N(0, I),  z1 ~ p(z1|y, z2),  x ~ p(x|z1)
//     log p(x) >= E_q(z1|x)[ log p(x|z1) + U(z1) - log q(z1|x) ]
//
// U(z1) is M2's bound of log p(z1), so M2 stands where M1 had N(0, I): it is a prior that knows of classes.

namespace concepts {

/// p(z1|y, z2) and q(z2|z1, y), with a normal distribution where ConditionalVae has pixels.
struct ConditionalCodes : nn::Module {
  explicit ConditionalCodes(const vae::ConditionalSizes& s)
      : sizes(s),
        trunk(*this, "trunk", {s.pixels + s.classes, s.hidden.front()}, s.activation),
        style(*this, "style", s.hidden.front(), s.latent),
        back(*this, "back", {s.latent + s.classes, s.hidden.front()}, s.activation),
        code(*this, "code", s.hidden.front(), s.pixels) {}

  struct Given {
    ConditionalCodes& model;
    Tensor y;

    prob::Normal encode(const Tensor& z1) const { return model.style(model.trunk.of_both(z1, y)); }
    prob::StandardNormal prior() const { return prob::StandardNormal({model.sizes.latent}, 1); }
    prob::Normal decode(const Tensor& z2) const { return model.code(model.back.of_both(z2, y)); }
  };
  Given given(const Tensor& y) { return {*this, y}; }

  const vae::ConditionalSizes sizes;  ///< `pixels` are the numbers of a code
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> style;
  nn::Child<nn::Mlp> back;
  nn::Child<vae::NormalHead> code;
};
using CodeM2 = M2Of<ConditionalCodes>;

/// The steps that can be taken wrongly.
struct StackSteps {
  /// z1 ~ q(z1|x), a number to M2
  std::function<Tensor(const prob::Normal&, Rng&)> code = [](const auto& q, Rng& rng) {
    return q.sample(rng);
  };
  double price = 1;  ///< weight of -log q(z1|x)
  double old = 0;    ///< weight of M1's log N(z1; 0, I), which M2 replaces
};

struct StackedVae {
  vae::MlpVae& m1;
  CodeM2& m2;
  StackSteps steps = {};

  Tensor code(const Tensor& x, Rng& rng) const {
    const NoGrad no_grad;
    return steps.code(m1.encode(x), rng);
  }
  /// What M2 maximises: M2's objective, of codes in the place of images.
  vae::Objective play(const Tensor& x, const Labelled& some, const LabelWeights& w,
                      Rng& rng) const {
    return m2.objective(code(x, rng), {code(some.x, rng), some.y}, w, rng);
  }
  /// The bound of log p(x) of both.
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) const {
    const prob::Normal q = m1.encode(x);
    const Tensor z1 = q.rsample(rng);
    const Tensor log_p = m2.without_label(z1, true, rng) + steps.old * m1.prior().log_prob(z1);
    return {.log_lik = m1.decode(z1).log_prob(x), .kl = steps.price * q.log_prob(z1) - log_p};
  }
  /// A style z2 [n, Z2] under each label, as images [n, C, D]. Not recorded.
  Tensor under_all_labels(const Tensor& z2) const {
    const NoGrad no_grad;
    const std::int64_t n = z2.dim(0), C = m2.told.sizes.classes;
    const Tensor each = broadcast_to(reshape(z2, {n, 1, -1}), {n, C, z2.dim(1)});
    return m1.decode(m2.told.given(broadcast_to(eye(C), {n, C, C})).decode(each).loc).mean();
  }
};

}  // namespace concepts
