#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "prob/bernoulli.hpp"
#include "prob/normal.hpp"
#include "vae/coding/ans.hpp"

// Codecs: distributions over vectors of symbols, cut into slices of whole numbers. Each has
//
//     push(message, symbols)    the message grows by -log2 of the symbols' probability
//     pop(message)              the symbols on top: the exact inverse of push
//
// The last symbol is pushed first, so that symbols are popped in their order. A codec's slices are
// computed from floating-point numbers: only a decoder that computes these from the same bits, with
// the same binary, on the same kind of machine, has the same slices.

namespace tapestry::vae::coding {

using Symbols = std::vector<std::uint32_t>;

/// `size` independent numbers of `bits` bits each, all equally probable.
class UniformCodec {
 public:
  /// ConfigError unless bits is 1 to 32.
  UniformCodec(std::int64_t size, int bits);
  /// ShapeError for another number of symbols; DomainError for one of more bits.
  void push(Ans& message, std::span<const std::uint32_t> symbols) const;
  Symbols pop(Ans& message) const;

 private:
  std::size_t size_;
  int bits_;
};

/// Independent bits. The probability of a 1 is rounded to a multiple of 2^-precision that is
/// neither 0 nor 1, so that no pixel is impossible.
class BernoulliCodec {
 public:
  /// coins: of any shape. ConfigError unless precision is 1 to 32.
  explicit BernoulliCodec(const prob::Bernoulli& coins, int precision = 16);
  /// ShapeError for another number of symbols; DomainError for one that is neither 0 nor 1.
  void push(Ans& message, std::span<const std::uint32_t> symbols) const;
  Symbols pop(Ans& message) const;

 private:
  Slice slice(std::size_t i, std::uint32_t symbol) const;

  std::vector<std::uint64_t> ones_;  ///< counts of a 1
  int precision_;
};

/// The real line cut into 2^bits buckets that are equally probable under N(0, 1).
class NormalBuckets {
 public:
  /// ConfigError unless bits is 1 to 20.
  explicit NormalBuckets(int bits);

  int bits() const { return bits_; }
  std::uint32_t count() const { return std::uint32_t{1} << bits_; }
  /// The border below `bucket`, which is 0..count; -infinity and infinity at the ends.
  double border(std::uint32_t bucket) const { return borders_[bucket]; }
  /// The number that stands for the bucket: its median under N(0, 1).
  double centre(std::uint32_t bucket) const { return centres_[bucket]; }

 private:
  int bits_;
  std::vector<double> borders_, centres_;
};

/// A diagonal normal as a distribution over buckets. With b buckets and B = 2^precision
///
///     start(i) = i + floor((B - b) Phi((border(i) - loc) / scale))
///
/// so that every bucket has its share of the mass and at least one count. This is a mixture with the
/// prior: with the probability b / B a bucket comes from there, so B should be much larger than b.
class NormalCodec {
 public:
  /// normal: of any shape, with scales up to 1e6 (DomainError): beyond that rounding may swap two
  /// borders. ConfigError unless precision is bits + 1 to 32. `buckets` must outlive the codec.
  NormalCodec(const NormalBuckets& buckets, const prob::Normal& normal, int precision = 28);
  /// ShapeError for another number of symbols; DomainError for a bucket out of range.
  void push(Ans& message, std::span<const std::uint32_t> symbols) const;
  Symbols pop(Ans& message) const;
  /// The slice of `bucket` for element i.
  Slice slice(std::size_t i, std::uint32_t bucket) const;

 private:
  std::uint64_t start(std::size_t i, std::uint32_t bucket) const;

  const NormalBuckets& buckets_;
  std::vector<double> loc_, scale_;
  int precision_;
};

}  // namespace tapestry::vae::coding
