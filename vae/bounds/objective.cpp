#include "vae/bounds/objective.hpp"

#include "autograd/ops.hpp"

namespace tapestry::vae {

Tensor Objective::loss() const { return -mean(value); }

}  // namespace tapestry::vae
