#pragma once

#include "nn/layers/codebook.hpp"

namespace tapestry::nn {

/// Codes that are nearest to none of the vectors e [..., D] start again, each as one of them drawn with `rng`
/// (Dhariwal et al. 2020, Jukebox): a code far from all vectors is never chosen, and so never learns. Their
/// averages are forgotten. Returns the number of these codes. ShapeError for no vector.
std::int64_t restart_unused(Codebook& book, const Tensor& e, Rng& rng);

}  // namespace tapestry::nn
