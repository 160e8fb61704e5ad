#pragma once

#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"

// The activations that linear and the convolutions apply to their sum s while it is at hand. The slope
// is told from the output y, so that s is never stored.

namespace tapestry {

struct Identity {
  template <class T>
  static T value(T s) {
    return s;
  }
  template <class T>
  static T slope(T) {
    return 1;
  }
};
struct Relu {
  template <class T>
  static T value(T s) {
    return s < 0 ? T(0) : s;
  }
  template <class T>
  static T slope(T y) {
    return y > 0 ? T(1) : T(0);
  }
};
struct Tanh {
  template <class T>
  static T value(T s) {
    return math::tanh(s);
  }
  template <class T>
  static T slope(T y) {
    return 1 - y * y;
  }
};
struct Sigmoid {
  template <class T>
  static T value(T s) {
    return math::sigmoid(s);
  }
  template <class T>
  static T slope(T y) {
    return y * (1 - y);
  }
};
struct Softplus {
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
      return fn(Identity{});
    case Activation::relu:
      return fn(Relu{});
    case Activation::tanh:
      return fn(Tanh{});
    case Activation::sigmoid:
      return fn(Sigmoid{});
    case Activation::softplus:
      return fn(Softplus{});
  }
}

}  // namespace tapestry
