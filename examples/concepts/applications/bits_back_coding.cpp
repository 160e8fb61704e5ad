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
#include "concepts/applications/bits_back_coding.hpp"
#include "concepts/applications/train_vae.hpp"
#include "nn/data/byte_source.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"
#include "vae/training/metrics.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using namespace tapestry::vae::coding;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

void push_and_keep_bits(const BitsBack& code, Ans& message, const Symbols& x) {
  Ans copy = message;
  const Symbols z = code.posterior(x).pop(copy);
  code.likelihood(z).push(message, x);
  code.prior().push(message, z);
}

Symbols pop_without_bits(const BitsBack& code, Ans& message) {
  return code.likelihood(code.prior().pop(message)).pop(message);
}

std::size_t first_first(std::size_t k, std::size_t) { return k; }

// --- claims

struct Method {
  decltype(&push) write;
  decltype(&pop) read;
  decltype(&last_first) order;
  int latent_bits;
  double bit;  ///< in nats
};

/// In bits for an image.
struct Sizes {
  double bound, coins = 0, gzip = 0;
  std::vector<double> count = {}, whole = {},
                      own = {};  ///< so far, with and without the first chunk
};

Sizes claims(Concept& c, vae::MlpVae& model, const nn::ImageDataset& data, const Method& by) {
  const auto first = [&](const nn::ByteImages& images, std::int64_t n) {
    return nn::image_tensor(images, 0, n, data.binarize, c.rng("none"));
  };
  const std::vector<Symbols> images = pixels_of(first(data.test, data.test.count));
  Sizes s{.bound = vae::evaluate(model, data, c.rng("test")).neg_elbo() / by.bit};

  const BitsBack code(model, {.latent_bits = by.latent_bits});
  Rng noise = c.rng("first chunk");
  const Ans first_chunk = Ans::random(code.first_chunk(), noise);
  Ans message = first_chunk;
  for (const Symbols& x : images) {
    by.write(code, message, x);
    s.count.push_back(static_cast<double>(s.count.size() + 1));
    s.whole.push_back(message.bits() / s.count.back());
    s.own.push_back((message.bits() - first_chunk.bits()) / s.count.back());
  }

  message.save(c.out("images.ans"));
  Ans read = Ans::load(c.out("images.ans"));
  double wrong = 0;
  for (std::size_t i = 0; i < images.size(); ++i)
    wrong += by.read(code, read) != images[by.order(i, images.size())];
  s.coins = bits_of_coins(first(data.train, 3000), images);
  s.gzip = 8.0 * static_cast<double>(nn::gzip(packed(images), 9).size()) / s.count.back();
  fmt::print("bits for an image: raw 784, coins {:.2f}, gzip -9 {:.2f}, bits-back {:.2f}\n",
             s.coins, s.gzip, s.whole.back());

  c.identity("images with a wrong pixel, after the file was read", wrong, 0, 0);
  c.identity("the first chunk is left over (1: to the bit)", read == first_chunk, 1, 0);
  c.within("bits for an image / (-ELBO / ln 2)", s.own.back() / s.bound, c.choose(0.998, 0.98),
           c.choose(1.002, 1.02));
  c.within("bits-back / gzip -9", s.whole.back() / s.gzip, c.choose(0.55, 0.4), c.choose(0.6, 0.9));
  c.within("bits-back / coins without latents", s.whole.back() / s.coins, c.choose(0.4, 0.3),
           c.choose(0.45, 0.7));
  return s;
}

// --- picture

std::vector<Plot> picture(const Sizes& s) {
  return {Plot("the first chunk is soon paid for", "images coded", "bits for an image so far")
              .line("with the first chunk", s.count, s.whole)
              .line("without it", s.count, s.own)
              .dashed("-ELBO / ln 2", {1, s.count.back()}, {s.bound, s.bound})
              .log_x()
              .y_range(0, 700),
          Plot("four ways to store the test set", "", "bits for an image")
              .bars("", {784, s.coins, s.gzip, s.whole.back()})
              .names({"raw", "coin a pixel", "gzip -9", "bits-back"})
              .y_range(0, 800)};
}

// --- program

void program(Concept& c) {
  const bool stay = c.broken("bits_stay");
  const Method method{.write = stay ? push_and_keep_bits : push,
                      .read = stay ? pop_without_bits : pop,
                      .order = c.broken("queue") ? first_first : last_first,
                      .latent_bits = c.broken("coarse_buckets") ? 2 : 12,
                      .bit = c.broken("nats") ? 1 : std::log(2.0)};
  const DTypeScope f32(DType::f32);
  nn::ImageDataset data = support::load_images(c, "mnist", 3000, 400);
  data.binarize = nn::Binarize::threshold;
  const auto model =
      support::train_vae(c, data, support::digits_network(c), support::digits_training(c));
  c.draw(picture(claims(c, *model, data, method)));
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
