#include "vae/coding/bits_back.hpp"

#include <algorithm>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/checksum.hpp"

namespace tapestry::vae::coding {

namespace {

// After the images: their number, and the two halves of their checksum.
const UniformCodec kTrailer(3, 32);

std::uint64_t checksum_of(const std::vector<Symbols>& images) {
  std::string bytes;
  for (const Symbols& pixels : images) bytes.append(pixels.begin(), pixels.end());
  return nn::checksum(bytes);
}

Symbols trailer_of(const std::vector<Symbols>& images) {
  const std::uint64_t sum = checksum_of(images);
  return {static_cast<std::uint32_t>(images.size()), static_cast<std::uint32_t>(sum),
          static_cast<std::uint32_t>(sum >> 32)};
}

}  // namespace

std::vector<Symbols> pixels_of(const Tensor& x) {
  check<ShapeError>(x.rank() == 2, "images are [N, D], not {}", x.shape());
  const auto size = static_cast<std::size_t>(x.dim(1));
  std::vector<Symbols> images(static_cast<std::size_t>(x.dim(0)), Symbols(size));
  std::size_t i = 0;
  for (const double value : x.to_vector()) {
    check<DomainError>(value == 0 || value == 1,
                       "bits-back codes pixels that are 0 or 1; image {} has one of {}", i / size,
                       value);
    images[i / size][i % size] = value == 1;
    ++i;
  }
  return images;
}

std::string packed(const std::vector<Symbols>& images) {
  std::string bytes;
  int used = 8;  // bits of the last byte
  for (const Symbols& pixels : images) {
    for (const std::uint32_t pixel : pixels) {
      if (used == 8) {
        bytes.push_back(0);
        used = 0;
      }
      bytes.back() = static_cast<char>(bytes.back() | static_cast<int>(pixel) << used++);
    }
  }
  return bytes;
}

BitsBack::BitsBack(nn::Module& model, Encode encode, Decode decode, std::int64_t pixels,
                   std::int64_t latent, const BitsBackOptions& options)
    : encode_(std::move(encode)),
      decode_(std::move(decode)),
      pixels_(pixels),
      latent_(latent),
      options_(options),
      buckets_(options.latent_bits),
      dtype_(model.parameters().front()->value().dtype()) {
  model.eval();
}

NormalCodec BitsBack::posterior(const Symbols& pixels) const {
  const NoGrad no_grad;
  const std::vector<double> x(pixels.begin(), pixels.end());
  const prob::Normal q = encode_(tensor(x, {1, pixels_}, dtype_));
  return {buckets_, q, options_.posterior_precision};
}

BernoulliCodec BitsBack::likelihood(const Symbols& buckets) const {
  const NoGrad no_grad;
  std::vector<double> z;
  for (const std::uint32_t bucket : buckets) z.push_back(buckets_.centre(bucket));
  const Likelihood p = decode_(tensor(z, {1, latent_}, dtype_));
  check<ConfigError>(p.bernoulli() != nullptr,
                     "bits-back codes pixels that are 0 or 1: the model needs a Bernoulli decoder");
  return BernoulliCodec(*p.bernoulli(), options_.pixel_precision);
}

UniformCodec BitsBack::prior() const { return {latent_, options_.latent_bits}; }

void BitsBack::push(Ans& message, const Symbols& pixels) const {
  const Symbols z = posterior(pixels).pop(message);
  likelihood(z).push(message, pixels);
  prior().push(message, z);
}

Symbols BitsBack::pop(Ans& message) const {
  const Symbols z = prior().pop(message);
  Symbols pixels = likelihood(z).pop(message);
  posterior(pixels).push(message, z);
  return pixels;
}

std::int64_t BitsBack::first_chunk() const {
  // No bucket has less than one count: a latent takes at most posterior_precision bits.
  return (latent_ * options_.posterior_precision + 31) / 32;
}

std::vector<double> BitsBack::encode(Ans& message, const Tensor& x) const {
  const std::vector<Symbols> images = pixels_of(x);
  std::vector<double> bits;
  for (const Symbols& pixels : images) {
    push(message, pixels);
    bits.push_back(message.bits());
  }
  kTrailer.push(message, trailer_of(images));
  return bits;
}

Tensor BitsBack::decode(Ans& message) const {
  const Symbols trailer = kTrailer.pop(message);
  std::vector<Symbols> images;
  while (images.size() < trailer[0]) images.push_back(pop(message));
  std::reverse(images.begin(), images.end());
  if (trailer_of(images) != trailer) {
    throw DataError("bits-back: the decoded images are not those that were encoded",
                    "model, options, program and number of threads must be the encoder's");
  }
  std::vector<double> x;
  for (const Symbols& pixels : images) x.insert(x.end(), pixels.begin(), pixels.end());
  return tensor(x, {static_cast<std::int64_t>(images.size()), pixels_}, dtype_);
}

}  // namespace tapestry::vae::coding
