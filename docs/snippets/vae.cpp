// A variational autoencoder from its parts, trained on drawn digits.

#include "vae/vae.hpp"
#include "nn/data/batcher.hpp"
#include "nn/data/strokes.hpp"
#include "nn/nn.hpp"
#include "prob/prob.hpp"

using namespace tapestry;

// region encoder
struct Encoder : nn::Module {
  nn::Child<nn::Linear> hidden{*this, "hidden", 784, 100, Activation::relu};
  nn::Child<nn::Linear> loc{*this, "loc", 100, 5};
  nn::Child<nn::Linear> log_variance{*this, "log_variance", 100, 5};

  prob::Normal operator()(const Tensor& x, SourceLoc from = SourceLoc::current()) {
    const Scope scope = enter(from);
    const Tensor h = hidden(x);
    return prob::Normal(loc(h), exp(0.5 * log_variance(h)), 1);
  }
};
// end

// region decoder
struct Decoder : nn::Module {
  nn::Child<nn::Linear> hidden{*this, "hidden", 5, 100, Activation::relu};
  nn::Child<nn::Linear> pixels{*this, "pixels", 100, 784};

  prob::Bernoulli operator()(const Tensor& z, SourceLoc from = SourceLoc::current()) {
    const Scope scope = enter(from);
    return prob::Bernoulli(pixels(hidden(z)), 1);
  }
};
// end

// region model
struct Model : nn::Module {
  nn::Child<Encoder> encoder{*this, "encoder"};
  nn::Child<Decoder> decoder{*this, "decoder"};
  const prob::StandardNormal prior{{5}, 1};

  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const prob::Normal q = encoder(x);
    const Tensor z = q.rsample(rng);
    return {.log_lik = decoder(z).log_prob(x), .kl = prob::kl(q, prior)};
  }
};
// end

int main() {
  // region train
  const nn::ByteImages images = nn::draw_strokes(1, 0, 2000);
  Rng rng(3);
  Model model;
  nn::init::torch_default(model, rng.stream("init"));
  nn::Adam adam(model.parameters(), {.lr = 3e-3});
  nn::Batcher batches(images, rng.stream("batches"),
                      {.batch = 50, .binarize = nn::Binarize::dynamic});
  nn::Batch batch;
  for (int epoch = 1; epoch <= 10; ++epoch) {
    vae::ElboMeans means;
    while (batches.next(batch)) {
      adam.zero_grad();
      Tape tape;
      const vae::ElboTerms terms = model.elbo(batch.images, rng);
      tape.backward(terms.loss());
      adam.step();
      means.add(terms);
    }
    if (epoch != 1 && epoch % 5 != 0) continue;
    fmt::print("epoch {:>2}: -ELBO {:.0f} = {:.0f} reconstruction + {:.0f} KL\n", epoch,
               means.neg_elbo(), means.neg_log_lik, means.kl);
  }
  // end

  // region generate
  const Tensor z = model.prior.sample(rng, {30});
  const Tensor pictures = reshape(model.decoder(z).mean(), {30, 28, 28});
  vae::write_image_grid("tutorial_samples.png", pictures, {.columns = 10});
  // end
}
