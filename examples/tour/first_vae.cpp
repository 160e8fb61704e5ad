// first_vae: a variational autoencoder from its parts learns drawn digits, then draws new ones

#include "nn/data/batcher.hpp"
#include "nn/data/strokes.hpp"
#include "nn/nn.hpp"
#include "prob/prob.hpp"
#include "vae/vae.hpp"

using namespace tapestry;

namespace {

// q(z|x): an image of 784 pixels to a normal over codes of 5 numbers.
struct Encoder : nn::Callable<Encoder> {
  nn::Child<nn::Linear> hidden{*this, "hidden", 784, 100, Activation::relu};
  nn::Child<nn::Linear> loc{*this, "loc", 100, 5};
  nn::Child<nn::Linear> log_scale{*this, "log_scale", 100, 5};

  prob::Normal forward(const Tensor& x) {
    const Tensor h = hidden(x);
    return prob::Normal(loc(h), exp(log_scale(h)), 1);
  }
};

// p(x|z): a code to the probability that a pixel is white.
struct Decoder : nn::Callable<Decoder> {
  nn::Child<nn::Linear> hidden{*this, "hidden", 5, 100, Activation::relu};
  nn::Child<nn::Linear> pixels{*this, "pixels", 100, 784};

  prob::Bernoulli forward(const Tensor& z) { return prob::Bernoulli(pixels(hidden(z)), 1); }
};

struct Model : nn::Module {
  nn::Child<Encoder> encoder{*this, "encoder"};
  nn::Child<Decoder> decoder{*this, "decoder"};
  const prob::StandardNormal prior{{5}, 1};

  // One sample of the bound: log p(x|z) - KL(q(z|x) || p(z)) with z from q(z|x).
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const prob::Normal q = encoder(x);
    const Tensor z = q.rsample(rng);
    return {.log_lik = decoder(z).log_prob(x), .kl = prob::kl(q, prior)};
  }
};

// Returns the mean of -ELBO over the last epoch, in nats per image.
double train(Model& model, const nn::ByteImages& images, Rng& rng) {
  nn::Adam adam(model.parameters(), {.lr = 3e-3});
  nn::Batcher batches(images, rng.stream("batches"),
                      {.batch = 50, .binarize = nn::Binarize::dynamic});
  double neg_elbo = 0;
  for (int epoch = 1; epoch <= 10; ++epoch) {
    vae::Means means;
    for (const nn::Batch& batch : batches.epoch()) {
      adam.zero_grad();
      Tape tape;
      const vae::ElboTerms terms = model.elbo(batch.images, rng);
      tape.backward(terms.loss());
      adam.step();
      means.add(terms);
    }
    neg_elbo = means.neg_elbo();
    if (epoch != 1 && epoch % 5 != 0) continue;
    fmt::print("epoch {:>2}: -ELBO {:.0f} = {:.0f} reconstruction + {:.0f} KL\n", epoch, neg_elbo,
               means.neg_log_lik(), means.kl());
  }
  return neg_elbo;
}

// Thirty images from codes of the prior.
void draw(Model& model, Rng& rng) {
  const Tensor z = model.prior.sample(rng, {30});
  const Tensor pictures = reshape(model.decoder(z).mean(), {30, 28, 28});
  vae::write_image_grid("first_vae.png", pictures, {.columns = 10});
  fmt::print("thirty new digits in first_vae.png\n");
}

}  // namespace

int main() {
  Rng rng(3);
  Model model;
  nn::init::torch_default(model, rng.stream("init"));
  const double neg_elbo = train(model, nn::draw_strokes(1, 0, 2000), rng);
  draw(model, rng);
  if (neg_elbo < 155) return 0;
  fmt::print("FAILED: expected a bound below 155 nats\n");
  return 1;
}
