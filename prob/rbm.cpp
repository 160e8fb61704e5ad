#include "prob/rbm.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/all_bits.hpp"
#include "prob/categorical.hpp"

namespace tapestry::prob {

Rbm::Rbm(Arg a, Arg b, Arg W) : left(as_tensor(a)), right(as_tensor(b)), weight(as_tensor(W)) {
  const Caller caller{kName, a.loc};
  if (left.rank() != 1 || right.rank() != 1 || weight.shape() != Shape{left.size(), right.size()})
    fail<ShapeError>(caller,
                     fmt::format("left must be [n], right [m] and weight [n, m], not {}, {} "
                                 "and {}",
                                 left.shape(), right.shape(), weight.shape()));
  check_dtypes(caller, {{"left", left}, {"right", right}, {"weight", weight}});
  check_values(caller, "left", left, kFinite);
  check_values(caller, "right", right, kFinite);
  check_values(caller, "weight", weight, kFinite);
}

Tensor Rbm::across(const Tensor& z_1) const { return linear(z_1, transpose(weight), right); }

Tensor Rbm::energy(Arg value) const {
  const Tensor z = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, z.shape());
  const std::int64_t n = left.size();
  const Tensor z_1 = slice(z, -1, 0, n), z_2 = slice(z, -1, n, n + right.size());
  return -sum(left * z_1, -1) - sum(across(z_1) * z_2, -1);
}

Tensor Rbm::free_energy(const Tensor& z_1) const {
  return -sum(left * z_1, -1) - sum(softplus(across(z_1)), -1);
}

Tensor Rbm::log_z() const { return logsumexp(-free_energy(all_bits(left.size(), left.dtype()))); }

Bernoulli Rbm::right_given(const Tensor& z_1) const { return Bernoulli(across(z_1), 1); }
Bernoulli Rbm::left_given(const Tensor& z_2) const {
  return Bernoulli(linear(z_2, weight, left), 1);
}

Tensor Rbm::sample(Rng& rng, const Shape& sample_shape) const {
  const NoGrad no_grad;
  const Tensor states = all_bits(left.size(), left.dtype());
  const Tensor z_1 = take_rows(states, Categorical(-free_energy(states)).sample(rng, sample_shape));
  return concat({z_1, right_given(z_1).sample(rng)}, -1);
}

Tensor Rbm::log_prob(Arg z) const {
  check_values({kName, z.loc}, "value", as_tensor(z), kUnitInterval);
  return -energy(z) - log_z();
}

Tensor Rbm::mean() const {
  const Tensor states = all_bits(left.size(), left.dtype());
  const Tensor p = reshape(softmax(-free_energy(states)), {-1, 1});
  return concat({sum(p * states, 0), sum(p * right_given(states).probs(), 0)}, 0);
}

Tensor Rbm::variance() const {
  const Tensor p = mean();
  return p * (1.0 - p);
}

Tensor Rbm::gibbs(const Tensor& z, Rng& rng, int sweeps) const {
  const NoGrad no_grad;
  check_value_shape(kName, shape(), event_dims, z.shape());
  Tensor z_1, z_2 = slice(z, -1, left.size(), left.size() + right.size());
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    z_1 = left_given(z_2).sample(rng);
    z_2 = right_given(z_1).sample(rng);
  }
  return sweeps > 0 ? concat({z_1, z_2}, -1) : z;
}

}  // namespace tapestry::prob
