#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// The squared Frechet distance of two sets of rows a [N, D] and b [M, D], each taken for a normal with its mean and
/// covariance (Dowson and Landau, The Frechet distance between multivariate normal distributions, 1982):
///
///     |m_a - m_b|^2 + tr(A + B - 2 (A^(1/2) B A^(1/2))^(1/2))
///
/// In the units of the rows, squared. Of features of images it tells how far made ones are from real ones; the number depends on
/// the net that makes the features, so that numbers of different nets cannot be compared, and it rises as the sets get
/// smaller. In f64, not recorded. ShapeError unless both are [., D] with a row or more.
double frechet_distance(const Tensor& a, const Tensor& b);

}  // namespace tapestry::vae
