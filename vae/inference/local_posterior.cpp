#include "vae/inference/local_posterior.hpp"

#include "autograd/ops.hpp"

namespace tapestry::vae {
namespace {

Shape table_shape(std::int64_t data, std::int64_t latent) {
  check<ConfigError>(data >= 1 && latent >= 1,
                     "a local posterior needs at least 1 datum and 1 latent, not {} and {}", data,
                     latent);
  return {data, latent};
}

}  // namespace

LocalPosterior::LocalPosterior(std::int64_t data, std::int64_t latent)
    : loc(*this, "loc", table_shape(data, latent), 0.0),
      log_scale(*this, "log_scale", table_shape(data, latent), 0.0) {}

prob::Normal LocalPosterior::q(const Tensor& rows) {
  return {take_rows(loc, rows), exp(take_rows(log_scale, rows)), 1};
}

prob::Normal LocalPosterior::q() { return {loc, exp(log_scale), 1}; }

}  // namespace tapestry::vae
