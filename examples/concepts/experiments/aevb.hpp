#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/data/batcher.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/optim/optimizer.hpp"
#include "support/concept/concept.hpp"
#include "vae/models/mlp.hpp"

// The experiments of AEVB's section 5: its networks, its prior on the weights, its way of learning,
// and the older algorithm that it is compared with.

namespace support {

/// One hidden layer of tanh units either way. Digits have a Bernoulli decoder. The decoder of faces is
/// made as the encoder is, p(x|z) = N(mean, variance) with both from z, and the mean in (0, 1).
class AevbVae : public tapestry::nn::Module {
 public:
  AevbVae(bool faces, std::int64_t pixels, std::int64_t hidden, std::int64_t latent);

  tapestry::prob::Normal encode(const tapestry::Tensor& x) { return encoder(x); }
  tapestry::prob::StandardNormal prior() const {
    return tapestry::prob::StandardNormal({latent}, 1);
  }
  tapestry::vae::Likelihood decode(const tapestry::Tensor& z);

  const std::int64_t latent;
  tapestry::nn::Child<tapestry::vae::MlpEncoder> encoder;

 private:
  std::optional<tapestry::nn::Child<tapestry::vae::MlpDecoder>> digits_;
  std::optional<tapestry::nn::Child<tapestry::vae::MlpEncoder>> faces_;
};

/// The network of a data set, with every weight from N(0, 0.01), read as a standard deviation of 0.01.
std::unique_ptr<AevbVae> aevb_network(const std::string& data,
                                      const tapestry::nn::ByteImages& images, std::int64_t hidden,
                                      std::int64_t latent, const tapestry::Rng& rng);

/// One step of learning, from a minibatch of grey images.
using Step = std::function<void(const tapestry::nn::Batch&)>;
/// A learning algorithm: makes the step for a model and a number of training images, with the state
/// that the step needs. Model and optimizer outlive the step.
using Learner = std::function<Step(AevbVae& model, tapestry::nn::Optimizer& adagrad,
                                   tapestry::Rng& noise, std::int64_t images)>;

/// A loss of the images x [B, D], to be minimised.
using Loss = std::function<tapestry::Tensor(AevbVae&, const tapestry::Tensor& x, tapestry::Rng&)>;
/// Steps on the gradient of this loss.
Learner minimise(const Loss& loss);

/// Minus the bound, with one z for each image and the KL in closed form.
tapestry::Tensor aevb_loss(AevbVae& model, const tapestry::Tensor& x, tapestry::Rng& noise);
/// The wake phase on x, and a sleep phase of as many dreams.
tapestry::Tensor wake_sleep_loss(AevbVae& model, const tapestry::Tensor& x, tapestry::Rng& noise);

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

/// The measurements at a checkpoint, by name. The rate of Adagrad is chosen by "train".
using Measured = std::map<std::string, double>;
using Look = std::function<Measured(AevbVae&, const tapestry::nn::ImageDataset&)>;

/// Trains every run that the record lacks, each in f32 on a thread of its own, from minibatches of
/// 100; an image counts again in each epoch. Each number of `look` becomes the curve "NAME WHAT".
///
/// Adagrad minimises the mean loss of an image, with a prior N(0, 1) on each weight w, the encoder's
/// too. The objective is the sum of the loss over N images minus log p(w) = -w^2/2; divided by N, the
/// prior adds w / N to the gradient: a weight decay of 1/N. The rate is that of {0.01, 0.02, 0.1} with
/// the highest "train" after 50,000 images (0.02 with --quick), summed over the runs that share it. A
/// rate at which learning breaks down (DomainError) is dropped; ConfigError if no other is left.
///
/// Frames of a film are in random order first, so that most frames to test on have near twins among the
/// others.
void learn_all(const Concept& c, Record& record, const std::vector<AevbRun>& runs,
               const Look& look);

/// Evenly spaced on a log scale from `first` to `last`, whole minibatches.
std::vector<std::int64_t> log_checkpoints(std::int64_t first, std::int64_t last, int per_decade);

/// The test curve of a run, and its training curve dashed in the same colour.
void draw_run(Plot& plot, const Record& record, const std::string& run, const std::string& label);

/// The number of active latents: those with a KL above 0.01 nats, averaged over the first 1000
/// images.
int latents_in_use(AevbVae& model, const tapestry::nn::ByteImages& images);

}  // namespace support
