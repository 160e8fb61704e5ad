#include "vae/bounds/iwae.hpp"

#include "prob/monte_carlo.hpp"
#include "vae/bounds/importance.hpp"

namespace tapestry::vae {

Tensor iwae_bound(const Tensor& log_w) {
  check_log_weights(log_w);
  return prob::log_mean_exp(log_w);
}

}  // namespace tapestry::vae
