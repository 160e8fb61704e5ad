#include "ranks.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "autograd/error.hpp"
#include "autograd/threads.hpp"
#ifdef TAPESTRY_MPI
#  include "nn/parallel/mpi/mpi.hpp"
#endif

namespace mnist_vae {

using namespace tapestry;

std::unique_ptr<nn::Communicator> join_ranks() {
  if (!nn::started_as_one_of_several()) return std::make_unique<nn::Alone>();
#ifdef TAPESTRY_MPI
  auto ranks = nn::mpi_communicator();
  if (ranks->rank() > 0 && !std::freopen("/dev/null", "w", stdout))
    ranks->abort("mnist_vae: cannot open /dev/null");
  return ranks;
#else
  throw ConfigError("started as one of several processes, but built without MPI",
                    "examples/run --ranks N mnist_vae installs OpenMPI and builds with it");
#endif
}

std::string first_fault(nn::Communicator& ranks, const std::string& mine) {
  for (const auto& said : ranks.gather(std::as_bytes(std::span(mine))))
    if (!said.empty()) return {reinterpret_cast<const char*>(said.data()), said.size()};
  return {};
}

std::unique_ptr<vae::DataParallel> make_team(const Config& c, nn::Communicator& ranks,
                                             const nn::Module& model) {
  using Mode = vae::DataParallel::Mode;
  if (ranks.size() == 1 && !c.exact) return nullptr;
  check<ConfigError>(!c.explain, "--explain: a run is explained in one process, without --exact");
  // Processes of one machine share its processors, unless mpirun bound each to its own.
  const char* here = std::getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
  if (c.threads == 0 && here) set_threads(std::max(1, threads() / std::max(1, std::atoi(here))));
  return std::make_unique<vae::DataParallel>(ranks, c.exact ? Mode::exact : Mode::fast, model);
}

std::string team_text(const Config& c, const nn::Communicator& ranks) {
  if (ranks.size() == 1 && !c.exact) return {};
  const std::string count =
      ranks.size() == 1 ? "1 process" : fmt::format("{} processes", ranks.size());
  if (!c.exact)
    return fmt::format("{}, each with its part of the {} images of a minibatch", count, c.batch);
  return fmt::format("{}, exact: {} pieces of a minibatch, one thread each, in a fixed order",
                     count, vae::DataParallel::kPieces);
}

}  // namespace mnist_vae
