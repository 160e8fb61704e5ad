#pragma once

#include "concepts/adversarial/joint_normals.hpp"
#include "concepts/adversarial/learned_inference.hpp"

// Wrong versions of adversarially learned inference.

namespace concepts {

/// x and z each have a part of the critic, whose logits are added: it never sees that they belong together.
struct MarginalCritic : nn::Module {
  MarginalCritic(std::int64_t pixels, std::int64_t latents, std::int64_t hidden)
      : of_x(*this, "of_x", {pixels, hidden, 1}, Activation::relu, Activation::none),
        of_z(*this, "of_z", {latents, hidden, 1}, Activation::relu, Activation::none) {}

  Tensor logit(const Tensor& x, const Tensor& z) { return reshape(of_x(x) + of_z(z), {-1}); }

  nn::Child<nn::Mlp> of_x, of_z;
};
/// The same for pairs of numbers: no term x z.
struct MarginalQuadratic : QuadraticJoint {
  Tensor logit(const Tensor& x, const Tensor& z) {
    return sum(concat({ones_like(x), x, z, square(x), zeros_like(x), square(z)}, 1) * weight, -1);
  }
};

}  // namespace concepts
