// bits_back_coding: a VAE as a lossless compressor, with -ELBO / ln 2 bits for an image
// C82, UDL section 17.8; Townsend, Bird and Barber 2019
//
//     pop z by q(z|x)       + log2 q(z|x)     the message becomes shorter
//     push x by p(x|z)      - log2 p(x|z)
//     push z by p(z)        - log2 p(z)       sum: -ELBO / ln 2 bits on average
//
// A latent-variable code has to store z besides x. But any draw of q(z|x) will do for z, so it is drawn
// with bits of the message so far: popping symbols that nobody pushed. The decoder, once it has x, pushes
// z by q(z|x) and has these bits again. What z costs is the KL, not the entropy of its buckets.
#include <fmt/format.h>

#include <cmath>

#include "autograd/ops.hpp"
#include "nn/data/byte_source.hpp"
#include "support/concept.hpp"
#include "support/images.hpp"
#include "support/train_vae.hpp"
#include "vae/coding/bits_back.hpp"
#include "vae/metrics.hpp"

using namespace tapestry;
using namespace tapestry::vae::coding;
using support::Concept;
using support::Plot;

namespace {

void push(const Concept& c, const BitsBack& code, Ans& message, const Symbols& x) {
  Ans copy = c.broken("bits_stay") ? message : Ans();
  const Symbols z = code.posterior(x).pop(c.broken("bits_stay") ? copy : message);
  code.likelihood(z).push(message, x);
  code.prior().push(message, z);
}

/// The three steps backwards. The decoder need not know x to find z: it lies on top.
Symbols pop(const Concept& c, const BitsBack& code, Ans& message) {
  const Symbols z = code.prior().pop(message);
  const Symbols x = code.likelihood(z).pop(message);
  if (!c.broken("bits_stay")) code.posterior(x).push(message, z);
  return x;
}

/// Bits for an image when each pixel is a coin that knows how often it was white in training.
double bits_of_coins(const Tensor& train, const std::vector<Symbols>& images) {
  const auto n = static_cast<double>(train.dim(0));
  const auto coins = prob::Bernoulli::from_probs((sum(train, 0) + 1.0) / (n + 2));
  Ans message;
  for (const Symbols& x : images) BernoulliCodec(coins).push(message, x);
  return message.bits() / static_cast<double>(images.size());
}

void program(Concept& c) {
  const DTypeScope f32(DType::f32);
  const nn::ImageDataset data = support::load_images(c, "mnist", 3000, 400);
  const auto rule = nn::Binarize::threshold;
  const auto model =
      support::train_vae(c, data, support::digits_network(c), support::digits_training(c, rule));
  const double bit = c.broken("nats") ? 1 : std::log(2.0);  // in nats
  const double bound = vae::evaluate(*model, data.test, rule, c.rng("test")).neg_elbo() / bit;
  const auto first = [&](const nn::ByteImages& images, std::int64_t n) {
    return nn::image_tensor(images, 0, n, rule, c.rng("none"));
  };
  const std::vector<Symbols> images = pixels_of(first(data.test, data.test.count));

  const BitsBack code(*model, {.latent_bits = c.broken("coarse_buckets") ? 2 : 12});
  Rng noise = c.rng("first chunk");
  const Ans first_chunk = Ans::random(code.first_chunk(), noise);
  Ans message = first_chunk;
  std::vector<double> count, whole, own;  // bits for an image so far, with and without first chunk
  for (const Symbols& x : images) {
    push(c, code, message, x);
    count.push_back(static_cast<double>(count.size() + 1));
    whole.push_back(message.bits() / count.back());
    own.push_back((message.bits() - first_chunk.bits()) / count.back());
  }

  message.save(c.out("images.ans"));
  Ans read = Ans::load(c.out("images.ans"));
  double wrong = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {  // the last image lies on top
    wrong += pop(c, code, read) != images[c.broken("queue") ? i : images.size() - 1 - i];
  }
  const double coins = bits_of_coins(first(data.train, 3000), images);
  const double gzip = 8.0 * static_cast<double>(nn::gzip(packed(images), 9).size()) / count.back();
  fmt::print("bits for an image: raw 784, coins {:.2f}, gzip -9 {:.2f}, bits-back {:.2f}\n", coins,
             gzip, whole.back());

  c.identity("images with a wrong pixel, after the file was read", wrong, 0, 0);
  c.identity("the first chunk is left over (1: to the bit)", read == first_chunk, 1, 0);
  c.within("bits for an image / (-ELBO / ln 2)", own.back() / bound, 0.98, 1.02);
  c.at_most("bits-back / gzip -9", whole.back() / gzip, c.choose(0.65, 0.9));
  c.at_most("bits-back / coins without latents", whole.back() / coins, 0.7);
  c.draw({Plot("the first chunk is soon paid for", "images coded", "bits for an image so far")
              .line("with the first chunk", count, whole)
              .line("without it", count, own)
              .dashed("-ELBO / ln 2", {1, count.back()}, {bound, bound})
              .log_x()
              .y_range(0, 700),
          Plot("four ways to store the test set", "", "bits for an image")
              .bars("", {784, coins, gzip, whole.back()})
              .names({"raw", "coin a pixel", "gzip -9", "bits-back"})
              .y_range(0, 800)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C82",
                         .title = "Lossless compression",
                         .source = "UDL section 17.8; Townsend, Bird and Barber 2019",
                         .mutants = {{"bits_stay", "the bits that drew z stay in the message"},
                                     {"queue", "the first image pushed is expected first"},
                                     {"coarse_buckets", "four buckets for a latent"},
                                     {"nats", "the bound is not divided by ln 2"}}},
                        program);
}
