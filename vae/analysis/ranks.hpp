#pragma once

#include "autograd/tensor.hpp"

// Numbers that depend only on the order of scores: any scale that keeps the order gives the same.

namespace tapestry::vae {

/// The area under the receiver operating characteristic of a score that should separate outliers
/// [N] from usual data [M]: the probability that an outlier scores higher than a usual datum, a tie
/// counting half. 1: every outlier is found; 1/2: no better than chance; below 1/2: the wrong way
/// round. ShapeError unless both are lists, not empty; DomainError for a score that is not finite.
double auroc(const Tensor& outliers, const Tensor& usual);

/// Spearman's rank correlation of x [N] and y [N], the correlation of their ranks, where equal
/// numbers share their mean rank: 1 if y rises whenever x does. ShapeError for lists of different
/// length or fewer than two numbers; DomainError if a number is not finite or if all of a list are
/// equal.
double rank_correlation(const Tensor& x, const Tensor& y);

}  // namespace tapestry::vae
