#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// Scalar, to be subtracted from the mean bound: how far a covariance of codes [K, K] is from I (Kumar, Sattigeri
/// and Balakrishnan, DIP-VAE, 2018, equations 6 and 7).
///
///     off_diagonal sum_{i != j} C_ij^2  +  diagonal sum_i (C_ii - 1)^2
///
/// DIP-VAE-I takes the covariance of the means of q(z|x), DIP-VAE-II that of q(z), which has the mean variance of
/// q(z|x) on its diagonal besides (analysis/aggregate.hpp). Recorded. ShapeError unless C is square.
Tensor dip_penalty(const Tensor& covariance, double off_diagonal, double diagonal);

}  // namespace tapestry::vae
