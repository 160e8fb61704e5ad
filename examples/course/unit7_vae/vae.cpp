#include "vae.hpp"

#include <cmath>

namespace tiny {

// --- 7.1  The encoder -------------------------------------------------------------------------------
namespace {
class MyEncoder final : public Encoder {
 public:
  // SOLUTION 7.1 begin
  // STARTER explicit MyEncoder(const Sizes& s) { todo("7.1", "the layers of the encoder"); }
  explicit MyEncoder(const Sizes& s)
      : trunk(*this, "trunk", s.pixels(), s.hidden, Activation::relu),
        loc(*this, "loc", s.hidden, s.latent),
        log_variance(*this, "log_variance", s.hidden, s.latent) {}
  // SOLUTION 7.1 end

  prob::Normal encode(const Tensor& x) override {
    // SOLUTION 7.1 begin
    // STARTER todo("7.1", "q(z|x)");
    const Tensor h = trunk(x);
    return {loc(h), exp(0.5 * log_variance(h)), 1};
    // SOLUTION 7.1 end
  }

 private:
  // SOLUTION 7.1 begin
  // STARTER // the layers: nn::Child<nn::Linear>
  nn::Child<nn::Linear> trunk, loc, log_variance;
  // SOLUTION 7.1 end
};
}  // namespace

std::unique_ptr<Encoder> make_encoder(const Sizes& sizes) {
  return std::make_unique<MyEncoder>(sizes);
}

// --- 7.2  A sample ----------------------------------------------------------------------------------
Tensor sample(const prob::Normal& q, Rng& rng) {
  // SOLUTION 7.2 begin
  // STARTER todo("7.2", "a reparameterised sample");
  return q.loc + q.scale * rng.normal(q.shape());
  // SOLUTION 7.2 end
}

// VARIATION 7.3

std::unique_ptr<Decoder> make_decoder(const Sizes& sizes) {
  return std::make_unique<MyDecoder>(sizes);
}

// --- 7.4  The bound ---------------------------------------------------------------------------------
Terms terms(Encoder& encoder, Decoder& decoder, const Tensor& x, Rng& noise) {
  // SOLUTION 7.4 begin
  // STARTER todo("7.4", "the two parts of the bound");
  const prob::Normal q = encoder.encode(x);
  const Tensor z = sample(q, noise);
  const Tensor kl = 0.5 * sum(square(q.loc) + square(q.scale) - 1.0, -1) - sum(log(q.scale), -1);
  return {decoder.log_likelihood(z, x), kl};
  // SOLUTION 7.4 end
}
Tensor loss(const Terms& terms) {
  // SOLUTION 7.4 begin
  // STARTER todo("7.4", "the loss");
  return mean(terms.kl - terms.log_likelihood);
  // SOLUTION 7.4 end
}

// --- 7.5  The loop ----------------------------------------------------------------------------------
std::vector<double> train_epoch(const Loss& loss, nn::Optimizer& optimizer, nn::Batcher& batches,
                                Rng& noise) {
  // SOLUTION 7.5 begin
  // STARTER todo("7.5", "one epoch");
  std::vector<double> losses;
  for (const nn::Batch& batch : batches.epoch()) {
    optimizer.zero_grad();
    Tape tape;
    const Tensor l = loss(batch.images, noise);
    losses.push_back(l.item());
    tape.backward(l);
    optimizer.step();
  }
  return losses;
  // SOLUTION 7.5 end
}

std::vector<std::vector<double>> train(Vae& vae, const nn::Dataset& data, const Run& run) {
  // SOLUTION 7.5 begin
  // STARTER todo("7.5", "a whole run");
  const Rng root(static_cast<std::uint64_t>(run.seed));
  nn::init::torch_default(vae, root.stream("init"));
  nn::Batcher batches(data, root.stream("order"), {.batch = run.batch});
  Rng noise = root.stream("noise");
  nn::Adam adam(vae.parameters(), {.lr = run.rate});
  const Loss objective = [&](const Tensor& x, Rng& rng) {
    return loss(terms(*vae.encoder, *vae.decoder, x, rng));
  };
  std::vector<std::vector<double>> epochs;
  for (std::int64_t epoch = 0; epoch < run.epochs; ++epoch)
    epochs.push_back(train_epoch(objective, adam, batches, noise));
  return epochs;
  // SOLUTION 7.5 end
}

// --- 7.6, 7.7  The handed-in runs: strokes.toml, sprites.toml and numbers.toml -----------------------

// --- 7.8  Collapse ----------------------------------------------------------------------------------
Tensor kl_per_dimension(const prob::Normal& q) {
  // SOLUTION 7.8 begin
  // STARTER todo("7.8", "the KL of each dimension");
  return mean(0.5 * (square(q.loc) + square(q.scale) - 1.0) - log(q.scale), 0);
  // SOLUTION 7.8 end
}
std::int64_t active_units(const Tensor& loc, double least) {
  // SOLUTION 7.8 begin
  // STARTER todo("7.8", "the active units");
  const Tensor variance = mean(square(loc - mean(loc, 0, true)), 0);
  std::int64_t count = 0;
  for (const double v : variance.to_vector()) count += v > least;
  return count;
  // SOLUTION 7.8 end
}

namespace {
class Blind final : public Decoder {
 public:
  explicit Blind(std::unique_ptr<Decoder> decoder) : inner(std::move(decoder)) {
    adopt("inner", *inner);
  }
  Tensor log_likelihood(const Tensor& z, const Tensor& x) override {
    // SOLUTION 7.8 begin
    // STARTER todo("7.8", "a decoder that ignores z");
    return inner->log_likelihood(zeros_like(z), x);
    // SOLUTION 7.8 end
  }
  Tensor picture(const Tensor& z) override {
    // SOLUTION 7.8 begin
    // STARTER todo("7.8", "its picture");
    return inner->picture(zeros_like(z));
    // SOLUTION 7.8 end
  }

 private:
  const std::unique_ptr<Decoder> inner;
};
}  // namespace

std::unique_ptr<Decoder> blind(std::unique_ptr<Decoder> decoder) {
  return std::make_unique<Blind>(std::move(decoder));
}

// --- 7.9  A test ------------------------------------------------------------------------------------
bool is_the_loss(const Objective& objective) {
  // SOLUTION 7.9 begin
  // STARTER todo("7.9", "a test of an objective");
  const Sizes sizes{.side = 4, .hidden = 6, .latent = 3};
  Vae vae(make_encoder(sizes), make_decoder(sizes));
  nn::init::xavier_uniform(vae, Rng(1));
  for (Parameter* p : vae.parameters()) p->set_value(p->value() + 0.3);  // a scale that is not 1
  const Tensor x = Rng(2).uniform({5, sizes.pixels()});

  // The right value and the right gradients, then those of the objective, with the same noise.
  const auto numbers = [&](const Objective& f) {
    vae.zero_grad();
    Rng noise(3);
    Tape tape;
    const Tensor l = f(*vae.encoder, *vae.decoder, x, noise);
    tape.backward(l);
    std::vector<double> all{l.item()};
    for (const Parameter* p : vae.parameters())
      for (const double g : p->grad().to_vector()) all.push_back(g);
    return all;
  };
  const std::vector<double> got = numbers(objective);
  const std::vector<double> right =
      numbers([](Encoder& q, Decoder& p, const Tensor& images, Rng& rng) {
        return loss(terms(q, p, images, rng));
      });
  for (std::size_t i = 0; i < right.size(); ++i)
    if (!(std::abs(got[i] - right[i]) <= 1e-3 * std::max(1.0, std::abs(right[i])))) return false;
  return true;
  // SOLUTION 7.9 end
}

}  // namespace tiny
