#include "autograd/gradcheck/in_double.hpp"

#include "autograd/error.hpp"

namespace tapestry::checking {

InDouble::InDouble(std::span<Parameter* const> parameters)
    : parameters_(parameters), scope_(DType::f64) {
  for (const Parameter* p : parameters_)
    check<ConfigError>(p->value().defined(), "parameter {} has no values yet", p->name());
  for (Parameter* p : parameters_) {
    before_.push_back({p->value(), p->grad()});
    p->convert(DType::f64);
  }
}

InDouble::~InDouble() {
  // From the back: of one that is listed twice the first is right.
  for (std::size_t i = before_.size(); i-- > 0;) {
    Parameter& p = *parameters_[i];
    p.convert(before_[i].value.dtype());
    p.set_value(before_[i].value);
    if (before_[i].grad.defined()) p.set_grad(before_[i].grad);
  }
}

}  // namespace tapestry::checking
