#pragma once

#include <string>
#include <vector>

#include "autograd/debug/trace/trace.hpp"
#include "support/plot/plot.hpp"

namespace support {

/// The graph of a small tape, from the trace of its reverse pass: leaves left, the loss right, an
/// edge drawn whole where a gradient came back along it. Nodes that do not reach the loss are
/// apart. Columns count steps to the loss; `columns` is the longest path that has to fit. A tape
/// stores no names of constants: `constants` gives them, in the order of its nodes.
Plot tape_plot(const std::string& title, const tapestry::debug::Trace& trace, int columns,
               const std::vector<std::string>& constants);

}  // namespace support
