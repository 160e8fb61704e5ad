#pragma once

#include <array>
#include <span>
#include <vector>

#include "autograd/op.hpp"

namespace tapestry {

/// The operands of one call as tensors. Numbers become scalars of the dtype that the others have;
/// floating operands that disagree are refused.
class Operands {
 public:
  explicit Operands(std::span<const Arg> args);
  Operands(const Operands&) = delete;
  Operands& operator=(const Operands&) = delete;

  Inputs inputs() const { return {in_, count_}; }

 private:
  static constexpr std::size_t kInline = 4;
  std::array<const Tensor*, kInline> inline_;
  std::array<Tensor, 3> numbers_;
  std::vector<const Tensor*> many_;  // for concat
  const Tensor** in_ = inline_.data();
  int count_;
};

/// Tells an error that is on its way out of an op where it happened and to what: place, module and a
/// line for each operand. Leaves an error alone that an op inside has told already.
void add_context(Error& error, const OpInfo& op, std::span<const Arg> args);

}  // namespace tapestry
