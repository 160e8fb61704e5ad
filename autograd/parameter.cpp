#include "autograd/parameter.hpp"

#include "autograd/kernels/map.hpp"

namespace tapestry {

// NOLINTNEXTLINE(performance-unnecessary-value-param): taken as it is kept
Parameter::Parameter(std::string name, Tensor value)
    : name_(std::move(name)), value_(value.detach()) {}

void Parameter::set_grad(Tensor grad) {
  rewrite_grad(std::move(grad));
  grad_began_ = version_;
  grad_passes_ = 1;
}

void Parameter::rewrite_grad(Tensor grad) {
  check<TapeError>(grad.defined(), "gradient of {}: a tensor without values", name_);
  check<ShapeError>(grad.shape() == shape(), "gradient of {} has the shape {}, the value {}", name_,
                    grad.shape(), shape());
  check<DTypeError>(grad.dtype() == value_.dtype(), "gradient of {} is {}, the value {}", name_,
                    tapestry::name(grad.dtype()), tapestry::name(value_.dtype()));
  grad_ = std::move(grad).detach();
}

void Parameter::add_grad(const Tensor& grad, std::uint64_t version) {
  if (grad_.defined()) {
    add_into(grad_, grad);
    ++grad_passes_;
  } else {
    grad_ = grad;
    grad_began_ = version;
    grad_passes_ = 1;
  }
}

void Parameter::begin_update(SourceLoc where) {
  if (value_.defined() && !value_.sole_owner()) value_ = value_.clone();
  ++version_;
  last_update_ = where;
}

void Parameter::set_value(const Tensor& value, SourceLoc where) {
  if (value_.defined()) {
    check<ShapeError>(value.shape() == shape(), "parameter {} has the shape {}, the new value {}",
                      name_, shape(), value.shape());
    check<DTypeError>(value.dtype() == value_.dtype(), "parameter {} is {}, the new value {}",
                      name_, tapestry::name(value_.dtype()), tapestry::name(value.dtype()));
  }
  ++version_;
  last_update_ = where;
  value_ = value.detach();
}

void Parameter::convert(DType dtype, SourceLoc where) {
  ++version_;
  ++conversions_;
  last_update_ = where;
  value_ = value_.to(dtype);
  grad_ = Tensor();
}

}  // namespace tapestry
