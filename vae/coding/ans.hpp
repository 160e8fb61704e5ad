#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/random.hpp"

namespace tapestry::vae::coding {

/// The numbers that stand for one symbol: start, start + 1, ... start + count - 1 out of
/// 0..2^precision - 1. Its probability is count / 2^precision.
struct Slice {
  std::uint64_t start, count;
};

/// A message as a stack of symbols: what was pushed last is popped first. Asymmetric numeral systems
/// (Duda 2009), the range variant, as used by Townsend, Bird and Barber, "Practical lossless
/// compression with latent variables using bits back coding" (2019), section 2.1.
///
/// Without a limit on its size the message would be one large number s, and a symbol with the
/// probability count / 2^precision would make it longer by -log2(count / 2^precision) bits:
///
///     push   s <- floor(s / count) 2^precision + start + s mod count
///     pop    r = s mod 2^precision determines the symbol (start <= r < start + count), and
///            s <- count floor(s / 2^precision) + r - start
///
/// Here the head of s has 64 bits, in [2^32, 2^64), and the rest lies in a stack of words of 32 bits.
/// Push and pop undo each other exactly, in either order: popping symbols that were never pushed turns
/// bits into a random draw from their distribution, and pushing them gives the bits back. The head
/// resolves probabilities to about 2^precision / head: a precision of 28 costs a few thousandths of a
/// bit a symbol, one of 32 a few hundredths.
class Ans {
 public:
  Ans() = default;  ///< an empty message: nothing can be popped
  /// 32 (words + 1) random bits: something to pop from.
  static Ans random(std::int64_t words, Rng& rng);

  /// Precisions are 1 to 32 (ConfigError). DomainError for a slice that is empty or out of range.
  void push(Slice symbol, int precision);
  /// The number r above; it lies in the slice of the symbol on top. Removes nothing.
  std::uint64_t peek(int precision) const;
  /// Removes the symbol on top, whose slice has to hold `peek(precision)` (DomainError). DataError
  /// when the message has run out.
  void pop(Slice symbol, int precision);

  double bits() const;             ///< 32 for each word, and log2(head): grows evenly
  std::int64_t file_size() const;  ///< bytes that `save` writes

  /// The message as a file. All numbers begin with their lowest byte:
  ///
  ///     8 bytes   "tapANS1" and a line feed
  ///     8         the head
  ///     8         n, the number of words
  ///     4 n       the words, the lowest of the stack first
  ///     8         checksum of all bytes above (checksum.hpp)
  void save(const std::filesystem::path& path) const;
  /// Throws DataError for a file that is missing, of another kind, cut off or damaged in any byte.
  static Ans load(const std::filesystem::path& path);
  /// The same for the bytes of a file, which errors call `name`.
  static Ans parse(std::string_view bytes, const std::string& name);

  friend bool operator==(const Ans&, const Ans&) = default;

 private:
  std::uint64_t head_ = std::uint64_t{1} << 32;
  std::vector<std::uint32_t> words_;
};

}  // namespace tapestry::vae::coding
