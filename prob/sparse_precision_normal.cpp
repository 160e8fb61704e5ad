#include "prob/sparse_precision_normal.hpp"

#include <cmath>
#include <numbers>
#include <vector>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::prob {

namespace {

/// v with L^T v = e, in place, for rows of D numbers; the parameters of row r are those of r modulo their rows.
template <class T>
void solve_transposed(std::span<T> e, std::span<const T> diagonal, std::span<const T> below,
                      std::span<const std::int32_t> later, std::size_t D, std::size_t K) {
  for (std::size_t row = 0; row < e.size() / D; ++row) {
    T* v = e.data() + row * D;
    const std::size_t first = row * D % diagonal.size();
    for (std::size_t i = D; i-- > 0;) {
      T rest = v[i];
      for (std::size_t k = 0; k < K; ++k) {
        const auto j = static_cast<std::size_t>(later[i * K + k]);
        if (j < D) rest -= below[(first + i) * K + k] * v[j];
      }
      v[i] = rest / diagonal[first + i];
    }
  }
}

}  // namespace

SparsePrecisionNormal::SparsePrecisionNormal(Arg mu, Arg d, Arg b, Tensor index, int dims)
    : loc(as_parameter(mu, d, b)),
      diagonal(as_parameter(d, mu, b)),
      below(as_parameter(b, mu, d)),
      later(std::move(index)),
      event_dims(dims) {
  const Caller caller{kName, mu.loc};
  const bool ranks = loc.rank() >= 1 && diagonal.rank() >= 1 && below.rank() >= 2;
  if (!ranks || later.rank() != 2 || later.dim(0) < 1 || loc.dim(-1) != later.dim(0) ||
      diagonal.dim(-1) != later.dim(0) ||
      below.shape().sub(below.rank() - 2, below.rank()) != later.shape()) [[unlikely]]
    fail<ShapeError>(caller,
                     fmt::format("loc, diagonal [..., D], below [..., D, K] and later "
                                 "[D, K] with D >= 1 are needed, but they are {}, {}, {} and {}",
                                 loc.shape(), diagonal.shape(), below.shape(), later.shape()));
  check_dtypes(caller, {{"loc", loc}, {"diagonal", diagonal}, {"below", below}});
  check_event_dims(caller, shape(), event_dims, 1);
  check_values(caller, "loc", loc, kFinite);
  check_values(caller, "diagonal", diagonal, kPositive);
  check_values(caller, "below", below, kFinite);
  check_later(caller, later);
}

Tensor SparsePrecisionNormal::sample(Rng& rng, const Shape& sample_shape) const {
  const NoGrad no_grad;
  Tensor e = rng.normal(join(sample_shape, shape()), loc.dtype());
  const std::int64_t D = later.dim(0), K = later.dim(1);
  const Tensor d = expanded(diagonal, shape()), b = expanded(below, join(shape(), {K}));
  dispatch(loc.dtype(), [&]<class T>(T) {
    solve_transposed<T>(e.mutate<T>(), d.view<T>(), b.view<T>(), later.view<std::int32_t>(),
                        static_cast<std::size_t>(D), static_cast<std::size_t>(K));
  });
  return loc + e;
}

Tensor SparsePrecisionNormal::whiten(const Tensor& x) const {
  const Tensor v = x - loc;
  return diagonal * v + sum(below * at_later(v, later), -1);
}

Tensor SparsePrecisionNormal::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  const Tensor each =
      log(diagonal) - 0.5 * square(whiten(x)) - 0.5 * std::log(2 * std::numbers::pi);
  return sum_last(each, event_dims);
}

Tensor SparsePrecisionNormal::mean() const { return expanded(loc, shape()); }

Tensor SparsePrecisionNormal::entropy() const {
  const double of_one = 0.5 * (1 + std::log(2 * std::numbers::pi));
  return sum_last(expanded(of_one - log(diagonal), shape()), event_dims);
}

}  // namespace tapestry::prob
