#pragma once

#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"

// The activations that linear and the convolutions apply to their sum s right after computing it. The
// slope is a function of the output y, so s is never stored.

namespace tapestry {

struct IdentityFunction {
  template <class T>
  static T value(T s) {
    return s;
  }
  template <class T>
  static T slope(T) {
    return 1;
  }
};
struct ReluFunction {
  template <class T>
  static T value(T s) {
    return s < 0 ? T(0) : s;
  }
  template <class T>
  static T slope(T y) {
    return y > 0 ? T(1) : y;  // 0, or NaN
  }
};
struct TanhFunction {
  template <class T>
  static T value(T s) {
    return math::tanh(s);
  }
  template <class T>
  static T slope(T y) {
    return 1 - y * y;
  }
};
struct SigmoidFunction {
  template <class T>
  static T value(T s) {
    return math::sigmoid(s);
  }
  template <class T>
  static T slope(T y) {
    return y * (1 - y);
  }
};
struct SoftplusFunction {
  template <class T>
  static T value(T s) {
    return math::softplus(s);
  }
  template <class T>
  static T slope(T y) {
    return -math::expm1(-y);
  }  // sigmoid(s) = 1 - exp(-y)
};

/// Calls fn with the struct of an activation.
template <class Fn>
void with_activation(Activation activation, Fn&& fn) {
  switch (activation) {
    case Activation::none:
      return fn(IdentityFunction{});
    case Activation::relu:
      return fn(ReluFunction{});
    case Activation::tanh:
      return fn(TanhFunction{});
    case Activation::sigmoid:
      return fn(SigmoidFunction{});
    case Activation::softplus:
      return fn(SoftplusFunction{});
  }
}

}  // namespace tapestry
