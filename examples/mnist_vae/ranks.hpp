#pragma once

#include <memory>

#include "nn/parallel/communicator.hpp"
#include "settings.hpp"
#include "vae/training/data_parallel.hpp"

// Several processes that train one model: mpirun, srun or examples/run --ranks start them.
namespace mnist_vae {

/// Joins the processes that were started together; alone otherwise. Only the first one's standard output is shown.
/// ConfigError if there are several and the program was built without MPI.
std::unique_ptr<tapestry::nn::Communicator> join_ranks();

/// The end of a stage that all processes prepare in: what the first of them met that met something, the same in each;
/// empty if all are well. A process that met something calls it in its place, so none waits for another.
std::string first_fault(tapestry::nn::Communicator& ranks, const std::string& mine);

/// The team of a run: of several processes, or with --exact of any number. Null: a run like any other.
std::unique_ptr<tapestry::vae::DataParallel> make_team(const Config& config,
                                                       tapestry::nn::Communicator& ranks,
                                                       const tapestry::nn::Module& model);

/// "4 processes, exact: 8 pieces of a minibatch, one thread each", for the header; empty for no team.
std::string team_text(const Config& config, const tapestry::nn::Communicator& ranks);

}  // namespace mnist_vae
