#include "noiseless.hpp"

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/optim/adam.hpp"
#include "prob/kl.hpp"
#include "vae/models/conv.hpp"
#include "vae/models/mlp.hpp"

namespace tapestry::bench {

namespace {

template <class Model>
std::array<double, 2> losses_of(Model& model, const Case& c, const State& state) {
  nn::Adam adam(model.parameters());
  model.load_state(state.parameters);
  if (!state.adam.empty()) adam.load_state(state.adam);
  std::array<double, 2> losses{};
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const Tensor& x = state.minibatches.at(i);
    adam.zero_grad();
    Tape tape;
    const prob::Normal q = model.encode(x);
    const Tensor z = q.mean();
    // Samples without noise are all the same, and so is the bound for any number of them.
    const Tensor cost =
        c.iwae() ? q.log_prob(z) - model.prior().log_prob(z) : prob::kl(q, model.prior());
    const Tensor loss = mean(cost - model.decode(z).log_prob(x));
    losses[i] = loss.item();
    tape.backward(loss);
    adam.step();
  }
  return losses;
}

}  // namespace

std::array<double, 2> noiseless_losses(const Case& c, const State& state) {
  if (c.model.kind == vae::VaeConfig::Kind::conv) {
    vae::ConvVae model(c.model);
    return losses_of(model, c, state);
  }
  vae::MlpVae model(c.model);
  return losses_of(model, c, state);
}

}  // namespace tapestry::bench
