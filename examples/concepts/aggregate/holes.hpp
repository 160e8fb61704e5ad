#pragma once

#include <functional>

#include "autograd/ops.hpp"
#include "nn/layers/linear.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/kl.hpp"
#include "prob/standard_normal.hpp"
#include "vae/bounds/elbo.hpp"
#include "vae/models/heads.hpp"
#include "vae/training/player.hpp"

// CP-VAE, a VAE with a constrained posterior (Xu, Cheung and Cao 2020). z has two parts, and the mean of the first lies in a
// simplex whose vertices are learned:
//
//     mu_1(x) = sum_i pi_i(x) e_i,     pi(x) = softmax(...),     E E^T close to alpha I
//     objective = ELBO - w |E E^T - alpha I|^2 - max(0, margin - (log p(x|z_1, z_2) - log p(x|z_1', z_2)))
//
// z_1' belongs to another image: the hinge asks z_1 to say what no z_2 says. Where z_1 may be is known, so that it can be
// drawn there and meets no hole.

namespace concepts {

using namespace tapestry;

struct SimplexSizes {
  std::int64_t pixels = 784, hidden = 400, vertices = 3, structure = 8, style = 12;
  double alpha = 8, margin = 20;
};

/// The steps that can be taken wrongly.
struct SimplexSteps {
  std::function<Tensor(const Tensor&)> shares = [](const Tensor& s) { return softmax(s); };
  double sign = 1;  ///< of the difference in the hinge
};

struct SimplexVae : nn::Module {
  SimplexVae(const SimplexSizes& s, SimplexSteps how)
      : sizes(s),
        steps(std::move(how)),
        trunk(*this, "trunk", {s.pixels, s.hidden}, Activation::relu),
        weights(*this, "weights", s.hidden, s.vertices),
        style(*this, "style", s.hidden, s.style),
        log_scale(*this, "log_scale", s.hidden, s.structure + s.style),
        vertices(*this, "vertices", {s.vertices, s.structure}, nn::Start::table()),
        image(*this, "image", {s.structure + s.style, s.hidden}, Activation::relu),
        pixels(*this, "pixels", s.hidden, s.pixels) {}

  /// pi(x) [B, V].
  Tensor shares(const Tensor& x) { return steps.shares(weights(trunk(x))); }

  prob::Normal encode(const Tensor& x) {
    const Tensor h = trunk(x), first = matmul(steps.shares(weights(h)), vertices);
    return {concat({first, style(h)}, 1), exp(log_scale(h)), 1};
  }
  prob::StandardNormal prior() { return prob::StandardNormal({sizes.structure + sizes.style}, 1); }
  prob::Bernoulli decode(const Tensor& z) { return pixels(image(z)); }

  /// |E E^T - alpha I|^2
  Tensor skewness() {
    const Tensor gram = matmul(vertices, vertices, {.transpose_right = true});
    return sum(square(gram - sizes.alpha * eye(sizes.vertices, gram.dtype())));
  }

  /// log p(x|z_1, z_2) - log p(x|z_1', z_2), where z_1' is that of the image before.
  Tensor advantage(const Tensor& x, const Tensor& z, const Tensor& log_lik) {
    const std::int64_t n = x.dim(0), first = sizes.structure, all = first + sizes.style;
    const Tensor z_1 = slice(z, 1, 0, first), z_2 = slice(z, 1, first, all);
    const Tensor other = concat({slice(z_1, 0, n - 1, n), slice(z_1, 0, 0, n - 1)}, 0);
    return log_lik - decode(concat({other, z_2}, 1)).log_prob(x);
  }

  vae::Objective play(const nn::Batch& batch, Rng& rng) {
    const Tensor& x = batch.images;
    const prob::Normal q = encode(x);
    const Tensor z = q.rsample(rng), log_lik = decode(z).log_prob(x);
    const vae::ElboTerms terms{.log_lik = log_lik, .kl = prob::kl(q, prior())};
    const Tensor hinge = relu(sizes.margin - steps.sign * advantage(x, z, log_lik));
    vae::Objective objective = terms;
    objective.value = objective.value - hinge - 10.0 * skewness();
    objective.parts.push_back({"hinge", hinge});
    return objective;
  }

  const SimplexSizes sizes;
  const SimplexSteps steps;
  nn::Child<nn::Mlp> trunk;
  nn::Child<nn::Linear> weights, style, log_scale;
  nn::Param vertices;
  nn::Child<nn::Mlp> image;
  nn::Child<vae::BernoulliHead> pixels;
};

}  // namespace concepts
