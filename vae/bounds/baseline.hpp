#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// What the score function's weight f(z) is compared with:
///
///     grad E_q[f(z)] = E_q[(f(z) - b) grad log q(z)]
///
/// holds for every b that does not depend on the same z, since E_q[grad log q(z)] = 0. A b close to
/// f leaves small weights, and so little noise.
class Baseline {
 public:
  static Baseline none();                  ///< b = 0
  static Baseline constant(double value);  ///< ConfigError unless finite
  /// b = the mean of f over earlier calls, where call n weighs decay^(calls since n); 0 at first.
  /// ConfigError unless 0 <= decay < 1.
  static Baseline running_mean(double decay = 0.9);
  /// b of a sample = the mean of f over the other samples of the same call (axis 0).
  static Baseline leave_one_out();

  /// f - b, a constant to the tape; f [samples, ...]. A running mean then takes f in.
  /// DomainError if f is not finite; ConfigError for leave-one-out of fewer than 2 samples.
  Tensor centre(const Tensor& f);

 private:
  enum class Kind { constant, running_mean, leave_one_out };
  Baseline(Kind kind, double number) : kind_(kind), number_(number) {}

  Kind kind_;
  double number_;                 ///< the constant, or the decay
  double total_ = 0, count_ = 0;  ///< of earlier f, each weighed by its age
};

}  // namespace tapestry::vae
