#pragma once

#include <string>

#include "autograd/tape.hpp"

namespace tapestry::debug {

const Node& node_at(const Tape& tape, std::int32_t index);

/// "17 softplus", "3 encoder.fc1.weight" for a parameter, "0 x" with a label, "5 constant".
std::string node_name(const Tape& tape, std::int32_t index);
/// "vae/models/mlp.cpp:52".
std::string place_text(SourceLoc where);
/// "main.cpp:57 -> vae/models/mlp.cpp:52": the line of the program, and the one of the library
/// where that differs; "model.cpp:9 <- main.cpp:57" for an op of the program's own module and the
/// line that called it.
std::string place_of(const Node& node);
/// "17 softplus at vae/models/mlp.cpp:52  <- main.cpp:57".
std::string at_line(const Tape& tape, std::int32_t index);
/// "f32 [64,20]".
std::string shape_text(const Tensor& t);
/// "axis=0": the arguments of the op besides its operands; empty if there are none.
std::string attributes_of(const Tape& tape, std::int32_t index);

}  // namespace tapestry::debug
