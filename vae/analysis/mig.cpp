#include "vae/analysis/mig.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

// The class numbers of factor f, one for each datum.
std::vector<double> column(const Tensor& factors, std::int64_t f) {
  return slice(factors.to(DType::f64), 1, f, f + 1).to_vector();
}

// How many data have each value.
std::map<double, double> counts(const std::vector<double>& values) {
  std::map<double, double> count;
  for (const double v : values) ++count[v];
  return count;
}

// [N, N] row n: the log-weights of the data in p(z | value of datum n), the mean over equal ones.
Tensor log_weights_of_equals(const std::vector<double>& values) {
  constexpr double kNone = -1e30;  // instead of -infinity: exp of it is 0 all the same
  const std::map<double, double> count = counts(values);
  const auto n = static_cast<std::int64_t>(values.size());
  Tensor out = Tensor::empty({n, n}, DType::f64);
  auto weight = out.mutate<double>().begin();
  for (const double own : values)
    for (const double other : values) *weight++ = own == other ? -std::log(count.at(own)) : kNone;
  return out;
}

void check_factors(const Tensor& factors) {
  check<ShapeError>(factors.rank() == 2 && factors.size() > 0,
                    "mutual information: factors must be [N, F], not {}", factors.shape());
}

}  // namespace

Tensor factor_information(const prob::Normal& q, const Tensor& factors) {
  check_factors(factors);
  check<ShapeError>(q.event_dims == 1 && q.shape().rank() == 2 && q.shape()[0] == factors.dim(0),
                    "factor_information: q must be [{}, K] with event_dims = 1, one row for each "
                    "row of the factors; it has the shape {} and event_dims = {}",
                    factors.dim(0), q.shape(), q.event_dims);
  const NoGrad no_grad;
  const DTypeScope f64(DType::f64);
  const std::int64_t data = q.shape()[0], latents = q.shape()[1], f_count = factors.dim(1);
  const Tensor node = linspace(-6, 6, 25);  // trapezoid rule for N(0, 1)
  const Tensor density = exp(-0.5 * square(node)), node_weight = density / sum(density);
  std::vector<Tensor> equals;
  for (std::int64_t f = 0; f < f_count; ++f)
    equals.push_back(log_weights_of_equals(column(factors, f)));

  std::vector<Tensor> by_latent;
  for (std::int64_t k = 0; k < latents; ++k) {
    const auto latent = [&](const Tensor& x) {
      const Tensor whole = broadcast_to(x, {data, latents});
      return tensor(slice(whole, 1, k, k + 1).to_vector(), {data});
    };
    const prob::Normal q_k(latent(q.loc), latent(q.scale));
    const Tensor z = q_k.loc + q_k.scale * reshape(node, {-1, 1});      // [S, N]
    const Tensor each = q_k.log_prob(reshape(z, {z.dim(0), data, 1}));  // [S, N, N]
    const Tensor log_p = logsumexp(each, -1) - std::log(static_cast<double>(data));
    std::vector<Tensor> information;
    for (const Tensor& log_weights : equals) {
      const Tensor log_p_given_v = logsumexp(each + log_weights, -1);
      information.push_back(sum(node_weight * mean(log_p_given_v - log_p, 1)));
    }
    by_latent.push_back(stack(information, 0));
  }
  return stack(by_latent, 1);
}

Tensor factor_entropy(const Tensor& factors) {
  check_factors(factors);
  Tensor out = Tensor::empty({factors.dim(1)}, DType::f64);
  for (std::int64_t f = 0; f < factors.dim(1); ++f) {
    double entropy = 0;
    for (const auto& [value, count] : counts(column(factors, f))) {
      const double p = count / static_cast<double>(factors.dim(0));
      entropy -= p * std::log(p);
    }
    out.mutate<double>()[static_cast<std::size_t>(f)] = entropy;
  }
  return out;
}

double mutual_information_gap(const prob::Normal& q, const Tensor& factors) {
  const Tensor information = factor_information(q, factors);
  const std::vector<double> entropy = factor_entropy(factors).to_vector();
  check<ConfigError>(information.dim(1) >= 2,
                     "mutual_information_gap: a gap needs two latents, not {}", information.dim(1));
  double total = 0;
  for (std::size_t f = 0; f < entropy.size(); ++f) {
    check<DomainError>(entropy[f] > 0, "mutual_information_gap: factor {} never changes", f);
    const auto row = static_cast<std::int64_t>(f);
    std::vector<double> known = slice(information, 0, row, row + 1).to_vector();
    std::partial_sort(known.begin(), known.begin() + 2, known.end(), std::greater<>());
    total += (known[0] - known[1]) / entropy[f];
  }
  return total / static_cast<double>(entropy.size());
}

}  // namespace tapestry::vae
