#pragma once

#include "autograd/kernels/product.hpp"

// Products with a matrix of mostly zeros: a minibatch of binary pixels has 13 % ones, of grey pixels 19 %
// that are not 0. Only these are multiplied. docs/design/performance.md has the gain.

namespace tapestry::mostly_zeros {

/// Computes the product and returns true if it has 2^22 multiplications or more, 64 rows or more, and at
/// most a quarter of sixteen of these is not 0: rows of A in A B^T, of B in A^T B, spread over all. Otherwise it
/// returns false and C is unchanged.
/// A value of the other matrix that meets zeros alone is not read: NaN and infinity there do not come
/// out. The result does not depend on the number of threads.
bool product(const Product<float>& p);
bool product(const Product<double>& p);

}  // namespace tapestry::mostly_zeros
