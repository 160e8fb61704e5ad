#pragma once

#include "autograd/ops.hpp"
#include "prob/categorical.hpp"
#include "prob/exponential.hpp"
#include "prob/laplace.hpp"
#include "prob/poisson.hpp"

/// The model of output_families.cpp (C54), which begins with its equations.
namespace tapestry::concepts {

inline Tensor log_poisson(const prob::Poisson& p, const Tensor& x) { return p.log_prob(x); }

/// p(x|z) of a record of four columns.
struct Record {
  prob::Categorical kind;
  prob::Poisson count;
  prob::Laplace number;
  prob::Exponential wait;
  decltype(&log_poisson) log_count = log_poisson;
};

/// Output i of the network.
inline Tensor output(const Tensor& s, int i) { return reshape(slice(s, 0, i, i + 1), {}); }

/// From the outputs s [7].
inline Record decode(const Tensor& s) {
  return {.kind = prob::Categorical(slice(s, 0, 0, 3)),
          .count = prob::Poisson(exp(output(s, 3))),
          .number = prob::Laplace(output(s, 4), exp(output(s, 5))),
          .wait = prob::Exponential(exp(output(s, 6)))};
}

/// Of class 1, a count of 4, the number 0.3 and a waiting time of 0.8.
inline Tensor log_record(const Record& p) {
  const Tensor one = tensor(1.0).to(DType::i32);
  return p.kind.log_prob(one) + p.log_count(p.count, tensor(4.0)) + p.number.log_prob(tensor(0.3)) +
         p.wait.log_prob(tensor(0.8));
}

}  // namespace tapestry::concepts
