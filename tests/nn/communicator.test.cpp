#include "nn/parallel/communicator.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "support/catch.hpp"
#include "support/scratch_folder.hpp"

using namespace tapestry::nn;

TEST_CASE("communicator: a run of one process has all there is", "[nn]") {
  Alone alone;
  Communicator& run = alone;
  CHECK(run.rank() == 0);
  CHECK(run.size() == 1);
  const std::array<std::byte, 3> mine = {std::byte{1}, std::byte{0}, std::byte{255}};
  const std::vector<std::vector<std::byte>> all = run.gather(mine);
  REQUIRE(all.size() == 1);
  CHECK(all[0] == std::vector<std::byte>(mine.begin(), mine.end()));
  std::array<float, 2> singles = {1.5f, -2};
  std::array<double, 2> doubles = {.25, 1e300};
  run.sum(singles);
  run.sum(doubles);
  CHECK(singles == std::array<float, 2>{1.5f, -2});
  CHECK(doubles == std::array<double, 2>{.25, 1e300});
}

TEST_CASE("communicator: abort ends the process with status 1 after its line", "[nn]") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);  // what Catch2 has not written yet
    ::dup2(pipe[1], STDERR_FILENO);
    Alone().abort("no data on rank 0");
  }
  ::close(pipe[1]);
  std::string said;
  for (char c = 0; ::read(pipe[0], &c, 1) == 1;) said += c;
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(said == "no data on rank 0\n");
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
}

TEST_CASE("communicator: mpirun and srun are known by their variables", "[nn]") {
  const EnvironmentScope open_mpi("OMPI_COMM_WORLD_SIZE", nullptr), mpich("PMI_SIZE", nullptr),
      slurm("SLURM_STEP_NUM_TASKS", nullptr);
  CHECK_FALSE(started_as_one_of_several());
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    for (const char* few : {"1", "0", "", "none"}) {
      const EnvironmentScope set(name, few);
      CHECK_FALSE(started_as_one_of_several());
    }
    const EnvironmentScope set(name, "2");
    CHECK(started_as_one_of_several());
  }
}
