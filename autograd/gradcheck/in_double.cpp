#include "autograd/gradcheck/in_double.hpp"

namespace tapestry::checking {

InDouble::InDouble(std::span<Parameter* const> parameters)
    : parameters_(parameters), scope_(DType::f64) {
  for (Parameter* p : parameters_) {
    before_.push_back({p->value(), p->grad()});
    p->convert(DType::f64);
  }
}

InDouble::~InDouble() {
  for (std::size_t i = 0; i < before_.size(); ++i) {
    Parameter& p = *parameters_[i];
    p.convert(before_[i].value.dtype());
    p.set_value(before_[i].value);
    if (before_[i].grad.defined()) p.set_grad(before_[i].grad);
  }
}

}  // namespace tapestry::checking
