#pragma once

#include <string>
#include <vector>

#include "autograd/debug/session.hpp"

namespace tapestry::debug {

/// The letters of an op's operands as its formulas write them, one for each: {"x"}, {"a", "b"}.
std::vector<std::string> operand_letters(const Node& node);

/// What there is to see at one node: formulas, operands, gradients, who sent them, and, at the node
/// whose turn it is, what it is about to send and whether finite differences agree.
///
///     node 17 softplus  encoder.sigma                     vae/mlp.cpp:52  <- main.cpp:57
///       y = ln(1 + exp(x))                                dx += dy * sigmoid(x)
///       x    f32 [64,20]  min -3.1  mean 0.02  max 2.9      from 16 linear
///       y    f32 [64,20]  min 0.04  mean 0.72  max 2.95
///       dy   norm 0.83                                      from 21 mul (0.61) + 24 log (0.49)
///       dx   norm 0.41  = 0.50 x dy                         check: ok
std::string screen(Session& session, std::int32_t node);

/// One line for a list: "> 17 softplus   [64,20]  norm 0.83    encoder.sigma".
std::string list_line(const Session& session, std::int32_t node);

/// What stopped a motion, in a line; empty for a plain step.
std::string stop_text(const Stop& stop);

}  // namespace tapestry::debug
