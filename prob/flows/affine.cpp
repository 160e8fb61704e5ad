#include "prob/flows/affine.hpp"

#include "autograd/ops.hpp"

namespace tapestry::prob {
namespace {

Flowed moved(const Tensor& z, const ShiftAndScale& by) {
  return {by.shift + exp(by.log_scale) * z, sum(by.log_scale, -1)};
}
Flowed moved_back(const Tensor& z, const ShiftAndScale& by) {
  return {(z - by.shift) * exp(-by.log_scale), -sum(by.log_scale, -1)};
}
/// Nothing where `kept` is 1.
ShiftAndScale of_the_others(const CouplingFlow& flow, const Tensor& z) {
  const ShiftAndScale by = flow.net(flow.kept * z);
  const Tensor others = 1.0 - flow.kept;
  return {others * by.shift, others * by.log_scale};
}

}  // namespace

Flowed AutoregressiveFlow::forward(const Tensor& z) const { return moved(z, net(z)); }

Flowed AutoregressiveFlow::inverse(const Tensor& z) const {
  // Pass k makes the k-th element of the order right, for those before it are.
  Flowed back{z, {}};
  for (std::int64_t pass = 0; pass < z.dim(-1); ++pass) back = moved_back(z, net(back.z));
  return back;
}

Flowed CouplingFlow::forward(const Tensor& z) const { return moved(z, of_the_others(*this, z)); }
Flowed CouplingFlow::inverse(const Tensor& z) const {
  return moved_back(z, of_the_others(*this, z));
}

}  // namespace tapestry::prob
