#pragma once

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/kl.hpp"
#include "vae/bounds/elbo.hpp"
#include "vae/inference/row_mixture.hpp"
#include "vae/models/heads.hpp"

// VaDE (Jiang, Zheng, Tan, Tang and Zhou, Variational Deep Embedding, 2016): a VAE whose prior is a mixture of
// normals. The number c of the component is a latent too, and becomes the cluster of the image.

namespace concepts {

using namespace tapestry;

/// gamma = p(c|z), from log p(c) + log p(z|c): [..., K].
inline Tensor posterior_of_cluster(const Tensor& log_joint) { return softmax(log_joint); }
/// KL(gamma || p(c)), from log p(c) [K].
inline Tensor kl_of_cluster(const Tensor& gamma, const Tensor& log_pi) {
  return sum(gamma * (log(maximum(gamma, 1e-30)) - log_pi), -1);
}
/// KL(q(z|x) || p(z|c)) of each c: q over [B, Z], p(z|c) over [K, Z], [B, K].
inline Tensor kl_to_each(const prob::Normal& q, const prob::Normal& p) {
  const auto against = [](const Tensor& t, int axis) {
    return reshape(t, t.shape().inserted(axis, 1));
  };
  return prob::kl(prob::Normal(against(q.loc, 1), against(q.scale, 1), 1),
                  prob::Normal(against(p.loc, 0), against(p.scale, 0), 1));
}

/// The steps of the bound that a wrong version replaces.
struct ClusterSteps {
  Tensor (*posterior)(const Tensor&) = posterior_of_cluster;
  Tensor (*of_cluster)(const Tensor&, const Tensor&) = kl_of_cluster;
  Tensor (*to_each)(const prob::Normal&, const prob::Normal&) = kl_to_each;
};

struct ClusterSizes {
  std::int64_t pixels = 784, latents = 10, clusters = 10;
  std::int64_t wide = 500, narrow = 500;  ///< hidden layers of the encoder; the decoder mirrors it
};

///     p(c) = pi_c     p(z|c) = N(mu_c, diag s_c^2)     p(x|z) = Bernoulli(f(z))     q(z|x) = N(g(x), diag h(x)^2)
class MixtureVae : public nn::Module {
 public:
  explicit MixtureVae(const ClusterSizes& of, const ClusterSteps& by = {})
      : sizes(of),
        steps(by),
        trunk(*this, "trunk", {of.pixels, of.wide, of.narrow}, Activation::relu),
        head(*this, "head", of.narrow, of.latents),
        pixels(*this, "pixels", {of.latents, of.narrow, of.wide, of.pixels}, Activation::relu,
               Activation::none),
        logits(*this, "logits", {of.clusters}, 0.0),
        loc(*this, "loc", {of.clusters, of.latents}, 0.0),
        log_scale(*this, "log_scale", {of.clusters, of.latents}, 0.0) {}

  prob::Normal encode(const Tensor& x) { return head(trunk(x)); }
  prob::Bernoulli decode(const Tensor& z) { return prob::Bernoulli(pixels(z), 1); }
  vae::RowMixture mixture() { return {recorded(logits), recorded(loc), exp(log_scale)}; }
  prob::Mixture<prob::Normal> prior() { return mixture().distribution(); }

  /// Equation 8 of the paper, with gamma at a draw of z. q may see another image `seen` than the x that it explains:
  /// whatever q is, this is a bound of log p(x).
  vae::ElboTerms elbo(const Tensor& x, const Tensor& seen, Rng& rng) {
    const prob::Normal q = encode(seen);
    const Tensor z = q.rsample(rng);
    const vae::RowMixture p = mixture();
    const Tensor gamma = steps.posterior(p.log_joint(z));
    const Tensor within = sum(gamma * steps.to_each(q, prob::Normal(p.loc, p.scale, 1)), -1);
    return {.log_lik = decode(z).log_prob(x),
            .kl = {{"c", steps.of_cluster(gamma, log_softmax(p.logits))}, {"z", within}}};
  }
  /// What comes before it: an autoencoder's log p(x|z) at the mean of q.
  Tensor autoencoder(const Tensor& x, const Tensor& seen) {
    return decode(head->loc(trunk(seen))).log_prob(x);
  }
  /// The cluster of each image, i32 [B]: the most probable c at the mean of q. Not recorded.
  Tensor cluster(const Tensor& x) {
    const NoGrad no_grad;
    return argmax(steps.posterior(mixture().log_joint(encode(x).mean())));
  }

  /// Other coordinates of z, z * to: the layers before and after it change, and the images stay.
  void change_coordinates(const Tensor& to, const Tensor& back) {
    const NoGrad no_grad;
    nn::Child<nn::Linear>& before = head->loc;
    nn::Linear& after = pixels[0];
    before->weight.set_value(matmul(to, before->weight.value(), {.transpose_left = true}));
    before->bias.set_value(sum(reshape(before->bias.value(), {-1, 1}) * to, 0));
    after.weight.set_value(matmul(after.weight.value(), back, {.transpose_right = true}));
  }

  const ClusterSizes sizes;
  const ClusterSteps steps;
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> head;
  nn::Child<nn::Mlp> pixels;
  nn::Param logits, loc, log_scale;
};

}  // namespace concepts
