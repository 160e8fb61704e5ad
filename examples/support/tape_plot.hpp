#pragma once

#include <string>
#include <vector>

#include "autograd/debug/trace.hpp"
#include "support/plot.hpp"

namespace support {

/// The graph of a small tape, from the trace of its reverse pass: leaves left, the loss right, an
/// edge drawn whole where a gradient came back along it. What does not reach the loss stands apart.
/// Columns count steps to the loss; `columns` is the longest way that has to fit. A tape does not
/// know the names of constants: `constants` gives them, in the order of its nodes.
Plot tape_plot(const std::string& title, const tapestry::debug::Trace& trace, int columns,
               const std::vector<std::string>& constants);

}  // namespace support
