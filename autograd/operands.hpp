#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "autograd/op.hpp"

namespace tapestry {

/// The operands of one call as tensors. Numbers, at most three, become scalars of the dtype that the
/// others have; DTypeError for floating operands that disagree, ConfigError for more numbers.
class Operands {
 public:
  explicit Operands(std::span<const Arg> args);
  Operands(const Operands&) = delete;
  Operands& operator=(const Operands&) = delete;

  Inputs inputs() const { return {in_, count_}; }

 private:
  static constexpr std::size_t kInline = 4;
  std::array<const Tensor*, kInline> inline_;
  std::array<std::optional<Tensor>, 3> numbers_;  // empty in most calls, which then pay nothing
  std::vector<const Tensor*> many_;               // for concat
  const Tensor** in_ = inline_.data();
  int count_;
};

/// Adds line, module and operands to an error thrown inside an op, unless an inner op already did.
void add_context(Error& error, const OpInfo& op, std::span<const Arg> args);

/// Runs fn and adds the same to its errors: for checks before `apply`.
template <class Fn>
auto in_context(const OpInfo& op, std::span<const Arg> args, Fn&& fn) {
  try {
    return fn();
  } catch (Error& error) {
    add_context(error, op, args);
    throw;
  }
}

/// normalize_axis with an error that names the op and its operand.
inline int checked_axis(const OpInfo& op, const Arg& x, int axis, int rank) {
  return in_context(op, std::span(&x, 1), [&] { return normalize_axis(axis, rank); });
}

}  // namespace tapestry
