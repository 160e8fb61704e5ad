#pragma once

#include <vector>

#include "autograd/parameter.hpp"

namespace tapestry::nn {

/// Scales all gradients by max_norm / norm where norm, of all of them as one long vector, is above
/// max_norm (Pascanu, Mikolov and Bengio 2013). Returns the norm before. Parameters without a
/// gradient count as zero. ConfigError unless max_norm > 0; DomainError names a parameter whose
/// gradient is not finite: scaling it would spread NaN to the others.
///
/// The sum runs over fixed chunks in a fixed order: same bits for any number of threads.
double clip_grad_norm(const std::vector<Parameter*>& parameters, double max_norm);

/// Clamps every element of every gradient to [-limit, limit]. ConfigError unless limit > 0; NaN
/// stays.
void clip_grad_value(const std::vector<Parameter*>& parameters, double limit);

/// Clamps every element of every parameter to [-limit, limit], after a step: the set that a Wasserstein critic's weights
/// stay in (Arjovsky, Chintala and Bottou 2017, algorithm 1). ConfigError unless limit > 0; NaN stays.
void clip_weights(const std::vector<Parameter*>& parameters, double limit);

}  // namespace tapestry::nn
