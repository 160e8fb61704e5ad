#pragma once

#include "autograd/tensor.hpp"

// Two ways between latent vectors a and b (section 17.8.3, problem 17.6), for t from 0 to 1. Vectors
// lie along the last axis: a, b [..., D] and t [T] give [T, ..., D]; one t gives [..., D]. Not recorded.
// At t = 0 and 1 the ends come back exactly.

namespace tapestry::vae {

/// (1 - t) a + t b. Between two draws of N(0, I) the middle is short: |z| falls by sqrt(2).
Tensor lerp(const Tensor& a, const Tensor& b, double t);
Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& t);

/// The direction turns at an even pace along the great circle from a to b, the norm goes evenly from
/// |a| to |b|. For |a| = |b| this is Shoemake's formula (1985), with w the angle between a and b:
///
///     (sin((1 - t) w) a + sin(t w) b) / sin w
///
/// For opposite directions the great circle is not unique; one half circle is chosen, always the
/// same. If a or b is 0, or D = 1, there is no direction to turn: the result is that of lerp.
Tensor slerp(const Tensor& a, const Tensor& b, double t);
Tensor slerp(const Tensor& a, const Tensor& b, const Tensor& t);

}  // namespace tapestry::vae
