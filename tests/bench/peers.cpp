#include "peers.hpp"

#include "autograd/error.hpp"

namespace tapestry::bench {

Peers::Peers(const std::string& python, int threads, const std::vector<PeerProgram>& programs) {
  for (const auto& [script, mode] : programs) {
    const std::string path = fmt::format("{}/tests/bench/peers/{}", TAPESTRY_SOURCE_DIR, script);
    try {
      all_.push_back(std::make_unique<Peer>(python, path, mode, threads));
    } catch (const Error& error) {
      fmt::print("left out: {} {}, threads {} ({})\n", script, mode, threads, error.what());
    }
  }
}

void Peers::prepare(const Case& c, const State& state,
                    const std::function<void(const std::string& name, Runner)>& fn) {
  for (const auto& peer : all_) {
    try {
      peer->prepare(c, state);
    } catch (const Error& error) {
      fmt::print("{}\n", error.what());
      continue;
    }
    fn(peer->name(), [&peer = *peer, c](double seconds) { return peer.run(c, seconds); });
  }
}

void Peers::drop(const Case& c) {
  for (const auto& peer : all_) {
    if (const std::int64_t count = peer->drop(c)) {
      fmt::print("{}, {}: {} denormals at the end\n", peer->name(), c.name, count);
    }
  }
}

}  // namespace tapestry::bench
