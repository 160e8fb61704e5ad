#include "vae/coding/ans.hpp"

#include <cmath>
#include <string>
#include <string_view>

#include "autograd/error.hpp"
#include "nn/checksum.hpp"
#include "nn/file.hpp"

namespace tapestry::vae::coding {

namespace {

constexpr int kWordBits = 32, kHeadBits = 64;
constexpr std::uint64_t kLeastHead = std::uint64_t{1} << kWordBits;
constexpr std::string_view kMagic = "tapANS1\n";
constexpr std::size_t kFrame = 32;  // bytes of a file without words

void check_precision(int precision) {
  check<ConfigError>(precision >= 1 && precision <= kWordBits,
                     "ANS: a precision is 1 to {} bits, not {}", kWordBits, precision);
}

void check_slice(Slice s, int precision) {
  const std::uint64_t all = std::uint64_t{1} << precision;
  check<DomainError>(s.count >= 1 && s.count <= all && s.start <= all - s.count,
                     "ANS: a slice lies in 0..2^{}-1 and is not empty, not {} numbers from {}",
                     precision, s.count, s.start);
}

void append(std::string& bytes, std::uint64_t number, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(number >> 8 * i & 0xff));
}

std::uint64_t number_at(std::string_view bytes, std::size_t position, int size) {
  std::uint64_t number = 0;
  for (int i = size - 1; i >= 0; --i) {
    number =
        number << 8 | static_cast<unsigned char>(bytes[position + static_cast<std::size_t>(i)]);
  }
  return number;
}

}  // namespace

Ans Ans::random(std::int64_t words, Rng& rng) {
  check<ConfigError>(words >= 0, "ANS: the number of words is at least 0, not {}", words);
  std::vector<std::uint32_t> drawn(static_cast<std::size_t>(words + 1));
  rng.bits(drawn);
  Ans message;
  message.head_ |= drawn.back();
  drawn.pop_back();
  message.words_ = std::move(drawn);
  return message;
}

void Ans::push(Slice symbol, int precision) {
  check_precision(precision);
  check_slice(symbol, precision);
  // A head that would grow beyond 64 bits first moves its lower half onto the stack.
  if (head_ >> (kHeadBits - precision) >= symbol.count) {
    words_.push_back(static_cast<std::uint32_t>(head_));
    head_ >>= kWordBits;
  }
  head_ = (head_ / symbol.count << precision) + symbol.start + head_ % symbol.count;
}

std::uint64_t Ans::peek(int precision) const {
  check_precision(precision);
  return head_ & ((std::uint64_t{1} << precision) - 1);
}

void Ans::pop(Slice symbol, int precision) {
  const std::uint64_t r = peek(precision);
  check_slice(symbol, precision);
  check<DomainError>(r >= symbol.start && r - symbol.start < symbol.count,
                     "ANS: {} is on top, not one of {} numbers from {}", r, symbol.count,
                     symbol.start);
  const std::uint64_t head = symbol.count * (head_ >> precision) + r - symbol.start;
  if (head >= kLeastHead) {
    head_ = head;
    return;
  }
  if (words_.empty()) {
    throw DataError("ANS: the message has run out",
                    "bits-back coding begins with random words; when decoding, the model must be "
                    "the one that encoded");
  }
  head_ = head << kWordBits | words_.back();
  words_.pop_back();
}

double Ans::bits() const {
  return kWordBits * static_cast<double>(words_.size()) + std::log2(static_cast<double>(head_));
}

std::int64_t Ans::file_size() const {
  return static_cast<std::int64_t>(kFrame + sizeof(std::uint32_t) * words_.size());
}

void Ans::save(const std::filesystem::path& path) const {
  std::string bytes(kMagic);
  append(bytes, head_, 8);
  append(bytes, words_.size(), 8);
  for (const std::uint32_t word : words_) append(bytes, word, 4);
  append(bytes, nn::checksum(bytes), 8);
  nn::write_file_atomically(path, bytes);
}

Ans Ans::load(const std::filesystem::path& path) {
  return parse(nn::read_file(path), path.string());
}

Ans Ans::parse(std::string_view bytes, const std::string& name) {
  check<DataError>(bytes.starts_with(kMagic), "{}: this is no message of an ANS coder", name);
  check<DataError>(bytes.size() >= kFrame, "{}: cut off after {} bytes", name, bytes.size());
  const std::uint64_t words = number_at(bytes, 16, 8), room = bytes.size() - kFrame;
  check<DataError>(room % 4 == 0 && words == room / 4,
                   "{}: cut off or damaged, {} bytes do not hold {} words", name, bytes.size(),
                   words);
  const std::string_view summed = bytes.substr(0, bytes.size() - 8);
  Ans message;
  message.head_ = number_at(bytes, 8, 8);
  check<DataError>(
      number_at(bytes, summed.size(), 8) == nn::checksum(summed) && message.head_ >= kLeastHead,
      "{}: damaged, its checksum is another one", name);
  message.words_.reserve(words);
  for (std::size_t at = 24; at < summed.size(); at += 4) {
    message.words_.push_back(static_cast<std::uint32_t>(number_at(bytes, at, 4)));
  }
  return message;
}

}  // namespace tapestry::vae::coding
