#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "state.hpp"

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
  /// Builds and compiles the case; it begins with this state, where the state has a file. DataError with
  /// the peer's words if it cannot, or with both losses if its step is not that of Tapestry.
  void prepare(const Case& c, const State& state);
  /// Milliseconds per step over at least that long. DataError with the peer's words if it cannot.
  double run(const Case& c, double seconds);
  /// Frees the model of a case; says how many of its parameters and moments were denormal.
  std::int64_t drop(const Case& c);

 private:
  void end();
  nlohmann::json ask(const std::string& request);
  std::string read_line();

  std::string script_, name_;
  int process_ = -1;
  std::FILE *to_ = nullptr, *from_ = nullptr;
};

}  // namespace tapestry::bench
