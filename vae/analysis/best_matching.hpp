#pragma once

#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"

// Clusters have numbers, classes have names: which cluster is which class? An accuracy of clusters is that of the best answer.

namespace tapestry::vae {

/// Of the ways to give each row of score [n, n] a column of its own, the one with the largest sum: the column of each row
/// (Kuhn, The Hungarian method for the assignment problem, 1955), in n^3 steps. ShapeError unless square, DomainError unless finite.
std::vector<std::int64_t> best_matching(const Tensor& score);

/// How many rows of each cluster have each label: f64 [classes, classes], clusters by row; i32 numbers
/// 0..classes-1, [N] each. ShapeError, DomainError.
Tensor cluster_counts(const Tensor& cluster, const Tensor& label, std::int64_t classes);

/// The share of rows whose cluster, renamed by the best matching, is their label.
double cluster_accuracy(const Tensor& counts);

}  // namespace tapestry::vae
