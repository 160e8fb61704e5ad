#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::prob {

/// fn of each element, computed in double and rounded to the dtype of x. fn: double -> double.
template <class Fn>
Tensor map(const Tensor& x, Fn fn) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    const auto in = x.view<T>();
    const auto out = y.mutate<T>();
    for (std::size_t i = 0; i < in.size(); ++i)
      out[i] = static_cast<T>(fn(static_cast<double>(in[i])));
  });
  return y;
}

/// fn of each pair of elements; a and b have the same shape and dtype.
template <class Fn>
Tensor map(const Tensor& a, const Tensor& b, Fn fn) {
  Tensor y = Tensor::empty(a.shape(), a.dtype());
  dispatch(a.dtype(), [&]<class T>(T) {
    const auto left = a.view<T>(), right = b.view<T>();
    const auto out = y.mutate<T>();
    for (std::size_t i = 0; i < left.size(); ++i)
      out[i] = static_cast<T>(fn(static_cast<double>(left[i]), static_cast<double>(right[i])));
  });
  return y;
}

/// fn of each triple of elements; same shapes and dtypes.
template <class Fn>
Tensor map(const Tensor& a, const Tensor& b, const Tensor& c, Fn fn) {
  Tensor y = Tensor::empty(a.shape(), a.dtype());
  dispatch(a.dtype(), [&]<class T>(T) {
    const auto first = a.view<T>(), second = b.view<T>(), third = c.view<T>();
    const auto out = y.mutate<T>();
    for (std::size_t i = 0; i < first.size(); ++i)
      out[i] = static_cast<T>(fn(static_cast<double>(first[i]), static_cast<double>(second[i]),
                                 static_cast<double>(third[i])));
  });
  return y;
}

}  // namespace tapestry::prob
