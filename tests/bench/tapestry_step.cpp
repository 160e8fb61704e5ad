#include "tapestry_step.hpp"

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "vae/bounds/iwae.hpp"

namespace tapestry::bench {

TapestryStep::TapestryStep(const Case& c, const State& state)
    : case_(c),
      model_(vae::make_vae(c.model)),
      adam_(model_.module->parameters()),
      minibatches_(state) {
  model_.module->load_state(state.parameters);
  if (!state.adam.empty()) adam_.load_state(state.adam);
}

void TapestryStep::step_on(const Tensor& x) {
  adam_.zero_grad();
  Tape tape;
  const Tensor loss =
      case_.iwae() ? -mean(bound(x)) : model_.objective({.images = x}, rng_, {}).loss();
  tape.backward(loss);
  adam_.step();
  loss_ = loss.item();
}

Tensor TapestryStep::bound(const Tensor& x) {
  return vae::iwae_bound(model_.log_weights({.images = x}, rng_, case_.samples));
}

std::vector<float> TapestryStep::gradients() const {
  std::vector<float> all;
  for (const Parameter* p : adam_.parameters()) {
    const auto g = p->grad().view<float>();
    all.insert(all.end(), g.begin(), g.end());
  }
  return all;
}

std::int64_t TapestryStep::denormals() const {
  return count_denormals(parameters()) + count_denormals(gradients()) + count_denormals(adam());
}

std::unique_ptr<TrainingStep> make_tapestry(const Case& c, const State& state) {
  return std::make_unique<TapestryStep>(c, state);
}

Rng noise() { return Rng(1).stream("noise"); }

void check_same(TrainingStep& a, TrainingStep& b, const Case& c) {
  for (int step = 1; step <= 2; ++step) {
    a.step();
    b.step();
    const std::vector<float> ga = a.gradients(), gb = b.gradients();
    check<DomainError>(ga.size() == gb.size(), "{}: {} and {} gradients", c.name, ga.size(),
                       gb.size());
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < ga.size(); ++i) {
      const double x = static_cast<double>(ga[i]), y = static_cast<double>(gb[i]);
      difference += (x - y) * (x - y);
      size += y * y;
    }
    check<DomainError>(std::abs(a.loss() - b.loss()) <= 1e-5 * std::abs(b.loss()) &&
                           (step > 1 || difference <= 1e-8 * size),
                       "{}, step {}: losses {} and {}, gradients differ by {} of their norm",
                       c.name, step, a.loss(), b.loss(), std::sqrt(difference / size));
  }
}

}  // namespace tapestry::bench
