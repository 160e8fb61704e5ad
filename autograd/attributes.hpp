#pragma once

#include <string>
#include <vector>

#include "autograd/ops.hpp"

namespace tapestry {

/// The shape that i holds: its sizes, and -2 - rank in the last place unless that is a size, too.
Shape packed_shape(const Attrs& attrs);

/// The activation that an op applies last, fused: Activation::none for most.
Activation fused_activation(const OpInfo& op, const Attrs& attrs);

/// An argument of a call besides its operands: {"axis", "0"}.
struct Attribute {
  std::string name, text;
};

/// The attributes of a call whose first operand has shape `x`. The row of the op lists them as
/// "name:kind" with a blank between two; a kind is a letter, mostly with a place in Attrs:
///
///     i0   a whole number, from i[0]        f0   a number, from f[0]
///     b0   a flag, left out where it is 0   a0   an Activation, left out where there is none
///     m0   a mask of axes                   n0   how many elements the axes of that mask have
///     s    a shape                          p    a permutation of the axes
std::vector<Attribute> attributes(const OpInfo& op, const Attrs& attrs, const Shape& x);

/// "axis=0", "stride=2 padding=1 activation=relu", "keepdims"; empty if there are none.
std::string attributes_text(const OpInfo& op, const Attrs& attrs, const Shape& x);

}  // namespace tapestry
