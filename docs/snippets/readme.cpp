// A whole VAE: trained for one pass over 2,000 drawn digits, then tested on 1,000 others.

// region program
#include "nn/data/strokes.hpp"
#include "nn/nn.hpp"
#include "vae/vae.hpp"
using namespace tapestry;

int main() {
  Rng rng(1);
  nn::ImageDataset data = nn::drawn_digits(/*train*/ 2000, /*test*/ 1000);
  data.binarize = nn::Binarize::dynamic;  // pixels are black or white, drawn anew each time
  vae::MlpVae model({.hidden = {100}, .latent = 5});
  nn::init::torch_default(model, rng.stream("init"));
  nn::Adam adam(model.parameters(), {.lr = 3e-3});
  nn::Batcher batches(data, rng.stream("batches"), {.batch = 50});
  for (const nn::Batch& batch : batches.epoch()) {
    adam.zero_grad();
    Tape tape;                                                       // records from here on
    const Tensor loss = vae::elbo(model, batch.images, rng).loss();  // -ELBO, nats per image
    tape.backward(loss);                                             // the gradients, in reverse
    adam.step();
  }
  fmt::print("test -ELBO {:.0f} nats\n", vae::evaluate(model, data, rng).neg_elbo());
}
// end
