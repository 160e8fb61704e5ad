#include "concepts/experiments/posterior_chains.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "nn/optim/descend.hpp"
#include "vae/inference/hmc.hpp"

namespace support {

using namespace tapestry;

namespace {

// The chain of each training image: its position [N, Z], and the length of a step.
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

Learner monte_carlo_em(const LogJoint& walked_on) {
  return [walked_on](AevbVae& model, nn::Optimizer& adagrad, Rng& noise, std::int64_t images) {
    Chains chains{.z = noise.normal({images, model.latent})};
    return Step([=, &model, &adagrad, &noise](const nn::Batch& batch) mutable {
      const auto count = static_cast<std::int64_t>(batch.index.size());
      const Tensor index = index_tensor({batch.index.begin(), batch.index.end()}, {count});
      const auto moved = [&] {
        const detail::AtRest still(model);
        return vae::hmc([&](const Tensor& z) { return walked_on(model, batch.images, z); },
                        take_rows(chains.z, index), noise,
                        {.samples = 1,
                         .warmup = 0,
                         .leapfrog_steps = 10,
                         .step = chains.step,
                         .target_acceptance = 0});
      }();
      chains.step *= std::exp(0.1 * (moved.acceptance - 0.9));
      const Tensor z = reshape(moved.samples, {count, model.latent});
      put_back(chains, batch.index, z);
      for (int i = 0; i < 5; ++i)
        nn::descend(adagrad, [&] { return -mean(model.decode(z).log_prob(batch.images)); });
    });
  };
}

}  // namespace support
