#include "nn/parallel/mpi/mpi.hpp"

#include <mpi.h>

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>

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
    const std::uint64_t length = mine.size();
    const auto n = static_cast<std::size_t>(size_);
    std::vector<std::uint64_t> all_lengths(n);
    MPI_Allgather(&length, 1, MPI_UINT64_T, all_lengths.data(), 1, MPI_UINT64_T, MPI_COMM_WORLD);
    const std::uint64_t bytes =
        std::accumulate(all_lengths.begin(), all_lengths.end(), std::uint64_t{0});
    check<MemoryError>(bytes <= kMost, "{} ranks exchange {} bytes at once; MPI counts to {}",
                       size_, bytes, kMost);  // all of them see it
    const std::vector<int> lengths(all_lengths.begin(), all_lengths.end());
    std::vector<int> starts(n);
    std::exclusive_scan(lengths.begin(), lengths.end(), starts.begin(), 0);
    std::vector<std::byte> all(bytes);
    MPI_Allgatherv(mine.data(), static_cast<int>(length), MPI_BYTE, all.data(), lengths.data(),
                   starts.data(), MPI_BYTE, MPI_COMM_WORLD);
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
  static constexpr std::uint64_t kMost = std::numeric_limits<int>::max();

  static void sum(void* numbers, std::size_t count, MPI_Datatype type) {
    check<MemoryError>(count <= kMost, "{} numbers are added at once; MPI counts to {}", count,
                       kMost);
    MPI_Allreduce(MPI_IN_PLACE, numbers, static_cast<int>(count), type, MPI_SUM, MPI_COMM_WORLD);
  }
  int rank_ = 0, size_ = 1;
};

}  // namespace

std::unique_ptr<Communicator> mpi_communicator() { return std::make_unique<Mpi>(); }

}  // namespace tapestry::nn
