#include "support/posterior_chains.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "support/climb.hpp"
#include "vae/inference/hmc.hpp"

namespace support {

using namespace tapestry;

namespace {

// A model whose weights are at rest until the end of the block: the chains need no slope but that in z.
class AtRest {
 public:
  explicit AtRest(vae::Vae& model) : model_(model) { model.set_trainable(false); }
  ~AtRest() { model_.set_trainable(true); }
  AtRest(const AtRest&) = delete;

 private:
  vae::Vae& model_;
};

// Where the chain of each training image stands [N, Z], and the length of a step.
struct Chains {
  Tensor z;
  double step = 0.05;
};

// z [B, Z], the new places of these chains.
void put_back(Chains& chains, std::span<const std::int32_t> index, const Tensor& z) {
  const auto width = static_cast<std::size_t>(z.dim(1));
  const auto rows = z.view<float>();
  const auto all = chains.z.mutate<float>();
  for (std::size_t i = 0; i < index.size(); ++i)
    std::copy_n(&rows[width * i], width, &all[width * static_cast<std::size_t>(index[i])]);
}

}  // namespace

Tensor log_joint(vae::Vae& model, const Tensor& x, const Tensor& z) {
  return model.decode(z).log_prob(x) + model.prior().log_prob(z);
}

Learner monte_carlo_em(const LogJoint& walked_on) {
  return [walked_on](vae::Vae& model, nn::Optimizer& adagrad, Rng& noise, std::int64_t images) {
    Chains chains{.z = noise.normal({images, model.latent()})};
    return Step([=, &model, &adagrad, &noise](const nn::Batch& batch) mutable {
      const auto count = static_cast<std::int64_t>(batch.index.size());
      const Tensor index = index_tensor({batch.index.begin(), batch.index.end()}, {count});
      const auto moved = [&] {
        const AtRest still(model);
        return vae::hmc([&](const Tensor& z) { return walked_on(model, batch.images, z); },
                        take_rows(chains.z, index), noise,
                        {.samples = 1,
                         .warmup = 0,
                         .leapfrog_steps = 10,
                         .step = chains.step,
                         .target_acceptance = 0});
      }();
      chains.step *= std::exp(0.1 * (moved.acceptance - 0.9));
      const Tensor z = reshape(moved.samples, {count, model.latent()});
      put_back(chains, batch.index, z);
      for (int i = 0; i < 5; ++i)
        descend(adagrad, [&] { return -mean(model.decode(z).log_prob(batch.images)); });
    });
  };
}

prob::MultivariateNormal explored_posterior(vae::Vae& model, const Tensor& x, Rng& rng) {
  constexpr std::int64_t kDraws = 100, kAtATime = 50, kKept = 50;
  const AtRest still(model);
  const Tensor draws = model.prior().sample(rng, {kDraws});
  std::vector<Tensor> best;
  for (std::int64_t first = 0; first < x.dim(0); first += kAtATime) {
    const Tensor some = slice(x, 0, first, std::min(first + kAtATime, x.dim(0)));
    const Tensor log_lik = model.decode(reshape(draws, {kDraws, 1, model.latent()})).log_prob(some);
    best.push_back(take_rows(draws, argmax(log_lik, 0)));
  }
  const Tensor z =
      vae::hmc([&](const Tensor& at) { return log_joint(model, x, at); }, concat(best, 0), rng,
               {.samples = kKept, .warmup = 30, .leapfrog_steps = 4, .target_acceptance = 0.9})
          .samples;

  const Tensor loc = mean(z, 0), off = z - loc;
  const Tensor covariance = mean(
      reshape(off, {kKept, -1, model.latent(), 1}) * reshape(off, {kKept, -1, 1, model.latent()}),
      0);
  // A chain that never moved has no spread, hence the second term.
  const Tensor wider = 2.0 * covariance + 1e-4 * eye(model.latent());
  return prob::MultivariateNormal::from_covariance(loc, wider);
}

}  // namespace support
