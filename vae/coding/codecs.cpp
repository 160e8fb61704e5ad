#include "vae/coding/codecs.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/tape.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::vae::coding {

namespace {

constexpr Constraint kUsableScale{"at most 1e6", 0, 1e6, true, false};

void check_count(std::size_t given, std::size_t wanted) {
  check<ShapeError>(given == wanted, "a codec of {} symbols cannot take {}", wanted, given);
}

void check_symbol(std::uint32_t symbol, std::uint64_t count) {
  check<DomainError>(symbol < count, "a symbol is one of 0..{}, not {}", count - 1, symbol);
}

void check_bits(const char* what, int bits, int least, int most) {
  check<ConfigError>(bits >= least && bits <= most, "{} must be {} to {} bits, not {}", what, least,
                     most, bits);
}

/// Phi. The upper half is 1 minus a tail, so that both tails are smooth and the order of two points is
/// never lost.
double normal_mass_below(double x) {
  const double tail = 0.5 * std::erfc(std::fabs(x) / std::numbers::sqrt2);
  return x < 0 ? tail : 1 - tail;
}

}  // namespace

UniformCodec::UniformCodec(std::int64_t size, int bits)
    : size_(static_cast<std::size_t>(size)), bits_(bits) {
  check_bits("the symbols of a uniform codec", bits, 1, 32);
}

void UniformCodec::push(Ans& message, std::span<const std::uint32_t> symbols) const {
  check_count(symbols.size(), size_);
  for (std::size_t i = size_; i-- > 0;) {
    check_symbol(symbols[i], std::uint64_t{1} << bits_);
    message.push({symbols[i], 1}, bits_);
  }
}

Symbols UniformCodec::pop(Ans& message) const {
  Symbols symbols(size_);
  for (std::uint32_t& symbol : symbols) {
    const std::uint64_t top = message.peek(bits_);
    message.pop({top, 1}, bits_);
    symbol = static_cast<std::uint32_t>(top);
  }
  return symbols;
}

BernoulliCodec::BernoulliCodec(const prob::Bernoulli& coins, int precision)
    : precision_(precision) {
  check_bits("the precision of a coin", precision, 1, 32);
  const double all = std::ldexp(1.0, precision);
  for (const double p : coins.probs().to_vector()) {
    ones_.push_back(static_cast<std::uint64_t>(std::clamp(std::round(all * p), 1.0, all - 1)));
  }
}

Slice BernoulliCodec::slice(std::size_t i, std::uint32_t symbol) const {
  const std::uint64_t zeros = (std::uint64_t{1} << precision_) - ones_[i];
  return symbol ? Slice{zeros, ones_[i]} : Slice{0, zeros};
}

void BernoulliCodec::push(Ans& message, std::span<const std::uint32_t> symbols) const {
  check_count(symbols.size(), ones_.size());
  for (std::size_t i = ones_.size(); i-- > 0;) {
    check_symbol(symbols[i], 2);
    message.push(slice(i, symbols[i]), precision_);
  }
}

Symbols BernoulliCodec::pop(Ans& message) const {
  Symbols symbols(ones_.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    symbols[i] = message.peek(precision_) >= slice(i, 1).start;
    message.pop(slice(i, symbols[i]), precision_);
  }
  return symbols;
}

NormalBuckets::NormalBuckets(int bits) : bits_(bits) {
  check_bits("buckets", bits, 1, 20);
  const NoGrad no_grad;
  // The quantiles k / (2 count): borders for even k, centres for odd ones.
  Tensor p = Tensor::empty({2 * std::int64_t{count()} - 1}, DType::f64);
  double k = 0;
  for (double& value : p.mutate<double>()) value = ++k / (2.0 * count());
  const Tensor quantiles = prob::normal_quantile(p);
  borders_.push_back(-kInfinity);
  for (std::size_t i = 0; const double x : quantiles.view<double>()) {
    (i++ % 2 ? borders_ : centres_).push_back(x);
  }
  borders_.push_back(kInfinity);
}

NormalCodec::NormalCodec(const NormalBuckets& buckets, const prob::Normal& normal, int precision)
    : buckets_(buckets),
      loc_(normal.mean().to_vector()),
      scale_(prob::expanded(normal.scale, normal.shape()).to_vector()),
      precision_(precision) {
  check_bits("the precision of a normal", precision, buckets.bits() + 1, 32);
  for (const double scale : scale_) {
    check_value("NormalCodec", "scale", scale, kUsableScale);
  }
}

std::uint64_t NormalCodec::start(std::size_t i, std::uint32_t bucket) const {
  const auto shared = static_cast<double>((std::uint64_t{1} << precision_) - buckets_.count());
  const double below = normal_mass_below((buckets_.border(bucket) - loc_[i]) / scale_[i]);
  return bucket + static_cast<std::uint64_t>(shared * below);
}

Slice NormalCodec::slice(std::size_t i, std::uint32_t bucket) const {
  const std::uint64_t from = start(i, bucket);
  return {from, start(i, bucket + 1) - from};
}

void NormalCodec::push(Ans& message, std::span<const std::uint32_t> symbols) const {
  check_count(symbols.size(), loc_.size());
  for (std::size_t i = loc_.size(); i-- > 0;) {
    check_symbol(symbols[i], buckets_.count());
    message.push(slice(i, symbols[i]), precision_);
  }
}

Symbols NormalCodec::pop(Ans& message) const {
  Symbols symbols(loc_.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const std::uint64_t r = message.peek(precision_);
    // The last bucket that starts at r or below.
    std::uint32_t low = 0, high = buckets_.count();
    while (high - low > 1) {
      const std::uint32_t middle = low + (high - low) / 2;
      (start(i, middle) <= r ? low : high) = middle;
    }
    symbols[i] = low;
    message.pop(slice(i, low), precision_);
  }
  return symbols;
}

}  // namespace tapestry::vae::coding
