#include "vae/bounds/miwae.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "vae/bounds/importance.hpp"
#include "vae/bounds/iwae.hpp"

namespace tapestry::vae {

Tensor miwae_bound(const Tensor& log_w) {
  check<ShapeError>(log_w.rank() == 3 && log_w.dim(0) >= 1 && log_w.dim(1) >= 1,
                    "MIWAE takes log w [groups, samples, images], not {}", log_w.shape());
  return mean(logsumexp(log_w, 1), 0) - std::log(static_cast<double>(log_w.dim(1)));
}

Tensor ciwae_bound(const Tensor& log_w, double beta) {
  check_log_weights(log_w);
  check<ConfigError>(beta >= 0 && beta <= 1, "the beta of CIWAE must be in [0, 1], not {}", beta);
  return beta * mean(log_w, 0) + (1 - beta) * iwae_bound(log_w);
}

}  // namespace tapestry::vae
