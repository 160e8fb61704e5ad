#include "autograd/arg.hpp"

#include "autograd/recorder.hpp"

namespace tapestry {

Tensor Arg::value() const {
  if (tensor) return *tensor;
  return parameter ? parameter->value() : full({}, scalar);
}

const Shape& Arg::shape() const {
  static const Shape none;
  if (tensor) return tensor->shape();
  return parameter ? parameter->shape() : none;
}

Tensor as_tensor(const Arg& x, DType dtype) { return Recorder::known(x, dtype); }

Tensor recorded(Parameter& p, SourceLoc where) { return as_tensor(Arg(p, where)); }

}  // namespace tapestry
