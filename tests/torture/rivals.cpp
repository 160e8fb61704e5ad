// A training with two players, each with an optimizer of its own, for SIGKILL: a VAE, and a critic of its codes.
// usage: rivals FOLDER EPOCHS     goes on with the run in the folder if there is one
#include <fmt/format.h>

#include <cstdlib>

#include "autograd/ops.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/init.hpp"
#include "nn/layers/linear.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/rmsprop.hpp"
#include "prob/kl.hpp"
#include "vae/models/mlp.hpp"
#include "vae/training/trainer.hpp"

using namespace tapestry;

int main(int, char** argv) try {
  const nn::ImageDataset data = nn::drawn_digits(400, 40);
  vae::MlpVae model({.hidden = {16}, .latent = 4});
  nn::Linear critic(4, 1);
  nn::init::torch_default(model, Rng(9).stream("init"));
  nn::init::torch_default(critic, Rng(9).stream("critic"));
  nn::Adam adam(model.parameters());
  nn::RmsProp critic_steps(critic.parameters(), {.lr = 1e-3});
  const vae::Play fool = [&](const nn::Batch& batch, Rng& rng) -> vae::Objective {
    const prob::Normal q = model.encode(batch.images);
    const Tensor z = q.rsample(rng), doubt = reshape(critic(z), {-1});
    const vae::ElboTerms terms{.log_lik = model.decode(z).log_prob(batch.images),
                               .kl = prob::kl(q, model.prior())};
    return {
        .value = terms.elbo() - 0.1 * doubt, .bound = terms.elbo(), .parts = {{"doubt", doubt}}};
  };
  const vae::Play judge = [&](const nn::Batch& batch, Rng& rng) -> vae::Objective {
    const Tensor z = model.encode(batch.images).sample(rng).detach();
    const Tensor real = critic(rng.normal(z.shape())), made = critic(z);
    return {.value = reshape(log_sigmoid(real) + log_sigmoid(-made), {-1})};
  };
  vae::Trainer trainer({{"vae", model, adam, fool}, {"critic", critic, critic_steps, judge}}, data,
                       {.epochs = std::atoi(argv[2]), .batch = 20, .seed = 9, .out = argv[1]});
  trainer.resume();
  fmt::print("run  in epoch {}\n", trainer.epoch());
  std::fflush(stdout);
  trainer.run();
} catch (const std::exception& error) {
  fmt::print(stderr, "rivals: {}\n", error.what());
  return 1;
}
