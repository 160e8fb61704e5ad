#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nn/module.hpp"
#include "vae/coding/codecs.hpp"
#include "vae/models/latent_model.hpp"
#include "vae/models/likelihood.hpp"

namespace tapestry::vae::coding {

/// How finely probabilities are rounded; NormalCodec and Ans list the cost of too few and too many
/// bits.
struct BitsBackOptions {
  int latent_bits = 12;          ///< each latent is one of 2^latent_bits buckets
  int posterior_precision = 28;  ///< of q(z|x)
  int pixel_precision = 16;      ///< of p(x|z)
};

/// Lossless compression of black-and-white images by a model such as MlpVae: bits-back coding with ANS (Townsend, Bird
/// and Barber 2019). The latents are cut into buckets of equal mass under the prior.
///
///     push x:   z <- pop by q(z|x)        the message shrinks by -log2 q(z|x)
///               push x by p(x|z)          and grows by          -log2 p(x|z)
///               push z by p(z)            and by                -log2 p(z)
///
/// The sum is on average -E_q[log2 p(x,z) - log2 q(z|x)] = -ELBO / ln 2 bits. Popping x does the same
/// steps backwards and gives the bits back that z was drawn from: the message is as it was before x.
/// So it must not be empty at the start: `first_chunk` random words are enough, once.
///
/// NOTE: encoder and decoder must compute the same probabilities, bit for bit, or the rest of the
/// message becomes noise. The rounding of a matrix product depends on the number of its rows, on the
/// number of threads, and on processor and library. Hence one image at a time on both sides, by the same
/// program on the same kind of machine with the same number of threads. Files are not for archives.
class BitsBack {
 public:
  /// The model's decoder must be of the Bernoulli kind (ConfigError when it is used). Puts the model
  /// into eval mode, since dropout would differ between the sides. The model must outlive this and
  /// keep its parameters.
  template <LatentModel M>
  explicit BitsBack(M& model, const BitsBackOptions& options = {})
      : BitsBack(
            model, [&model](const Tensor& x) { return model.encode(x); },
            [&model](const Tensor& z) { return model.decode(z); }, model.config.pixels(),
            model.config.latent, options) {}

  // The three parts of an image's code, each a codec of its own.
  NormalCodec posterior(const Symbols& pixels) const;       ///< q(z|x), over buckets
  BernoulliCodec likelihood(const Symbols& buckets) const;  ///< p(x|z), z the buckets' centres
  UniformCodec prior() const;  ///< p(z): all buckets are equally probable

  /// One image of zeros and ones.
  void push(Ans& message, const Symbols& pixels) const;
  Symbols pop(Ans& message) const;

  /// Random words that are enough for the first image, whatever it is: Ans::random(first_chunk(),
  /// rng). From there the message grows: an image costs -ELBO / ln 2 > 0 bits on average.
  std::int64_t first_chunk() const;

  /// Pushes the images x [N, D] of zeros and ones (DomainError), one after the other, then their
  /// number and a checksum. Returns bits() of the message after each image.
  std::vector<double> encode(Ans& message, const Tensor& x) const;
  /// Pops what `encode` has pushed: x [N, D], of the model's dtype. DataError when the checksum shows
  /// that the images are others: another model or machine, or a message that is no set of images.
  Tensor decode(Ans& message) const;

 private:
  using Encode = std::function<prob::Normal(const Tensor&)>;
  using Decode = std::function<Likelihood(const Tensor&)>;
  BitsBack(nn::Module& model, Encode encode, Decode decode, std::int64_t pixels,
           std::int64_t latent, const BitsBackOptions& options);

  const Encode encode_;
  const Decode decode_;
  const std::int64_t pixels_, latent_;
  const BitsBackOptions options_;
  const NormalBuckets buckets_;
  DType dtype_;  ///< of the model
};

/// The images of x [N, D] as symbols. DomainError unless all values are 0 or 1.
std::vector<Symbols> pixels_of(const Tensor& x);
/// The same as bytes, the first pixel in the lowest bit, image after image without gaps, for
/// other compressors.
std::string packed(const std::vector<Symbols>& images);

}  // namespace tapestry::vae::coding
