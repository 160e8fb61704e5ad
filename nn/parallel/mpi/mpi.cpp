#include "nn/parallel/mpi/mpi.hpp"

#include <mpi.h>

#include <cstdio>
#include <cstdlib>

#include "autograd/error.hpp"

// Only this file knows MPI.
namespace tapestry::nn {
namespace {

class Mpi final : public Communicator {
 public:
  Mpi() {
    MPI_Init(nullptr, nullptr);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  ~Mpi() override { MPI_Finalize(); }  // waits for the others

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  std::vector<std::vector<std::byte>> gather(std::span<const std::byte> mine) override {
    const int length = static_cast<int>(mine.size());
    const auto n = static_cast<std::size_t>(size_);
    std::vector<int> lengths(n), starts(n);
    MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, MPI_COMM_WORLD);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < n; ++i) {
      starts[i] = static_cast<int>(bytes);
      bytes += static_cast<std::size_t>(lengths[i]);
    }
    check<MemoryError>(bytes < (std::size_t{1} << 31),
                       "{} ranks exchange {} bytes at once; MPI counts to 2147483647", size_,
                       bytes);
    std::vector<std::byte> all(bytes);
    MPI_Allgatherv(mine.data(), length, MPI_BYTE, all.data(), lengths.data(), starts.data(),
                   MPI_BYTE, MPI_COMM_WORLD);
    std::vector<std::vector<std::byte>> parts(n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto from = all.begin() + starts[i];
      parts[i].assign(from, from + lengths[i]);
    }
    return parts;
  }

  void sum(std::span<float> x) override { sum(x.data(), x.size(), MPI_FLOAT); }
  void sum(std::span<double> x) override { sum(x.data(), x.size(), MPI_DOUBLE); }

  [[noreturn]] void abort(const std::string& line) override {
    std::fprintf(stderr, "%s\n", line.c_str());
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, 1);
    std::_Exit(1);
  }

 private:
  static void sum(void* numbers, std::size_t count, MPI_Datatype type) {
    MPI_Allreduce(MPI_IN_PLACE, numbers, static_cast<int>(count), type, MPI_SUM, MPI_COMM_WORLD);
  }
  int rank_ = 0, size_ = 1;
};

}  // namespace

std::unique_ptr<Communicator> mpi_communicator() { return std::make_unique<Mpi>(); }

}  // namespace tapestry::nn
