// What the generic tests know of each distribution: cases with references, and how to make it of a list of tensors.
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <vector>

#include "prob/prob.hpp"

namespace tapestry::prob {

struct Case {
  std::vector<Tensor> arguments;  ///< f64, in the order of D::kArguments
  Tensor value = {};              ///< where log_prob is checked
  Tensor log_prob = {};           ///< the reference: the textbook formula with numbers put in
  const char* refused = nullptr;  ///< or: the argument that the constructor must refuse by name
};

/// The cases of a distribution, in the file of its name beside this one.
template <class D>
std::vector<Case> cases();

// clang-format off
template <> std::vector<Case> cases<Bernoulli>();
template <> std::vector<Case> cases<Beta>();
template <> std::vector<Case> cases<Categorical>();
template <> std::vector<Case> cases<ContinuousBernoulli>();
template <> std::vector<Case> cases<Dirichlet>();
template <> std::vector<Case> cases<DiscretizedNormal>();
template <> std::vector<Case> cases<Exponential>();
template <> std::vector<Case> cases<Gamma>();
template <> std::vector<Case> cases<Gumbel>();
template <> std::vector<Case> cases<Laplace>();
template <> std::vector<Case> cases<LogNormal>();
template <> std::vector<Case> cases<Mixture<Normal>>();
template <> std::vector<Case> cases<Multinomial>();
template <> std::vector<Case> cases<MultivariateNormal>();
template <> std::vector<Case> cases<Normal>();
template <> std::vector<Case> cases<OneHotCategorical>();
template <> std::vector<Case> cases<Poisson>();
template <> std::vector<Case> cases<Rbm>();
template <> std::vector<Case> cases<RelaxedBernoulli>();
template <> std::vector<Case> cases<RelaxedOneHotCategorical>();
template <> std::vector<Case> cases<SparsePrecisionNormal>();
template <> std::vector<Case> cases<SpikeAndExponential>();
template <> std::vector<Case> cases<StudentT>();
template <> std::vector<Case> cases<Uniform>();
template <> std::vector<Case> cases<VonMisesFisher>();
template <> std::vector<Case> cases<WrappedNormal>();
template <> std::vector<Case> cases<ZeroInflatedNegativeBinomial>();
// clang-format on

/// `valid`, and what a distribution of a location and a scale must refuse.
std::vector<Case> location_scale(const Case& valid);

/// The distribution with these arguments; those that are not in D::kArguments are fixed.
template <class D>
D from(std::span<const Tensor> a) {
  if constexpr (std::same_as<D, Multinomial>)
    return {3, a[0]};
  else if constexpr (std::same_as<D, RelaxedBernoulli> ||
                     std::same_as<D, RelaxedOneHotCategorical> ||
                     std::same_as<D, SpikeAndExponential>)
    return {0.7, a[0]};
  else if constexpr (std::same_as<D, Mixture<Normal>>)
    return {a[0], Normal(a[1], a[2])};
  else if constexpr (std::same_as<D, SparsePrecisionNormal>)
    return {a[0], a[1], a[2], later_pixels(1, 2, 1)};
  else if constexpr (D::kArguments.size() == 3)
    return {a[0], a[1], a[2]};
  else if constexpr (D::kArguments.size() == 2)
    return {a[0], a[1]};
  else
    return D(a[0]);
}

}  // namespace tapestry::prob
