#include "autograd/dtype.hpp"

#include "autograd/error.hpp"

namespace tapestry {
namespace {
thread_local DType current_default = DType::f32;
}

DType default_dtype() { return current_default; }

DTypeScope::DTypeScope(DType dtype) : previous_(current_default) { current_default = dtype; }
DTypeScope::~DTypeScope() { current_default = previous_; }

void throw_not_floating(DType dtype) {
  throw DTypeError(fmt::format("needs f32 or f64 values, not {}", name(dtype)),
                   "convert with x.to(DType::f32)");
}

}  // namespace tapestry
