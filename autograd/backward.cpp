#include "autograd/backward.hpp"

#include "autograd/arena.hpp"
#include "autograd/kernels/map.hpp"

namespace tapestry {

Node& BackwardCtx::input(int i) const {
  return tape_.arena_->nodes[static_cast<std::size_t>(tape_.input(node_, i))];
}

const Tensor& BackwardCtx::in(int i) const { return input(i).out; }
bool BackwardCtx::wants(int i) const { return input(i).needs_grad; }

void BackwardCtx::accumulate(int i, Tensor contribution) {
  Node& to = input(i);
  if (!to.needs_grad) return;
  check<ShapeError>(contribution.shape() == to.out.shape(),
                    "gradient of input {} has the shape {}, the input {}", i, contribution.shape(),
                    to.out.shape());
  if (!to.grad.defined()) {
    to.grad = std::move(contribution);
  } else {
    add_into(to.grad, contribution);
  }
}

GradTarget BackwardCtx::target(int i) {
  Node& to = input(i);
  if (!to.grad.defined()) {
    to.grad = Tensor::empty(to.out.shape(), to.out.dtype());
    return {to.grad, true};
  }
  if (!to.grad.sole_owner()) to.grad = to.grad.clone();
  return {to.grad, false};
}

}  // namespace tapestry
