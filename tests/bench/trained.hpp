#pragma once

#include <filesystem>

#include "state.hpp"

namespace tapestry::bench {

/// Which state the contestants of a case begin with.
struct Start {
  int steps = 2000;              ///< of training before anything is timed; 0: initial weights
  std::filesystem::path folder;  ///< where trained states are kept

  /// A trained state is made once: Tapestry with Adam on all processors, on MNIST, or on the library's
  /// strokes where MNIST is not at hand, binarised anew in each epoch. Its file also holds minibatches of
  /// later steps, at least 2,048 images, and serves until the case, the data or `steps` change. What
  /// takes long is told on standard error, and how many denormals the state holds.
  State of(const Case& c) const;
};

}  // namespace tapestry::bench
