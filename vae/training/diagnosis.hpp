#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vae/training/trainer.hpp"

// What is wrong with a run, by its numbers. The measuring is done by explainer.hpp; here are the rules alone.

namespace tapestry::vae {

/// What is known of the images before any model. Pixels are in [0, 1].
struct DataFacts {
  std::int64_t pixels = 0;  ///< of an image, all channels
  bool coins = true;        ///< p(x|z) is a Bernoulli for each pixel
  /// -log p of a test image, in nats, when z says nothing: every pixel from its own mean over the training images, with
  /// the decoder's family. NaN where it is not computed.
  double baseline = std::nan("");
  double spread =
      0;  ///< root mean square distance of training images from their mean, for each pixel
  double blank = 0;  ///< share of training images whose pixels are all alike
  double grey_share =
      0;  ///< share of training pixels that are neither 0 nor 1, as the batches have them
  int largest_byte = 255;
};

/// The numbers of one epoch that `EpochReport` does not have.
struct EpochNumbers {
  int epoch = 0;
  std::vector<double> kl =
      {};  ///< mean KL of each latent, nats; empty if q(z|x) is no diagonal normal
  std::int64_t active = -1;  ///< latents whose mean moves with x; -1: not counted
  /// I(x; z) over the test images, nats, at most `most_information`, the log of their number; NaN: not computed.
  double information = std::nan(""), most_information = 0;
  double gradient_norm = 0;  ///< of the epoch's last step
  /// Share of its square that each part of the model has, such as encoder and decoder.
  std::vector<std::pair<std::string, double>> gradient_share = {};
};

/// The training loss after a few steps more from the end of the run, at three rates.
struct RateProbe {
  double lr = 0;
  int steps = 0;
  double before = 0;                       ///< loss at the end of the run, nats
  double same = 0, lower = 0, higher = 0;  ///< after the steps at lr, lr / 10 and 10 lr
};

struct RunFacts {
  DataFacts data = {};
  std::vector<EpochReport> history = {};
  std::optional<EpochNumbers> last = {};
  /// How far the mean picture of the decoder moves when z does, over `DataFacts::spread`; NaN: not measured.
  double reach = std::nan("");
  std::optional<RateProbe> probe = {};
};

/// One thing that is wrong.
struct Finding {
  std::string name;      ///< "collapse"
  std::string evidence;  ///< the numbers that say so
  std::string advice;
};

/// What is wrong, the likeliest cause first; empty for a good run. A cause hides what follows from it: where all images
/// are alike, a collapse is no finding of its own.
///
///     labels as pixels, constant images      the data
///     grey pixels with coins                 the number is no bound
///     mean for sum                           the reconstruction is divided by the number of pixels
///     dead decoder                           its picture is the same for every z
///     rate too high, rate too low            another rate gains more in a few steps
///     collapse                               z says nothing of x
///     over-fitting                           the test bound has been better
std::vector<Finding> diagnose(const RunFacts& run);

/// The finding of a run that stopped at a number that is not finite, "NaN averted": the step was not made.
Finding nan_averted(const Error& error, const std::vector<EpochReport>& history, double lr);

}  // namespace tapestry::vae
