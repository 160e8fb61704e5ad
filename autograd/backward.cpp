#include "autograd/backward.hpp"

#include <utility>

#include "autograd/arena.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/observer.hpp"

namespace tapestry {

GradientShapeError::GradientShapeError(int operand, const Tensor& got, const Shape& wanted)
    : ShapeError(fmt::format("gradient of input {} has the shape {}, the input {}", operand,
                             got.shape(), wanted)),
      input(operand),
      contribution(got) {}

Node& BackwardCtx::input(int i) const {
  return tape_.arena_->nodes[static_cast<std::size_t>(tape_.input(node_, i))];
}

const Tensor& BackwardCtx::in(int i) const { return input(i).out; }
bool BackwardCtx::wants(int i) const { return input(i).needs_grad; }

Tensor BackwardCtx::take_aux() {
  // Whoever looks on may have the same backward function run once more.
  if (parts_ || tape_.options_.keep == Keep::all || ObserverScope::installed())
    return node_.aux.clone();
  return std::exchange(node_.aux, {});
}

void BackwardCtx::accumulate(int i, Tensor contribution) {
  const Node& to = input(i);
  if (!to.needs_grad) return;
  if (contribution.shape() != to.out.shape())
    throw GradientShapeError(i, contribution, to.out.shape());
  if (contribution.dtype() != to.out.dtype()) [[unlikely]]
    throw DTypeError(fmt::format("gradient of input {} is {}, the input {}", i,
                                 name(contribution.dtype()), name(to.out.dtype())),
                     "convert it with to(c.in(i).dtype())");
  Tensor& sum = slot(i);
  if (!sum.defined()) {
    sum = std::move(contribution);
  } else {
    add_into(sum, contribution);
  }
}

GradTarget BackwardCtx::target(int i) {
  Tensor& sum = slot(i);
  if (!sum.defined()) {
    const Tensor& x = input(i).out;
    sum = Tensor::empty(x.shape(), x.dtype());
    return {sum, true};
  }
  if (!sum.sole_owner()) sum = sum.clone();
  return {sum, false};
}

}  // namespace tapestry
