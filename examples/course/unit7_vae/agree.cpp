// What the judge knows.

#include "agree.hpp"

#include <algorithm>

#include "prob/kl.hpp"
#include "variation.hpp"

using namespace course;
using namespace tiny;

namespace {

struct RightEncoder final : Encoder {
  explicit RightEncoder(const Sizes& s)
      : trunk(*this, "trunk", s.pixels(), s.hidden),
        loc(*this, "loc", s.hidden, s.latent),
        log_variance(*this, "log_variance", s.hidden, s.latent) {}
  prob::Normal encode(const Tensor& x) override {
    const Tensor h = relu(trunk(x));
    return {loc(h), sqrt(exp(log_variance(h))), 1};
  }
  nn::Child<nn::Linear> trunk, loc, log_variance;
};

}  // namespace

std::unique_ptr<Encoder> true_encoder(const Sizes& sizes) {
  return std::make_unique<RightEncoder>(sizes);
}

Known known_encoding(const Sizes& sizes, std::uint64_t seed, const Tensor& x) {
  RightEncoder encoder(sizes);
  fill(encoder, seed);
  const Tensor flat_h = encoder.trunk(x), h = relu(flat_h);
  const Tensor loc = encoder.loc(h), v = encoder.log_variance(h);
  const auto pair = [](const Tensor& a, const Tensor& b) { return joined(numbers(a), numbers(b)); };
  return {pair(loc, exp(0.5 * v)),
          {{"half", pair(loc, exp(v))},
           {"swapped", pair(v, exp(0.5 * loc))},
           {"swapped", pair(v, exp(loc))},
           {"relu", pair(encoder.loc(flat_h), exp(0.5 * encoder.log_variance(flat_h)))},
           {"relu", pair(relu(loc), exp(0.5 * relu(v)))},
           {"positive", pair(loc, softplus(v))},
           {"positive", pair(loc, abs(v))},
           {"layers", {}}}};
}

Vae true_vae(const Sizes& sizes) { return {true_encoder(sizes), variation().make(sizes)}; }

Tensor true_kl(const Tensor& loc, const Tensor& scale) {
  return prob::kl(prob::Normal(loc, scale), prob::Normal(zeros_like(loc), ones_like(loc)));
}

Tensor true_loss(Encoder& encoder, Decoder& decoder, const Tensor& x, Rng& noise) {
  const prob::Normal q = encoder.encode(x);
  const Tensor z = q.rsample(noise);
  return mean(sum(true_kl(q.loc, q.scale), -1) - decoder.log_likelihood(z, x));
}

std::vector<double> true_epoch(const Loss& loss, nn::Optimizer& optimizer, nn::Batcher& batches,
                               Rng& noise, const Habits& habits) {
  std::vector<double> losses;
  const double rate = optimizer.lr();
  optimizer.set_lr(habits.rate_factor * rate);
  std::int64_t most = 0;
  for (const nn::Batch& batch : batches.epoch()) {
    most = std::max(most, batch.images.dim(0));
    if (!habits.last && batch.images.dim(0) < most) continue;
    if (habits.zero) optimizer.zero_grad();
    const Rng before = noise;
    {
      Tape tape;
      const Tensor l = loss(batch.images, noise);
      losses.push_back(l.item());
      tape.backward(habits.uphill ? -l : l);
    }
    optimizer.step();
    if (!habits.before_the_step) {
      Rng again = before;
      losses.back() = loss(batch.images, again).item();
    }
  }
  optimizer.set_lr(rate);
  return losses;
}

std::vector<double> true_run(const Run& run, const Habits& habits) try {
  Vae vae = true_vae(sizes_of(run));
  const nn::ImageDataset data = data_of(run);
  const Rng root(static_cast<std::uint64_t>(run.seed));
  nn::init::torch_default(vae, root.stream("init"));
  nn::Batcher batches(data, root.stream("order"), {.batch = run.batch, .shuffle = habits.shuffle});
  Rng noise = root.stream("noise");
  nn::Adam adam(vae.parameters(), {.lr = run.rate});
  std::vector<double> losses;
  for (std::int64_t epoch = 0; epoch < run.epochs; ++epoch) {
    if (!habits.noise_goes_on) noise = root.stream("noise");
    losses = joined(std::move(losses), true_epoch(
                                           [&](const Tensor& x, Rng& rng) {
                                             return true_loss(*vae.encoder, *vae.decoder, x, rng);
                                           },
                                           adam, batches, noise, habits));
  }
  return losses;
} catch (const DomainError&) {  // a rate with which nothing stays finite
  return {};
}

double held_out(const Run& run, const std::vector<double>& parameters) try {
  Vae vae = true_vae(sizes_of(run));
  std::size_t at = 0;
  for (const auto& [name, p] : named(vae)) {
    const auto size = static_cast<std::size_t>(p->size());
    if (at + size > parameters.size()) return INFINITY;
    p->set_value(tensor({parameters.data() + at, size}, p->shape()));
    at += size;
  }
  const NoGrad no_grad;
  const Tensor x = data_of(run).range(nn::Part::test, 0, 100, Rng(1)).images;
  Rng noise(1);
  double sum = 0;
  constexpr int kSamples = 16;
  for (int i = 0; i < kSamples; ++i)
    sum += true_loss(*vae.encoder, *vae.decoder, x, noise).item() / kSamples;
  return sum;
} catch (const DomainError&) {
  return INFINITY;
}
