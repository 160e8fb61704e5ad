#pragma once

// A variational autoencoder out of Tapestry's pieces. You write vae.cpp; this file is given and the
// checks use the original, so changes here have no effect.
//
// B images at a time, P pixels each, H hidden units, Z numbers in z. Nats everywhere.

#include <functional>
#include <memory>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/data/batcher.hpp"
#include "nn/init.hpp"
#include "nn/layers/conv_transpose2d.hpp"
#include "nn/layers/linear.hpp"
#include "nn/optim/adam.hpp"
#include "prob/bernoulli.hpp"
#include "prob/normal.hpp"
#include "run.hpp"
#include "todo.hpp"

namespace tiny {

using namespace tapestry;
using course::todo;  // marks what is still to be written

struct Sizes {
  std::int64_t side = 28, hidden = 64, latent = 8;
  std::int64_t pixels() const { return side * side; }
};

/// 7.1  q(z|x): x [B, P] -> a normal with loc and scale [B, Z] whose event_dims is 1.
struct Encoder : nn::Module {
  virtual prob::Normal encode(const Tensor& x) = 0;
};
/// Your encoder: one hidden layer and two heads. The checks set its parameters by name, so it has exactly
///
///     trunk.weight [H, P]           trunk.bias [H]           h = relu(trunk(x))
///     loc.weight [Z, H]             loc.bias [Z]             the mean of q
///     log_variance.weight [Z, H]    log_variance.bias [Z]    log of the variance of q
std::unique_ptr<Encoder> make_encoder(const Sizes& sizes);

/// 7.2  A reparameterised sample of q, [B, Z]: loc + scale e, with e ~ N(0, 1) from one draw of the shape
/// [B, Z] from `rng`. Gradients pass through it to loc and scale.
Tensor sample(const prob::Normal& q, Rng& rng);

/// 7.3  p(x|z). Which one is yours, and the names of its parameters, stand above it in vae.cpp.
struct Decoder : nn::Module {
  /// log p(x|z) of each image: z [B, Z], x [B, P] -> [B].
  virtual Tensor log_likelihood(const Tensor& z, const Tensor& x) = 0;
  /// The mean of p(x|z), [B, P], every pixel between 0 and 1.
  virtual Tensor picture(const Tensor& z) = 0;
};
std::unique_ptr<Decoder> make_decoder(const Sizes& sizes);

/// 7.4  The two parts of the bound of each image, [B]: log p(x|z) at one sample z of q, and
/// KL(q(z|x) || N(0, 1)) in closed form.
struct Terms {
  Tensor log_likelihood, kl;
};
Terms terms(Encoder& encoder, Decoder& decoder, const Tensor& x, Rng& noise);
/// What a step makes smaller, one number: -ELBO, in nats an image, the mean over the minibatch.
Tensor loss(const Terms& terms);

/// Both halves as one module, so that one optimizer has all parameters. (Given.)
struct Vae : nn::Module {
  Vae(std::unique_ptr<Encoder> q, std::unique_ptr<Decoder> p)
      : encoder(std::move(q)), decoder(std::move(p)) {
    adopt("encoder", *encoder);
    adopt("decoder", *decoder);
  }
  const std::unique_ptr<Encoder> encoder;
  const std::unique_ptr<Decoder> decoder;
};

/// 7.5  One epoch. For each minibatch of `batches.epoch()`: the loss of its images is recorded on a tape,
/// swept, and followed by a step of the optimizer, from this minibatch's gradient alone. Returns the
/// loss of each minibatch, before its step.
using Loss = std::function<Tensor(const Tensor& x, Rng& noise)>;
std::vector<double> train_epoch(const Loss& loss, nn::Optimizer& optimizer, nn::Batcher& batches,
                                Rng& noise);

/// A whole run: `run.epochs` epochs with Adam; returns what train_epoch returned, for each epoch. All that is
/// random comes from three streams of Rng(run.seed), so that two programs with one file have the same
/// numbers:
///
///     "init"      initial values, by nn::init::torch_default
///     "order"     the batcher, with minibatches of run.batch in a new order each epoch
///     "noise"     the samples, one stream for the whole run
std::vector<std::vector<double>> train(Vae& vae, const nn::Dataset& data, const Run& run);

/// 7.8  Of q for N images, loc and scale [N, Z]: the mean over the images of KL(q(z_k|x) || N(0, 1)), for each
/// k, [Z].
Tensor kl_per_dimension(const prob::Normal& q);
/// How many k have a mean that moves with x: the variance of loc[:, k] over the images, divided by N, is
/// above `least`.
std::int64_t active_units(const Tensor& loc, double least = 0.01);
/// The same decoder with its eyes shut: whatever z is, it gets zeros. It keeps its parameters, as the child "inner".
std::unique_ptr<Decoder> blind(std::unique_ptr<Decoder> decoder);

/// 7.9  Whether `objective` is loss(terms(...)) for any encoder and decoder, in value and in gradient. Its
/// noise is drawn as `sample` draws it.
using Objective = std::function<Tensor(Encoder&, Decoder&, const Tensor& x, Rng& noise)>;
bool is_the_loss(const Objective& objective);

}  // namespace tiny
