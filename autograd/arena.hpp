#pragma once

#include <memory>

#include "autograd/tape.hpp"

namespace tapestry {

// Nodes up to `count` are in use. The ones behind keep their place, and their source lines, until
// the next tape writes over them: that is how a late use of a dead tensor can name the line that
// made it.
struct Tape::Arena {
  std::vector<Node> nodes;
  std::vector<std::int32_t> more;  // operand lists of nodes with more than three operands
  std::size_t count = 0;
  std::uint32_t last_serial = 0;

  Node& add() {
    if (count == nodes.size()) nodes.emplace_back();
    return nodes[count++];
  }
  void clear() {
    for (std::size_t i = 0; i < count; ++i) {
      nodes[i].out.storage_ = {};
      nodes[i].aux.storage_ = {};
      nodes[i].grad.storage_ = {};
    }
    count = 0;
    more.clear();
  }

  static std::vector<std::unique_ptr<Arena>>& idle() {
    thread_local std::vector<std::unique_ptr<Arena>> arenas;
    return arenas;
  }
};

}  // namespace tapestry
