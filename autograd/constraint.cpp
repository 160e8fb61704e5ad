#include "autograd/constraint.hpp"

#include <atomic>
#include <cmath>
#include <iterator>

#include "autograd/health.hpp"
#include "autograd/kernels/denormals.hpp"
#include "autograd/kernels/parallel.hpp"

namespace tapestry {

namespace {

/// "scale[2,1]" for element `flat` of a tensor of this shape; "scale" for a scalar.
std::string element_name(const char* argument, const Shape& shape, std::int64_t flat) {
  return fmt::format("{}{}", argument, shape.rank() == 0 ? "" : index_text(shape, flat));
}

/// The hint. A wrong parameter comes from the op that made it, a wrong value from the data.
std::string advice(std::string_view argument, std::string_view requirement, double value,
                   const Tensor& x) {
  if (!std::isfinite(value)) {
    if (x.defined() && x.tracked()) return kBirthHint;
    return argument == "value" ? "a missing number? choose with where before log_prob, not after"
                               : std::string();
  }
  if (requirement != kPositive.text || argument.find(' ') != argument.npos) return {};
  if (value < 0) return "exp or softplus makes it positive";
  return x.defined() && x.tracked()
             ? "exp and softplus of a very negative number are 0: is the learning rate too high? "
               "else keep it away from 0, for example exp(clamp(x, -10, 10))"
             : std::string();
}

/// The value is printed in its own precision: 0.3f as 0.3.
[[noreturn]] void refuse(Caller caller, const char* argument, const Tensor& x, std::int64_t flat,
                         auto value, const std::string& requirement) {
  const std::string message = fmt::format("{} must be {}, but {} = {}", argument, requirement,
                                          element_name(argument, x.shape(), flat), value);
  const std::string hint = advice(argument, requirement, static_cast<double>(value), x);
  if (!x.defined()) fail<DomainError>(caller, message, hint);
  fail<DomainError>(caller, message, hint, {{argument, x}});
}

template <class T>
struct Bounds {
  T low, high;  ///< closed; an open end of the constraint moves inwards by one float
  bool whole;

  explicit Bounds(const Constraint& c)
      : low(static_cast<T>(c.low)), high(static_cast<T>(c.high)), whole(c.whole) {
    if (c.open_low) low = std::nextafter(low, std::numeric_limits<T>::infinity());
    if (c.open_high) high = std::nextafter(high, -std::numeric_limits<T>::infinity());
  }
  bool contains(T x) const { return (x >= low) & (x <= high) & (!whole || x == std::floor(x)); }
};

// Whether every value is within the bounds.
// No early exit: without it the loop vectorises, and valid values are the common case.
template <class T>
bool all_within(std::span<const T> values, const Bounds<T>& bounds) {
  std::atomic<bool> all = true;
  parallel_pieces(std::ssize(values), kGrain, [&](std::int64_t begin, std::int64_t end) {
    const KeepDenormals exact;
    const T* v = values.data();
    const T low = bounds.low, high = bounds.high;
    int outside = 0;
    for (std::int64_t i = begin; i < end; ++i) outside |= !((v[i] >= low) & (v[i] <= high));
    if (bounds.whole)
      for (std::int64_t i = begin; i < end; ++i) outside |= v[i] != std::floor(v[i]);
    if (outside) all.store(false, std::memory_order_relaxed);
  });
  return all.load(std::memory_order_relaxed);
}

}  // namespace

void check_values(Caller caller, const char* argument, const Tensor& values,
                  const Constraint& constraint) {
  dispatch(values.dtype(), [&]<class T>(T) {
    const Bounds<T> bounds(constraint);
    const std::span<const T> v = values.view<T>();
    if (all_within(v, bounds)) [[likely]]
      return;
    const KeepDenormals exact;
    std::size_t bad = 0;
    while (bounds.contains(v[bad])) ++bad;
    refuse(caller, argument, values, static_cast<std::int64_t>(bad), v[bad], constraint.text);
  });
}

void check_value(Caller caller, const char* argument, double value, const Constraint& constraint) {
  if (!Bounds<double>(constraint).contains(value)) [[unlikely]]
    refuse(caller, argument, Tensor(), 0, value, constraint.text);
}

void check_classes(Caller caller, const char* argument, const Tensor& index, std::int64_t classes) {
  if (index.dtype() != DType::i32) [[unlikely]]
    fail<DTypeError>(caller,
                     fmt::format("{} holds class numbers and must be i32, but is {}", argument,
                                 name(index.dtype())),
                     "x.to(DType::i32) converts", {{argument, index}});
  const std::span<const std::int32_t> v = index.view<std::int32_t>();
  for (std::size_t i = 0; i < v.size(); ++i)
    if (v[i] < 0 || v[i] >= classes) [[unlikely]]
      refuse(caller, argument, index, static_cast<std::int64_t>(i), v[i],
             fmt::format("in [0, {})", classes));
}

namespace {

// `tolerance` is asked for the rounding of the dtype, its epsilon.
template <class Tolerance>
void check_sums_within(Caller caller, const char* argument, const Tensor& x, double total,
                       Tolerance tolerance) {
  dispatch(x.dtype(), [&]<class T>(T) {
    const std::int64_t width = x.dim(-1), rows = width ? x.size() / width : 0;
    const double most = tolerance(static_cast<double>(std::numeric_limits<T>::epsilon()));
    const T* row = x.view<T>().data();
    for (std::int64_t r = 0; r < rows; ++r, row += width) {
      double sum = 0;
      for (std::int64_t i = 0; i < width; ++i) sum += static_cast<double>(row[i]);
      if (!(std::abs(sum - total) <= most)) [[unlikely]]
        fail<DomainError>(
            caller,
            fmt::format("{} must sum to {} over its last axis, but {} sums to {}", argument, total,
                        element_name(argument, x.shape().without(-1), r), sum),
            "", {{argument, x}});
    }
  });
}

}  // namespace

void check_sums(Caller caller, const char* argument, const Tensor& x, double total) {
  check_sums_within(caller, argument, x, total,
                    [&](double epsilon) { return 1e4 * epsilon * std::max(1.0, std::abs(total)); });
}

void check_whole_sums(Caller caller, const char* argument, const Tensor& x, double total) {
  check_sums_within(caller, argument, x, total,
                    [&](double epsilon) { return std::max(0.5, epsilon * std::abs(total)); });
}

void check_cholesky_factor(Caller caller, const char* argument, const Tensor& l) {
  dispatch(l.dtype(), [&]<class T>(T) {
    const std::int64_t n = l.dim(-1);
    const std::span<const T> v = l.view<T>();
    for (std::size_t i = 0; i < v.size(); ++i) {
      const auto flat = static_cast<std::int64_t>(i);
      const std::int64_t row = flat / n % n, column = flat % n;
      const bool fine = row == column  ? v[i] > 0 && std::isfinite(v[i])
                        : row < column ? v[i] == 0
                                       : std::isfinite(v[i]);
      if (!fine) [[unlikely]]
        refuse(caller, argument, l, flat, v[i],
               "lower triangular with a positive diagonal and finite");
    }
  });
}

}  // namespace tapestry
