#pragma once

#include <string>
#include <vector>

#include "vae/models/vae_config.hpp"

namespace tapestry::bench {

/// A training step to measure: forward, backward and Adam on a minibatch that lies in memory.
struct Case {
  std::string name;
  std::string what;  ///< a line for the list
  vae::VaeConfig model;
  std::int64_t batch = 128;
  int samples =
      0;  ///< 0: the ELBO with its closed-form KL, one sample; K: the IWAE bound of K samples

  bool iwae() const { return samples > 0; }
  std::int64_t decoded() const { return batch * (samples > 0 ? samples : 1); }  ///< rows of z
};

/// Every case, in the order of the tables.
const std::vector<Case>& all_cases();
/// The cases whose names are given or begin with "NAME-"; all for no names. ConfigError for a name that
/// fits none.
std::vector<Case> cases_named(const std::vector<std::string>& names);

}  // namespace tapestry::bench
