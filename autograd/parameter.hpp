#pragma once

#include <string>

#include "autograd/not_copied.hpp"
#include "autograd/tensor.hpp"

namespace tapestry {

/// A named leaf that outlives tapes: a value to learn and its gradient.
///
/// `update` is the one place where values change after they were made. It bumps the version, so
/// that a tape which saved the old value can name the line that changed it.
class Parameter : private NotCopied<Parameter> {
 public:
  Parameter() = default;
  explicit Parameter(std::string name, Tensor value = {});
  Parameter& operator=(const Parameter&) = delete;
  virtual ~Parameter() = default;

  const std::string& name() const { return name_; }
  const Tensor& value() const { return value_; }
  const Shape& shape() const { return value_.shape(); }
  std::int64_t size() const { return value_.size(); }
  /// dL/dvalue as `backward` left it, summed over calls since `zero_grad`; undefined before the
  /// first.
  const Tensor& grad() const { return grad_; }
  void zero_grad() { grad_ = Tensor(); }
  void set_grad(Tensor grad);  ///< as after one pass; ShapeError, DTypeError unless as the value's
  /// Replaces the gradient by the same one clipped or scaled: the count of passes stays.
  void rewrite_grad(Tensor grad);
  /// The number of passes in the sum `grad`, and the value's version in the first. Several passes, and
  /// an older version than now: the value was updated in between, and zero_grad was forgotten.
  int grad_passes() const { return grad_.defined() ? grad_passes_ : 0; }
  std::uint64_t grad_began() const { return grad_began_; }

  /// A frozen parameter is a constant to every tape.
  bool trainable() const { return trainable_; }
  void set_trainable(bool on) { trainable_ = on; }

  /// Calls `fn` with the value tensor, on which it may call mutate(). Values that another tensor shares
  /// get storage of their own first.
  template <class Fn>
  void update(Fn&& fn, SourceLoc where = SourceLoc::current()) {
    begin_update(where);
    fn(value_);
  }
  /// Replaces the values; shape and dtype must stay, once there are any.
  void set_value(const Tensor& value, SourceLoc where = SourceLoc::current());
  /// Converts value and drops the gradient; for checks in f64.
  void convert(DType dtype, SourceLoc where = SourceLoc::current());

  std::uint64_t version() const { return version_; }
  /// Have its values been replaced or updated since it was made? A conversion is neither.
  bool written() const { return version_ > conversions_; }
  SourceLoc last_update() const { return last_update_; }

 protected:
  std::string name_;

 private:
  friend class Sweep;
  friend struct Recorder;
  /// Adds the gradient of one pass, which was recorded with this version of the value.
  void add_grad(const Tensor& grad, std::uint64_t version);
  void begin_update(SourceLoc where);

  Tensor value_, grad_;
  bool trainable_ = true;
  std::uint64_t version_ = 0, conversions_ = 0;
  SourceLoc last_update_;
  std::uint64_t grad_began_ = 0;
  int grad_passes_ = 0;
  NodeId leaf_;  ///< its node on the tape that used it last
};

}  // namespace tapestry
