#pragma once

#include <string>
#include <string_view>

#include "autograd/tensor.hpp"

namespace tapestry {

// Adds the line to mend, and how the program came there, to a message like "scale must be positive".

/// Fills in the place of an error that has none yet: the line, the module around it with the line
/// that called it, and the progress of the training.
void add_address(Error& error, SourceLoc at);

/// Throws the error with its address.
template <class E>
[[noreturn]] void throw_at(SourceLoc at, E error) {
  add_address(error, at);
  throw error;
}

/// "12 exp (z) at vae/models/mlp.cpp:41": the node that made x, if an open tape recorded it; otherwise
/// empty.
std::string made_by(const Tensor& x);
/// Whether that node is a sigmoid, or applies one last.
bool made_by_sigmoid(const Tensor& x);
/// "scale = f32 [64,20]  from 12 exp at vae/models/mlp.cpp:41": a line for Error::operands.
std::string operand_line(std::string_view name, const Tensor& x);

}  // namespace tapestry
