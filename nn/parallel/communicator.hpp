#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tapestry::nn {

/// The processes of one run, which are all at the same place of the same program. Every function but rank, size and
/// abort is called by all of them, in the same order.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;  ///< of this process, from 0
  virtual int size() const = 0;
  /// What each rank sends, by rank; lengths may differ.
  virtual std::vector<std::vector<std::byte>> gather(std::span<const std::byte> mine) = 0;
  /// Replaces numbers by their sums over the ranks, the same on each. In which order is the library's choice.
  virtual void sum(std::span<float> numbers) = 0;
  virtual void sum(std::span<double> numbers) = 0;
  /// Ends all processes with status 1 after this line on stderr.
  [[noreturn]] virtual void abort(const std::string& line) = 0;
};

/// A run of one process.
class Alone final : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  std::vector<std::vector<std::byte>> gather(std::span<const std::byte> mine) override {
    return {{mine.begin(), mine.end()}};
  }
  void sum(std::span<float>) override {}
  void sum(std::span<double>) override {}
  [[noreturn]] void abort(const std::string& line) override;
};

/// Whether mpirun or srun started this process as one of several, by their variables in the environment.
bool started_as_one_of_several();

}  // namespace tapestry::nn
