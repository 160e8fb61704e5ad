#pragma once

#include <algorithm>
#include <ctime>
#include <limits>

namespace support {

/// CPU seconds of work(), the least of five: what the machine does besides only adds to it.
template <class Work>
double cpu_seconds(const Work& work) {
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 5; ++i) {
    const std::clock_t began = std::clock();
    work();
    least = std::min(least, static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC);
  }
  return least;
}

}  // namespace support
