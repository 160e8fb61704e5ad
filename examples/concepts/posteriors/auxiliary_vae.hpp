#pragma once

#include <functional>

#include "autograd/ops.hpp"
#include "nn/layers/linear.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/distribution.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/heads.hpp"

// The auxiliary deep generative model without labels (Maaloe, Sonderby, Sonderby and Winther 2016): equations
// 3 to 5.

namespace concepts {

using namespace tapestry;
using prob::Normal;

/// What a adds to log q(z|a,x), from log q(a|x) and log r(a|z,x).
using Price = std::function<Tensor(const Tensor& log_a, const Tensor& log_r)>;
inline Tensor whole_price(const Tensor& log_a, const Tensor& log_r) { return log_a - log_r; }
/// For a model without a.
inline Tensor no_price(const Tensor& log_a, const Tensor&) { return 0.0 * log_a; }

/// q(z|x) = integral of q(a|x) q(z|a,x) over a. Its samples come with log q(a,z|x) - log r(a|z,x) in the place of a
/// density, which is what the bound subtracts.
struct AuxiliaryPosterior {
  static constexpr const char* kName = "AuxiliaryPosterior";
  using Given = std::function<Normal(const Tensor&)>;

  Normal a;  ///< q(a|x)
  Given z;   ///< q(z|a,x) from a
  Given r;   ///< r(a|z,x) from z
  Price price;

  prob::SampledLatent rsample_and_log_prob(Rng& rng, const Shape& shape = {}) const {
    const Tensor drawn = a.rsample(rng, shape);
    const Normal q = z(drawn);
    const Tensor out = q.rsample(rng);
    return {out, q.log_prob(out) + price(a.log_prob(drawn), r(out).log_prob(drawn))};
  }
  Tensor sample(Rng& rng, const Shape& shape = {}) const {
    const NoGrad no_grad;
    return rsample_and_log_prob(rng, shape).z;
  }
};

struct AuxiliarySizes {
  std::int64_t pixels = 784, hidden = 400, auxiliary = 10, latents = 32;
  bool sees_a = true;  ///< q(z|a,x); otherwise q(z|x)
  Price price = whole_price;
};

struct AuxiliaryVae : nn::Module {
  explicit AuxiliaryVae(const AuxiliarySizes& s)
      : sizes(s),
        trunk(*this, "trunk", {s.pixels, s.hidden}, Activation::relu),
        of_a(*this, "of_a", s.hidden, s.auxiliary),
        z_of_x(*this, "z_of_x", s.hidden, s.hidden),
        z_of_a(*this, "z_of_a", s.auxiliary, s.hidden),
        r_of_x(*this, "r_of_x", s.hidden, s.hidden),
        r_of_z(*this, "r_of_z", s.latents, s.hidden),
        head(*this, "head", s.hidden, s.latents),
        r_head(*this, "r_head", s.hidden, s.auxiliary),
        pixels(*this, "pixels", {s.latents, s.hidden, s.pixels}, Activation::relu,
               Activation::none) {}

  /// Freezes what a alone has: for a model that does not use it.
  void freeze_a() {
    for (nn::Module* part :
         std::initializer_list<nn::Module*>{&of_a, &z_of_a, &r_of_x, &r_of_z, &r_head})
      part->set_trainable(false);
  }

  AuxiliaryPosterior encode(const Tensor& x) {
    const Tensor h = trunk(x), for_z = z_of_x(h), for_r = r_of_x(h);
    const double seen = sizes.sees_a ? 1 : 0;
    return {.a = of_a(h),
            .z = [=, this](const Tensor& a) { return head(relu(for_z + z_of_a(seen * a))); },
            .r = [=, this](const Tensor& z) { return r_head(relu(for_r + r_of_z(z))); },
            .price = sizes.price};
  }
  prob::StandardNormal prior() const { return prob::StandardNormal({sizes.latents}, 1); }
  prob::Bernoulli decode(const Tensor& z) { return prob::Bernoulli(pixels(z), 1); }

  const AuxiliarySizes sizes;
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> of_a;
  nn::Child<nn::Linear> z_of_x, z_of_a, r_of_x, r_of_z;
  nn::Child<vae::NormalHead> head, r_head;
  nn::Child<nn::Mlp> pixels;
};

}  // namespace concepts
