#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "autograd/arg.hpp"

namespace tapestry {

class BackwardCtx;

/// The numbers of a call besides its operands: axes, strides, bounds. A comment beside each op lists
/// which number lies where.
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

/// Which values the gradient needs; others are freed as soon as the program drops its handle.
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
struct TestInput {
  std::vector<Tensor> inputs;
  Attrs attrs = {};
};

/// The function that computes the value of an op, in one of three forms:
///
///     Tensor forward_NAME(Inputs in);
///     Tensor forward_NAME(Inputs in, const Attrs& attrs);
///     Tensor forward_NAME(Inputs in, const Attrs& attrs, Tensor* aux);
///
/// It is pure: the public call and a replay run the same function. `aux` is null when nothing
/// records; otherwise it may receive one tensor that the gradient wants (a mask, statistics).
class Forward {
 public:
  constexpr Forward() = default;
  template <class Fn>
  constexpr Forward(Fn fn) {
    if constexpr (std::is_invocable_v<Fn, Inputs>) {
      plain_ = fn;
    } else if constexpr (std::is_invocable_v<Fn, Inputs, const Attrs&>) {
      with_attrs_ = fn;
    } else {
      with_aux_ = fn;
    }
  }
  Tensor operator()(Inputs in, const Attrs& attrs, Tensor* aux) const {
    return plain_ ? plain_(in) : with_attrs_ ? with_attrs_(in, attrs) : with_aux_(in, attrs, aux);
  }

 private:
  Tensor (*plain_)(Inputs) = nullptr;
  Tensor (*with_attrs_)(Inputs, const Attrs&) = nullptr;
  Tensor (*with_aux_)(Inputs, const Attrs&, Tensor*) = nullptr;
};

/// Everything about one op, in one row. `apply` takes any row, also one written in homework.
struct OpInfo {
  const char* name;
  const char* args;           ///< operand names for messages: "left, right"
  const char* formula = "";   ///< "y = exp(x)"
  const char* gradient = "";  ///< "dx += dy * y"
  Forward forward = {};
  /// Adds to the gradients of the inputs. Named back_<op>, so that `break back_matmul` works.
  void (*backward)(BackwardCtx& c) = nullptr;
  Saves saves = kSaveNothing;
  std::vector<TestInput> (*test_inputs)() = nullptr;
  /// The hint of an error where finite numbers give NaN or infinity here: the cause and its remedy.
  const char* hint = nullptr;
  /// The names and places of the numbers in `attrs`: "axis:i0", "min:f0 max:f1"; see attributes.hpp.
  const char* attributes = "";
};

/// The name of operand i, "left"; a list (concat) repeats its last name.
std::string operand_name(const OpInfo& op, int i);
/// The names of `args`, one by one.
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
