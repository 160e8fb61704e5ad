#include "vae/exact/binary_net.hpp"

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/all_bits.hpp"
#include "vae/exact/table.hpp"

namespace tapestry::vae::exact {

namespace {

constexpr std::int64_t kMostLatents = 16;  // 65536 states: their table fits into any memory

void check_latents(std::int64_t latents) {
  check<ConfigError>(latents >= 1 && latents <= kMostLatents,
                     "a binary net is enumerated: it has 1 to {} latents, not {}", kMostLatents,
                     latents);
}

/// Values [..., n] as [..., 1, n], to be compared with every state.
Tensor against_states(const Tensor& x) { return reshape(x, x.shape().inserted(x.rank() - 1, 1)); }

}  // namespace

BinaryNet BinaryNet::random(std::int64_t latents, std::int64_t outputs, Rng& rng,
                            double weight_scale) {
  check_latents(latents);
  check<ConfigError>(outputs >= 1, "a binary net has at least 1 output, not {}", outputs);
  return {rng.normal({latents}), weight_scale * rng.normal({outputs, latents}),
          rng.normal({outputs})};
}

BinaryNet BinaryNet::example() {
  return {tensor({-1, -1}), tensor({{6, 6}, {1, -1}, {-1, 2}}), tensor({-3, 0, -1})};
}

Tensor BinaryNet::example_x() { return tensor({1, 1, 0}); }

Tensor BinaryNet::states() const {
  check_latents(latents());
  return prob::all_bits(latents(), prior_logits.dtype());
}

prob::Bernoulli BinaryNet::prior() const { return prob::Bernoulli(prior_logits, 1); }

prob::Bernoulli BinaryNet::likelihood(const Tensor& z) const {
  return prob::Bernoulli(linear(z, weight, bias), 1);
}

Tensor BinaryNet::log_joint_at(const Tensor& x, const Tensor& z) const {
  return prior().log_prob(z) + likelihood(z).log_prob(x);
}

Tensor BinaryNet::log_joint(const Tensor& x) const {
  return log_joint_at(against_states(x), states());
}

Tensor BinaryNet::log_px(const Tensor& x) const { return table::log_px(log_joint(x)); }

Tensor BinaryNet::log_posterior(const Tensor& x) const {
  return table::log_posterior(log_joint(x));
}

Tensor BinaryNet::posterior_probs(const Tensor& x) const {
  const Tensor p = exp(log_posterior(x));
  return sum(reshape(p, p.shape().inserted(p.rank(), 1)) * states(), -2);
}

Tensor BinaryNet::factorised(const Tensor& q_logits) const {
  const Tensor logits = against_states(q_logits), z = states();
  return prob::Bernoulli(logits, 1).log_prob(
      prob::expanded(z, broadcast(z.shape(), logits.shape())));  // said in full: there may be 2^K q
}

Tensor BinaryNet::elbo(const Tensor& x, const Tensor& log_q) const {
  return table::elbo(log_joint(x), log_q);
}

Tensor BinaryNet::gap(const Tensor& x, const Tensor& log_q) const {
  return table::gap(log_joint(x), log_q);
}

Draw BinaryNet::sample(Rng& rng, std::int64_t n) const {
  const NoGrad no_grad;
  const Tensor z = prior().sample(rng, {n});
  return {z, likelihood(z).sample(rng)};
}

}  // namespace tapestry::vae::exact
