#pragma once

#include <cstdio>
#include <string>

namespace tapestry::bench {

/// A peer's program from tests/bench/peers that waits for requests (README.md there). It runs beside us as
/// a process of its own and works only when it is asked, so it can take its turn in a round.
class Peer {
 public:
  /// Starts `python script --threads N --mode MODE`. DataError if it ends before it says what it is.
  Peer(const std::string& python, const std::string& script, const std::string& mode, int threads);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const std::string& name() const { return name_; }  ///< "PyTorch 2.13.0 compile"
  /// Milliseconds per step over at least that long. DataError with the peer's words if it cannot.
  double run(const std::string& name_of_case, double seconds);
  /// Frees the model of a case.
  void drop(const std::string& name_of_case);

 private:
  std::string ask(const std::string& request);
  std::string read_line();

  std::string script_, name_;
  int process_ = -1;
  std::FILE *to_ = nullptr, *from_ = nullptr;
};

}  // namespace tapestry::bench
