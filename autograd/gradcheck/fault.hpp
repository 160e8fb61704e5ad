#pragma once

#include <cstdint>
#include <string_view>

namespace tapestry {

/// The ways in which a gradient can be wrong, as recognised from its numbers.
enum class GradFault : std::uint8_t {
  none,
  unexplained,            ///< wrong, and no pattern was found
  sign,                   ///< -1 times the right one
  factor,                 ///< a constant times the right one
  zero,                   ///< nothing was accumulated
  formula,                ///< taken from the right outputs, with wrong slopes
  wrong_value,            ///< the right formula with one value in the place of another
  missing_term,           ///< a part of a sum is left out
  missing_broadcast_sum,  ///< not summed over the axes along which the operand was repeated
  summed_over_axis,       ///< summed or averaged over an axis that the operand has
  wrong_axis,             ///< taken from outputs that the operand does not reach
  transpose,              ///< rows and columns exchanged
  misplaced,              ///< the right numbers in the wrong places
  inverted_mask,          ///< zero exactly where it should not be
  some_elements,          ///< right in one part of the elements, wrong in the others
  forgot_dout,            ///< not multiplied by the gradient of the output
  not_linear,             ///< not proportional to the gradient of the output
  assigned,               ///< overwrites what other uses of the operand sent
  not_overwritten,        ///< added to a fresh target, whose contents are undefined
  stale,                  ///< made of values of an earlier call
  not_finite,             ///< NaN or infinite where the slope is finite
  not_saved,              ///< reads a value that the row does not save
  wrong_shape,            ///< has not the operand's shape
  throws,                 ///< backward throws
  not_repeatable,         ///< the computation is not the same twice
  cut_path,               ///< every node is right; the gradient is lost between them
};
std::string_view name(GradFault fault);  ///< "wrong sign"

}  // namespace tapestry
