#include "nn/parallel/communicator.hpp"

#include <cstdio>
#include <cstdlib>

namespace tapestry::nn {

void Alone::abort(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
  std::exit(1);
}

bool started_as_one_of_several() {
  for (const char* size : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    const char* text = std::getenv(size);
    if (text && std::atoi(text) > 1) return true;
  }
  return false;
}

}  // namespace tapestry::nn
