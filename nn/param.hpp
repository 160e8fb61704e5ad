#pragma once

#include <cstdint>
#include <string>

#include "autograd/parameter.hpp"
#include "autograd/random.hpp"

namespace tapestry::nn {

class Module;

/// The numbers from which an initialiser derives first values; a layer gives them as it declares:
///
///     Param weight{*this, "weight", {out, in}, Start::weight(in, out)};
///     Param bias{*this, "bias", {out}, Start::bias(in)};
///     Param gain{*this, "gain", {n}, 1.0};                      // starts at a constant
struct Start {
  enum class Role : std::uint8_t { constant, weight, bias, table };

  Role role = Role::constant;
  double value = 0;          ///< of a constant
  std::int64_t fan_in = 1;   ///< inputs that one output sums over
  std::int64_t fan_out = 1;  ///< outputs that one input reaches

  Start(double constant) : value(constant) {}
  static Start weight(std::int64_t fan_in, std::int64_t fan_out);
  static Start bias(std::int64_t fan_in);
  static Start table();  ///< rows to be looked up, as in Embedding

 private:
  Start(Role r, std::int64_t in, std::int64_t out) : role(r), fan_in(in), fan_out(out) {}
};

/// A parameter that is a member of a module: declaring it registers it.
///
/// Its `name()` is the path from the root of the tree, `encoder.fc1.weight`. Constants have their
/// value at once; any other parameter is NaN until an initialiser of nn/init.hpp or a checkpoint
/// has written it. A layer throws before that, so that nothing trains from forgotten values.
class Param : public Parameter {
 public:
  /// `name` is unique in `owner`, neither empty nor dotted (ConfigError). Made in default_dtype().
  Param(Module& owner, const char* name, const Shape& shape, Start start);

  const Start& start() const { return start_; }
  bool initialised() const { return start_.role == Start::Role::constant || written(); }

 private:
  friend class Module;
  Start start_;
};

/// A tensor that belongs to a module and its checkpoints but is not learned by gradients: running
/// statistics, a codebook kept by moving averages.
class Buffer : private NotCopied<Buffer> {
 public:
  Buffer(Module& owner, const char* name, const Tensor& value);
  Buffer& operator=(const Buffer&) = delete;
  virtual ~Buffer() = default;

  const Tensor& value() const { return value_; }
  /// Replaces the values; shape and dtype stay (ShapeError, DTypeError).
  void set_value(const Tensor& value);
  /// Floating values in another dtype; integers stay.
  void convert(DType dtype);
  /// Called by the initialisers with a stream of the buffer's own; only a RandomStream uses it.
  virtual void seed(const Rng&) {}

 private:
  Tensor value_;
};

/// A module's own random numbers. The position in the stream is a buffer, i32 [6]: it is saved with
/// the module, so a resumed run continues with the same numbers.
class RandomStream : public Buffer {
 public:
  RandomStream(Module& owner, const char* name);

  void seed(const Rng& rng) override;
  /// Calls `draw(Rng&)` at the current position and keeps the new one. ConfigError if never seeded.
  template <class Draw>
  auto use(Draw&& draw) {
    Rng rng = resume();
    auto result = draw(rng);
    seed(rng);
    return result;
  }

 private:
  Rng resume() const;
};

}  // namespace tapestry::nn
