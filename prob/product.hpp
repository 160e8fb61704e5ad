#pragma once

#include "prob/normal.hpp"

namespace tapestry::prob {

/// The normal whose density is proportional to the product of two densities: precisions add, and
/// each mean counts by its precision,
///
///     1 / scale^2 = 1 / a.scale^2 + 1 / b.scale^2
///     loc = scale^2 (a.loc / a.scale^2 + b.loc / b.scale^2)
///
/// The posterior of one number after two independent observations under a flat prior; a ladder VAE
/// merges the way up with the way down by it (Sonderby et al. 2016). Recorded. ShapeError unless both
/// have the same events.
Normal product(const Normal& a, const Normal& b);

}  // namespace tapestry::prob
