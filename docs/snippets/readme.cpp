// A whole VAE: trained for one pass over 2,000 drawn digits, then tested on 1,000 others.

// region program
#include "nn/data/strokes.hpp"
#include "nn/nn.hpp"
#include "vae/vae.hpp"
using namespace tapestry;

int main() {
  Rng rng(1);
  const auto rule = nn::Binarize::dynamic;  // pixels are black or white, drawn anew each time
  const auto train = nn::draw_strokes(1, 0, 2000), test = nn::draw_strokes(1, 2000, 1000);
  const auto model = vae::make_vae({.hidden = {100}, .latent = 5});
  nn::init::torch_default(*model, rng.stream("init"));
  nn::Adam adam(model->parameters(), {.lr = 3e-3});
  nn::Batcher batches(train, rng.stream("batches"), {.batch = 50, .binarize = rule});
  for (nn::Batch batch; batches.next(batch); adam.zero_grad()) {
    Tape tape;                                                  // records from here on
    const Tensor loss = model->elbo(batch.images, rng).loss();  // -ELBO, nats per image
    tape.backward(loss);                                        // the gradients, in reverse
    adam.step();
  }
  fmt::print("test -ELBO {:.0f} nats\n", vae::evaluate(*model, test, rule, rng).neg_elbo());
}
// end
