#pragma once

#include <memory>

#include "nn/parallel/communicator.hpp"

namespace tapestry::nn {

/// The ranks of MPI_COMM_WORLD. Begins MPI, which ends with the process. To be made once.
std::unique_ptr<Communicator> mpi_communicator();

}  // namespace tapestry::nn
