// A place to play: records an expression on your tape, runs backward and prints what the tape holds.
// Nothing here is checked or handed in. ./course play builds and runs it.

#include <cstdio>

#include "tape.hpp"

using namespace tiny;

static void print(const Tape& tape) {
  std::printf("%4s  %-6s%-10s%12s%12s\n", "node", "op", "from", "value", "gradient");
  for (int i = 0; i < static_cast<int>(tape.nodes.size()); ++i) {
    const Node& node = tape.nodes[i];
    char from[32] = "";
    if (node.op && node.op->arity == 2)
      std::snprintf(from, sizeof from, "%d %d", node.in[0], node.in[1]);
    if (node.op && node.op->arity == 1) std::snprintf(from, sizeof from, "%d", node.in[0]);
    std::printf("%4d  %-6s%-10s%12.6f%12.6f\n", i, node.op ? node.op->name : "leaf", from,
                node.value, node.grad);
  }
}

int main() {
  Tape tape;
  const Var x{&tape, leaf(tape, 0.5)}, y{&tape, leaf(tape, 2)};
  const Var a = tanh(x * y);  // change these lines
  const Var z = a + x * x;

  backward(tape, z.node);
  print(tape);
}
