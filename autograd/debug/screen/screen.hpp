#pragma once

#include <string>
#include <vector>

#include "autograd/debug/session/session.hpp"

namespace tapestry::debug {

/// The letters of an op's operands as its formulas write them, one for each: {"x"}, {"a", "b"}.
std::vector<std::string> operand_letters(const Node& node);

/// One node as text: formulas, operands, gradients with their senders and, at the current node, the
/// contributions that it will send and whether finite differences agree.
///
///     node 17 softplus  encoder.scale              vae/models/mlp.cpp:52  <- main.cpp:57
///       y = ln(1 + exp(x))                                dx += dy * sigmoid(x)
///       x    f32 [64,20]  min -3.1  mean 0.02  max 2.9      from 16 linear
///       y    f32 [64,20]  min 0.04  mean 0.72  max 2.95
///       dy   norm 0.83                                      from 21 mul (0.61) + 24 log (0.49)
///       dx   norm 0.41  = 0.50 x dy                         check: ok
/// With a width, no line is longer where it can be divided between words.
std::string screen(Session& session, std::int32_t node, int width = 0);

/// True if finite differences contradict the backward function of a node that is small enough for
/// an automatic check.
bool wrong_at_a_glance(const Tape& tape, std::int32_t node);

/// One line for a list: "> 17 softplus   [64,20]  norm 0.83    encoder.sigma".
/// With a width below 100, in narrower columns.
std::string list_line(const Session& session, std::int32_t node, int width = 0);

/// The reason of a stop in one line; empty for a plain step.
std::string stop_text(const Stop& stop);

}  // namespace tapestry::debug
