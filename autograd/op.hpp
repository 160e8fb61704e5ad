#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "autograd/tensor.hpp"

namespace tapestry {

class BackwardCtx;

/// Numbers an op needs besides its inputs (axes, strides, bounds). Each op says what it keeps
/// where.
struct Attrs {
  std::array<std::int64_t, Shape::kMaxRank> i{};
  std::array<double, 2> f{};
};

/// The operands of a forward function, without copies.
class Inputs {
 public:
  Inputs(const Tensor* const* inputs, int count) : inputs_(inputs), count_(count) {}
  const Tensor& operator[](int i) const { return *inputs_[i]; }
  int size() const { return count_; }

 private:
  const Tensor* const* inputs_;
  int count_;
};

/// Which values the gradient needs; everything else is freed as soon as the program lets go of it.
enum Saves : std::uint8_t {
  kSaveNothing = 0,
  kSaveIn0 = 1,
  kSaveIn1 = 2,
  kSaveIn2 = 4,
  kSaveInputs = 7,
  kSaveOutput = 8,
};
constexpr Saves operator|(Saves a, Saves b) { return static_cast<Saves>(int{a} | int{b}); }

/// Inputs on which the generic gradient test runs an op; f64, away from kinks.
struct Sample {
  std::vector<Tensor> inputs;
  Attrs attrs = {};
};

/// Everything about one op, in one row. `apply` takes any row, also one written in homework.
struct OpInfo {
  const char* name;
  const char* args;      ///< operand names for messages: "left, right"
  const char* formula;   ///< "y = exp(x)"
  const char* gradient;  ///< "dx += dy * y"
  /// The value. Pure: the public call and a replay run the same function. `aux` is null when
  /// nothing records; otherwise it may receive one tensor that the gradient wants (a mask,
  /// statistics).
  Tensor (*forward)(Inputs in, const Attrs& attrs, Tensor* aux);
  /// Adds to the gradients of the inputs. Named back_<op>, so that `break back_matmul` works.
  void (*backward)(BackwardCtx& ctx);
  Saves saves;
  std::vector<Sample> (*samples)();
  /// How values or gradients that are not finite come from finite ones here, and what helps.
  const char* hint = nullptr;
};

/// The name of operand i, "left"; the last name serves for the rest of a list (concat). And all of
/// `args`, one by one.
std::string operand_name(const OpInfo& op, int i);
std::vector<std::string> operand_names(const OpInfo& op);

/// Runs an op and records it when a tape is active and some operand is tracked there.
/// Checks that floating operands agree in dtype; adds place and operands to errors.
Tensor apply(const OpInfo& op, std::span<const Arg> args, const Attrs& attrs = {});
inline Tensor apply(const OpInfo& op, std::initializer_list<Arg> args, const Attrs& attrs = {}) {
  return apply(op, std::span<const Arg>(args.begin(), args.size()), attrs);
}

/// Every op of the library, family by family.
std::span<const OpInfo* const> all_ops();

}  // namespace tapestry
