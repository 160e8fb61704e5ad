#pragma once

#include <string>
#include <vector>

#include "autograd/debug/session/session.hpp"

namespace tapestry::debug {

/// d out[element] / d operand of one node, in the operand's shape: its backward function, run with
/// a gradient that is 1 at the element (row major) and 0 elsewhere. Zeros if the op sends nothing.
Tensor local_jacobian(Tape& tape, std::int32_t node, int operand, std::int64_t element);

/// One node on a way of the gradient.
struct PathStep {
  std::int32_t node;
  double received;  ///< norm of the node's gradient so far
  double sent;      ///< norm of what it sent to the next node of the way; 0 at the last
};

/// The way from the loss to a node along which most of its gradient came: at each node the
/// contribution of the largest norm. Empty while nothing has arrived.
std::vector<PathStep> path(const Session& session, std::int32_t node);

/// The state of a parameter's gradient and the reason: missing (frozen, not used, detached, cut
/// off), not yet there, zero, not finite, or in order. A few lines of text.
std::string explain(const Session& session, const Parameter& parameter);
/// The same for any node.
std::string explain(const Session& session, std::int32_t node);

/// "its grad() already holds norm 53 from 4 earlier passes ...": what a parameter's gradient held before
/// this pass.
std::string held_text(const Parameter& parameter);

/// "21 mul (0.61) + 24 log (0.49)": the contributions in order of arrival, with their norms.
std::string contributors_text(const Session& session, std::int32_t node);

}  // namespace tapestry::debug
