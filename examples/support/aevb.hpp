#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nn/data/batcher.hpp"
#include "nn/data/dataset.hpp"
#include "nn/optim/optimizer.hpp"
#include "support/concept.hpp"
#include "vae/model.hpp"

// The experiments of AEVB's section 5: its networks, its prior on the weights, its way of learning,
// and the older algorithm that it is compared with.

namespace support {

/// One hidden layer of tanh units either way, and every weight from N(0, 0.01), read as a standard
/// deviation of 0.01. Digits have a Bernoulli decoder. For "freyfaces" the decoder is made as the
/// encoder is, p(x|z) = N(mean, variance) with both from z, and the mean in (0, 1).
std::unique_ptr<tapestry::vae::Vae> aevb_network(const std::string& data,
                                                 const tapestry::nn::ByteImages& images,
                                                 std::int64_t hidden, std::int64_t latent,
                                                 const tapestry::Rng& rng);

/// What is done with a minibatch of grey images.
using Step = std::function<void(const tapestry::nn::Batch&)>;
/// A way to learn: the step for this model and so many images, with whatever the step keeps for
/// itself. What it refers to outlives it.
using Learner = std::function<Step(tapestry::vae::Vae& model, tapestry::nn::Optimizer& adagrad,
                                   tapestry::Rng& noise, std::int64_t images)>;

/// A loss of the images x [B, D], to be minimised.
using Loss =
    std::function<tapestry::Tensor(tapestry::vae::Vae&, const tapestry::Tensor& x, tapestry::Rng&)>;
/// Steps on the gradient of this loss.
Learner minimise(const Loss& loss);

/// Minus the bound, with one z for each image and the KL in closed form.
tapestry::Tensor aevb_loss(tapestry::vae::Vae& model, const tapestry::Tensor& x,
                           tapestry::Rng& noise);
/// The wake phase on x, and a sleep phase of as many dreams.
tapestry::Tensor wake_sleep_loss(tapestry::vae::Vae& model, const tapestry::Tensor& x,
                                 tapestry::Rng& noise);

/// One model of the paper's figures, and how it learns.
struct AevbRun {
  std::string name;            ///< of its curves
  std::string data = "mnist";  ///< or "freyfaces"
  std::int64_t hidden, latent;
  Learner learner;
  std::vector<std::int64_t> checkpoints;  ///< numbers of training images seen, rising
  std::int64_t images = 0;                ///< to learn from: the first so many, 0 for all
  std::string rate_with = {};             ///< runs with the same word share the rate of Adagrad
};

/// What is measured at a checkpoint, by name. "train" is what the rate of Adagrad is chosen by.
using Measured = std::map<std::string, double>;
using Look = std::function<Measured(tapestry::vae::Vae&, const tapestry::nn::ImageDataset&)>;

/// Learns all that the record lacks, each run in f32 on a thread of its own, from minibatches of 100;
/// an image counts again in each epoch. Each number of `look` becomes the curve "NAME WHAT".
///
/// Adagrad minimises the mean loss of an image, with a prior N(0, 1) on each weight w, the encoder's
/// too. The objective is the sum of the loss over N images minus log p(w) = -w^2/2; divided by N, the
/// prior adds w / N to the gradient: a weight decay of 1/N. The rate is that of {0.01, 0.02, 0.1} with
/// the highest "train" after 50,000 images (0.02 with --quick), summed over the runs that share it. A
/// rate at which learning breaks down (DomainError) is none, and where there is no other the run ends
/// with a ConfigError.
///
/// Frames of a film are in random order first, so that most frames to test on have near twins among the
/// others.
void learn_all(const Concept& c, Record& record, const std::vector<AevbRun>& runs,
               const Look& look);

/// Evenly spaced on a log scale from `first` to `last`, whole minibatches.
std::vector<std::int64_t> log_checkpoints(std::int64_t first, std::int64_t last, int per_decade);

/// The test curve of a run, and its training curve dashed in the same colour.
void draw_run(Plot& plot, const Record& record, const std::string& run, const std::string& label);

/// Latents that tell something of an image: their KL is above 0.01 nats, averaged over the first 1000.
int latents_in_use(tapestry::vae::Vae& model, const tapestry::nn::ByteImages& images);

}  // namespace support
