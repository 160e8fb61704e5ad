#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "contestant.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"

namespace tapestry::bench {
namespace {

// The step as every user of the library writes it.
class TapestryStep : public TrainingStep {
 public:
  explicit TapestryStep(const Case& c)
      : case_(c), model_(initial_model(c)), adam_(model_->parameters()), x_(minibatch(c)) {}

  void step() override {
    adam_.zero_grad();
    Tape tape;
    const Tensor loss = case_.iwae() ? -mean(bound()) : model_->elbo(x_, rng_).loss();
    tape.backward(loss);
    adam_.step();
    loss_ = loss.item();
  }

  double loss() const override { return loss_; }

  std::vector<float> gradients() const override {
    std::vector<float> all;
    for (const Parameter* p : adam_.parameters()) {
      const auto g = p->grad().view<float>();
      all.insert(all.end(), g.begin(), g.end());
    }
    return all;
  }

 private:
  Tensor bound() {
    return vae::iwae_bound(
        x_, model_->encode(x_), model_->prior(), [&](const Tensor& z) { return model_->decode(z); },
        rng_, case_.samples);
  }

  Case case_;
  std::unique_ptr<vae::Vae> model_;
  nn::Adam adam_;
  Tensor x_;
  Rng rng_ = noise();
  double loss_ = 0;
};

}  // namespace

std::unique_ptr<vae::Vae> initial_model(const Case& c) {
  auto model = vae::make_vae(c.model);
  nn::init::torch_default(*model, Rng(1).stream("init"));
  return model;
}

Rng noise() { return Rng(1).stream("noise"); }

std::unique_ptr<TrainingStep> make_tapestry(const Case& c) {
  return std::make_unique<TapestryStep>(c);
}

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
