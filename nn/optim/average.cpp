#include "nn/optim/average.hpp"

#include <algorithm>

#include "autograd/ops.hpp"

namespace tapestry::nn {

Average::Average(const Module& of, double decay)
    : of_(of.parameters()),
      decay_(decay),
      calls_(*this, "calls", index_tensor(std::vector<std::int32_t>{0}, {1})) {
  check<ConfigError>(decay >= 0 && decay < 1, "average: decay must be in [0, 1), not {}", decay);
  for (const Parameter* p : of_) {
    const std::string name = std::to_string(averages_.size());
    averages_.push_back(
        std::make_unique<Buffer>(*this, name.c_str(), zeros(p->shape(), p->value().dtype())));
  }
}

void Average::follow() {
  const NoGrad no_grad;
  const auto n = calls_.value().at({0});
  const double d = std::min(decay_, n / (n + 9));
  for (std::size_t i = 0; i < of_.size(); ++i) {
    const Tensor& now = of_[i]->value();
    averages_[i]->set_value(n > 0 ? d * averages_[i]->value() + (1 - d) * now : now.clone());
  }
  calls_.set_value(index_tensor(std::vector{static_cast<std::int32_t>(n) + 1}, {1}));
}

Average::Use Average::use() const { return Use(*this); }

std::string Average::describe() const { return fmt::format("Average {}", decay_); }

Average::Use::Use(const Average& average) : of_(average.of_) {
  if (average.calls_.value().at({0}) == 0) return;
  for (std::size_t i = 0; i < of_.size(); ++i) {
    last_.push_back(of_[i]->value());
    of_[i]->set_value(average.averages_[i]->value());
  }
}

Average::Use::~Use() {
  for (std::size_t i = 0; i < last_.size(); ++i) of_[i]->set_value(last_[i]);
}

}  // namespace tapestry::nn
