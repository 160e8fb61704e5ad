#pragma once

#include <memory>
#include <string>
#include <vector>

#include "measure.hpp"
#include "peer.hpp"

namespace tapestry::bench {

/// A program of tests/bench/peers and what it is asked for with --mode.
struct PeerProgram {
  const char *script, *mode;
};

/// The peers that take part, each computing on the same number of threads.
class Peers {
 public:
  /// `python` is an interpreter that has the libraries; a peer that does not start is named on standard
  /// output and left out.
  Peers(const std::string& python, int threads, const std::vector<PeerProgram>& programs);

  const std::vector<std::unique_ptr<Peer>>& all() const { return all_; }

  /// Calls fn(name, runner of the case's steps) for each that can do the case. All are built and compiled
  /// before, so that nobody waits for that inside a round; what the others say is printed.
  void prepare(const Case& c, const State& state,
               const std::function<void(const std::string& name, Runner)>& fn);
  /// Frees the case's models and prints which of them held denormals.
  void drop(const Case& c);

 private:
  std::vector<std::unique_ptr<Peer>> all_;
};

}  // namespace tapestry::bench
