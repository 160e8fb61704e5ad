#pragma once

#include <string>

#include "autograd/tape.hpp"

namespace tapestry::debug {

const Node& node_at(const Tape& tape, std::int32_t index);

/// "17 softplus", "3 encoder.fc1.weight" for a parameter, "0 x" with a label, "5 constant".
std::string node_name(const Tape& tape, std::int32_t index);
/// "vae/mlp.cpp:52".
std::string place_text(SourceLoc where);
/// "vae/mlp.cpp:52  <- main.cpp:57": the op's line, and the one that called its module.
std::string place_of(const Node& node);
/// "17 softplus at vae/mlp.cpp:52  <- main.cpp:57".
std::string at_line(const Tape& tape, std::int32_t index);
/// "f32 [64,20]".
std::string shape_text(const Tensor& t);

}  // namespace tapestry::debug
